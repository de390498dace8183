"""Every screen of the telephone, walked by strangers and by people of another client: nothing is seen or changed."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute

from polydesk import db
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing.fixtures import sign_in
from polydesk.types import Role
from polydesk.web.app import create_app

HTML = {"Accept": "text/html"}
PUBLIC = ("/p/voice/sounds/", "/p/voice/said/", "/p/voice/hold.wav")
SECRET = "+995555000111"
WORDS = {"verb": "hang-up", "mode": "listen", "token": "none", "name": "none"}


def routes(office: Any) -> list[tuple[str, str]]:
    """Method and path of each screen, with 1 for every number: whatever stands there is the first client's."""
    found = [
        (method, re.sub(r"\{([a-z_]+)[^}]*\}", lambda hole: WORDS.get(hole[1], "1"), route.path_format))
        for route in create_app(office.desk.settings).routes
        if isinstance(route, HTTPRoute) and route.path_format.startswith("/p/voice")
        for method in sorted(route.methods - {"OPTIONS", "HEAD"})
    ]
    return [pair for pair in found if not pair[1].startswith(PUBLIC)]


async def snapshot() -> dict[str, list[dict[str, object]]]:
    """All that the telephone stores."""
    tables = await _tables()
    return {table: await db.fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables}


async def _tables() -> list[str]:
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'voice%' ORDER BY name"
        if db.dialect() == "sqlite"
        else "SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'voice%' ORDER BY tablename"
    )
    return [row["name"] for row in await db.fetch(sql)]


@pytest.fixture
async def furnished(office: Any) -> Any:
    """The first client with a talking call, a recording, a playlist, a list and a diversion, each number 1."""
    await office.agent("Ann")
    await office.rings(SECRET)
    await office.picks_up()
    client, now = office.owner.clients[0], (await office.call())["began_at"]
    await db.fetch(
        "INSERT INTO voice_recording "
        "(client, account, call, conversation, contact, kind, reference, state, storage_key, "
        "words, began_at) VALUES ({}, 1, 1, 1, 1, 'call', 'RE1', 'kept', {}, {}, {})",
        client,
        "0" * 64,
        SECRET,
        now,
    )
    await db.fetch("INSERT INTO voice_playlist (client, name, person) VALUES ({}, {}, 1)", client, f"List {SECRET}")
    await db.fetch("INSERT INTO voice_playlist_entry (playlist, recording) VALUES (1, 1)")
    await db.fetch(
        "INSERT INTO voice_list (client, account, queue, name, state, settings, person) "
        "VALUES ({}, 1, {}, {}, 'running', '{ }', 1)",
        client,
        office.queue,
        f"Renewals {SECRET}",
    )
    await db.fetch("INSERT INTO voice_list_entry (list, phone, name) VALUES (1, {}, {})", SECRET, f"Ida {SECRET}")
    await db.fetch("INSERT INTO voice_do_not_call (client, phone, at) VALUES ({}, {}, {})", client, SECRET, now)
    await db.fetch(
        "INSERT INTO voice_diversion (client, kind, subject, target, target_number, person) "
        "VALUES ({}, 'queue', {}, 'number', {}, 1)",
        client,
        office.queue,
        SECRET,
    )
    await db.fetch(
        "INSERT INTO voice_prompt (client, language, key, text) VALUES ({}, 'en', 'k', {})", client, f"Say {SECRET}"
    )
    return office


async def test_whoever_is_not_signed_in_sees_and_changes_nothing(client: httpx.AsyncClient, furnished: Any) -> None:
    page = await client.get("/sign-in", headers=HTML)
    token = re.search(r'name="_csrf_token" value="([a-z2-7]{52})"', page.text)
    assert token
    before = await snapshot()
    walked = 0
    for method, path in routes(furnished):
        form = {"_csrf_token": token[1]} if method == "POST" else None
        answer = await client.request(method, path, headers=HTML, data=form)
        assert answer.status_code == 303, (method, path, answer.status_code)
        assert answer.headers["location"].startswith("/sign-in"), (method, path)
        walked += 1
    assert walked > 20
    assert await snapshot() == before


@pytest.mark.parametrize("role", ["agent", "analyst", "supervisor", "admin"])
async def test_people_of_another_client_see_and_change_nothing(
    client: httpx.AsyncClient, furnished: Any, role: Role
) -> None:
    other = await scopes.create_client("Rival", languages=("en",))
    staff.forget_viewers()
    owner = await staff.viewer_by_id(furnished.owner.id)
    await people.invite(owner, name="Rita Rival", email="rita@rival.example", client=other, market=None, role=role)
    rita = await db.fetch("SELECT id FROM pd_person WHERE email = {}", "rita@rival.example")
    await sign_in(client, rita[0]["id"])
    page = await client.get("/profile", headers=HTML)
    token = re.search(r'name="_csrf_token" value="([a-z2-7]{52})"', page.text)
    assert token
    before = await snapshot()
    for method, path in routes(furnished):
        if method == "GET":
            answer = await client.get(path, headers=HTML)
            assert SECRET not in answer.text, (path, role)
            assert "Ann" not in answer.text, (path, role)
        elif path not in ("/p/voice/phone", "/p/voice/playlists", "/p/voice/lists"):
            form = {"_csrf_token": token[1], "contact": "1", "account": "1", "number": SECRET, "to": "queue:1",
                    "recording": "1", "recordings": "1", "client": "1", "queue": "1", "list": "1", "name": "x",
                    "subject": "queue:1", "target": "message", "category": "x"}  # fmt: skip
            answer = await client.post(path, headers=HTML, data=form)
            assert SECRET not in answer.text, (path, role)
        assert answer.status_code < 500, (method, path)
    after = await snapshot()
    assert after == before, [table for table in before if before[table] != after[table]]
