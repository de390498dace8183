"""Every route of core, walked by strangers and by people of another client: nothing is seen, nothing changes."""

from __future__ import annotations

import re

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from tests.board import Board

from polydesk import db
from polydesk.conversations import replying
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing.fixtures import sign_in
from polydesk.types import Role
from polydesk.web.app import create_app

HTML = {"Accept": "text/html"}
# Whoever is not signed in may come here, and only here.
OPEN = ("/setup", "/sign-in", "/sign-out", "/invite/", "/static/", "/{path", "/p/", "/hooks/")
TABLES = (
    "pd_conversation", "pd_item", "pd_contact", "pd_account", "pd_queue", "pd_person", "pd_membership", "pd_draft",
    "pd_attachment", "pd_arrival", "pd_plugin_switch", "pd_link",
)  # fmt: skip


def routes(app: Litestar) -> list[tuple[str, str]]:
    """Method and path of each handler of core, parameters as they are written."""
    found = [
        (method, route.path_format)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in sorted(route.methods - {"OPTIONS", "HEAD"})
    ]
    return [pair for pair in found if not pair[1].startswith(("/p/", "/static/", "/{path"))]


def fill(path: str) -> str:
    """The path with 1 for every number; whatever stands there belongs to the first client."""
    words = re.sub(r"\{channel[^}]*\}", "board", re.sub(r"\{name[^}]*\}", "email", path))
    return re.sub(r"\{(number|client|market)[^}]*\}", "1", words)


@pytest.fixture
async def furnished(board: Board) -> Board:
    """The first client with one of everything, each number 1."""
    await board.write("bob", "Hello", name="Bob", subject="Secret parcel", files={"secret.txt": "x"})
    await board.arrive("broken", b"not json")
    await board.desk.work()
    await queues.save_queue(board.owner, client=board.owner.clients[0], market=None, name="Secret queue")
    await replying.save_draft(board.owner, 1, "reply", "secret draft")
    return board


async def snapshot() -> dict[str, list[dict[str, object]]]:
    """What is stored, but for presence and sessions."""
    found = {table: await db.fetch(f"SELECT * FROM {table} ORDER BY id") for table in TABLES}
    for person in found["pd_person"]:
        person.pop("presence")
    return found


async def token_of(client: httpx.AsyncClient) -> str:
    page = await client.get("/profile", headers=HTML)
    found = re.search(r'name="_csrf_token" value="([a-z2-7]{52})"', page.text)
    assert found
    return found[1]


async def test_whoever_is_not_signed_in_sees_and_changes_nothing(client: httpx.AsyncClient, furnished: Board) -> None:
    page = await client.get("/sign-in", headers=HTML)
    token = re.search(r'name="_csrf_token" value="([a-z2-7]{52})"', page.text)
    assert token
    before = await snapshot()
    walked = 0
    for method, path in routes(create_app(furnished.desk.settings)):
        if path.startswith(OPEN) or path == "/":
            continue
        form = {"_csrf_token": token[1]} if method == "POST" else None
        answer = await client.request(method, fill(path), headers=HTML, data=form)
        assert answer.status_code == 303, (method, path)
        assert answer.headers["location"].startswith("/sign-in"), (method, path)
        walked += 1
    assert walked > 40
    assert await snapshot() == before


@pytest.mark.parametrize("role", ["agent", "analyst", "supervisor", "admin"])
async def test_people_of_another_client_see_and_change_nothing(
    client: httpx.AsyncClient, furnished: Board, role: Role
) -> None:
    other = await scopes.create_client("Rival", languages=("en",))
    staff.forget_viewers()
    owner = await staff.viewer_by_id(furnished.owner.id)
    await people.invite(owner, name="Rita Rival", email="rita@rival.example", client=other, market=None, role=role)
    rita = await db.fetch("SELECT id FROM pd_person WHERE email = {}", "rita@rival.example")
    await sign_in(client, rita[0]["id"])
    token = await token_of(client)
    before = await snapshot()
    for method, path in routes(create_app(furnished.desk.settings)):
        if path in ("/events", "/", "/sign-out") or path.startswith(("/setup", "/sign-in", "/invite")):
            continue
        if method == "GET":
            answer = await client.get(fill(path), headers=HTML)
            for secret in ("Secret parcel", "Secret queue", "secret.txt", "secret draft", "Lobby", "Parcel Post"):
                assert secret not in answer.text, (path, secret)
            if "{number" in path:
                assert answer.status_code in (403, 404), (path, answer.status_code)
        elif "{number" in path:
            form = {"_csrf_token": token, "name": "Taken over", "text": "x", "kind": "note", "status": "solved",
                    "assignee": str(rita[0]["id"]), "tags": "x", "category": "x", "queue": "1", "priority": "2",
                    "place": str(other), "new-place": "1", "new-role": "admin", "s-board": "x"}  # fmt: skip
            answer = await client.post(fill(path), headers=HTML, data=form)
            assert answer.status_code in (403, 404), (path, answer.status_code)
        assert answer.status_code < 500, path
    assert await snapshot() == before
