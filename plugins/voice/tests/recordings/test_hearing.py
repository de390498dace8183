"""Who finds and hears what, and that it is written down."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from polydesk import NotFound, db
from polydesk.errors import Forbidden
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import sign_in
from polydesk_voice.recordings import finding, hearing
from polydesk_voice.recordings.finding import Filter

from .conftest import BEGAN, Shelf, tone


async def hired(shelf: Shelf, name: str, role: str, client: int | None = None, market: int | None = None) -> Viewer:
    staff.forget_viewers()
    await people.invite(
        await staff.viewer_by_id(shelf.owner.id),
        name=name,
        email=f"{name.lower()}@example.org",
        client=client or shelf.client,
        market=market,
        role=role,  # type: ignore[arg-type]
    )
    rows = await db.fetch("SELECT id FROM pd_person WHERE email = {}", f"{name.lower()}@example.org")
    await db.fetch("UPDATE pd_person SET active = {} WHERE id = {}", True, rows[0]["id"])
    return await staff.viewer_by_id(rows[0]["id"])


async def names(viewer: Viewer, **wanted: object) -> list[str]:
    found, _after = await finding.search(viewer, Filter(**wanted))  # type: ignore[arg-type]
    return [each.contact_name for each in found]


async def test_recordings_are_found_by_everything(shelf: Shelf) -> None:
    ana, ben = await hired(shelf, "Ana", "agent"), await hired(shelf, "Ben", "agent")
    orders = await queues.save_queue(shelf.owner, client=shelf.client, market=None, name="Orders")
    await shelf.recorded(
        "RE1", agent=ana, contact="Žofie Nováková", queue=orders, topic="Refund", tags="vip late", days=3
    )
    await shelf.recorded("RE2", tone(70), agent=ben, contact="Bob Stone", topic="Delivery", tags="vip2", days=2)
    await shelf.recorded("RE3", agent=ben, contact="محمد علي", outcome="voicemail", caller="+441632960001", days=1)
    row = await shelf.row("RE2")
    await db.fetch(
        "INSERT INTO pd_item (client, contact, conversation, kind, text) VALUES ({}, {}, {}, 'note', {})",
        shelf.client,
        row["contact"],
        row["conversation"],
        "He was very angry about the broken ‘parcel’.",
    )
    from polydesk_voice.recordings import service

    await service.describe(row["call"])
    await shelf.desk.work(ahead=2)
    everyone = ["محمد علي", "Bob Stone", "Žofie Nováková"]
    assert await names(shelf.owner) == everyone
    assert await names(shelf.owner, text="zofie") == ["Žofie Nováková"]
    assert await names(shelf.owner, text="NOVAK  ž") == ["Žofie Nováková"]
    assert await names(shelf.owner, text="angry parc") == ["Bob Stone"]
    assert await names(shelf.owner, text="محمد") == ["محمد علي"]
    assert await names(shelf.owner, text="+44 1632") == []
    assert await names(shelf.owner, text="+441632") == ["محمد علي"]
    assert await names(shelf.owner, text="\"'*:&|!()") == []
    assert await names(shelf.owner, text="refund OR delivery") == []
    assert await names(shelf.owner, queue=orders) == ["Žofie Nováková"]
    assert await names(shelf.owner, person=ben.id) == ["محمد علي", "Bob Stone"]
    assert await names(shelf.owner, topic="Refund") == ["Žofie Nováková"]
    assert await names(shelf.owner, tag="vip") == ["Žofie Nováková"]
    assert await names(shelf.owner, tag="vi%") == []
    assert await names(shelf.owner, outcome="voicemail") == ["محمد علي"]
    assert await names(shelf.owner, least=60) == ["Bob Stone"]
    assert await names(shelf.owner, most=60) == ["محمد علي", "Žofie Nováková"]
    assert await names(shelf.owner, contact=row["contact"]) == ["Bob Stone"]
    assert await names(shelf.owner, since=BEGAN - timedelta(days=2), until=BEGAN - timedelta(days=1)) == ["Bob Stone"]
    assert await names(shelf.owner, text="vip", person=ben.id) == ["Bob Stone"]


async def test_pages_follow_one_another(shelf: Shelf) -> None:
    for number in range(5):
        await shelf.recorded(f"RE{number}", contact=f"Contact {number}", days=number // 2)
    whole, none = await finding.search(shelf.owner, Filter())
    assert none == ""
    cursor = whole[1].cursor
    rest, _after = await finding.search(shelf.owner, Filter(), cursor)
    assert [each.id for each in rest] == [each.id for each in whole[2:]]
    for nonsense in ("x", "2026-01-01_1", "_", "2026-01-01T00:00:00+00:00_x"):
        found, _after = await finding.search(shelf.owner, Filter(), nonsense)
        assert len(found) == 5


async def test_agents_hear_their_own_calls_only(client: httpx.AsyncClient, shelf: Shelf) -> None:
    ana, ben = await hired(shelf, "Ana", "agent"), await hired(shelf, "Ben", "agent")
    mine = await shelf.recorded("RE1", agent=ana, contact="Ida")
    other = await shelf.recorded("RE2", agent=ben, contact="Bob")
    assert await names(ana) == ["Ida"]
    await sign_in(client, ana.id)
    assert (await client.get(f"/p/voice/recordings/{mine}/sound")).status_code == 200
    assert (await client.get(f"/p/voice/recordings/{other}/sound")).status_code == 403
    assert (await client.get(f"/p/voice/recordings/{other}")).status_code == 403
    line = await client.get(f"/p/voice/recordings/{other}/line")
    assert "your own calls only" in line.text
    assert "<audio" not in line.text
    page = (await client.get(f"/p/voice/recordings/{mine}")).text
    assert "Who listened" not in page
    # Somebody who was brought into the call took part in it as well.
    row = await shelf.row("RE2")
    await db.fetch(
        "INSERT INTO voice_leg (call, account, role, person, token, answered_at) VALUES ({}, {}, 'agent', {}, 't', {})",
        row["call"],
        row["account"],
        ana.id,
        BEGAN,
    )
    assert (await client.get(f"/p/voice/recordings/{other}/sound")).status_code == 200
    assert (await client.get("/p/voice/recordings/playlists")).status_code == 403


async def test_rights_hold_where_they_are_held(shelf: Shelf) -> None:
    france = await scopes.create_market(
        shelf.client, code="FR", name="France", languages=("fr",), time_zone="Europe/Paris"
    )
    spain = await scopes.create_market(
        shelf.client, code="ES", name="España", languages=("es",), time_zone="Europe/Madrid"
    )
    rival = await scopes.create_client("Rival", languages=("en",))
    fay = await hired(shelf, "Fay", "analyst", market=france)
    await people.set_role(shelf.owner, fay.id, shelf.client, spain, "agent")
    fay = await staff.viewer_by_id(fay.id)
    rita = await hired(shelf, "Rita", "admin", client=rival)
    one = await shelf.recorded("RE1", contact="In France", market=france, days=1)
    two = await shelf.recorded("RE2", contact="In Spain", market=spain, days=2)
    own = await shelf.recorded("RE3", contact="Her own in Spain", market=spain, agent=fay, days=3)
    whole = await shelf.recorded("RE4", contact="The whole client", days=4)
    assert await names(fay) == ["In France", "Her own in Spain"]
    assert await names(rita) == []
    assert (await hearing.find(fay, one))["id"] == one
    assert (await hearing.find(fay, own))["id"] == own
    with pytest.raises(Forbidden):
        await hearing.find(fay, two)
    for number in (one, two, own, whole):
        with pytest.raises(NotFound):
            await hearing.find(rita, number)
    with pytest.raises(NotFound):
        await hearing.find(fay, whole)


async def test_every_listening_is_written_down_once(client: httpx.AsyncClient, shelf: Shelf) -> None:
    number = await shelf.recorded()
    await sign_in(client, shelf.owner.id)
    await client.get(f"/p/voice/recordings/{number}")
    assert await db.fetch("SELECT id FROM voice_listening") == []
    for begins in (0, 16000, 30000):
        await client.get(f"/p/voice/recordings/{number}/sound", headers={"range": f"bytes={begins}-"})
    rows = await db.fetch("SELECT * FROM voice_listening")
    assert [(row["recording"], row["person"]) for row in rows] == [(number, shelf.owner.id)]
    await db.fetch("UPDATE voice_listening SET at = {}", BEGAN)
    await client.get(f"/p/voice/recordings/{number}/sound")
    assert len(await db.fetch("SELECT id FROM voice_listening")) == 2
    page = (await client.get(f"/p/voice/recordings/{number}")).text
    assert "Who listened" in page
    ana = await hired(shelf, "Ana", "analyst")
    await sign_in(client, ana.id)
    page = (await client.get(f"/p/voice/recordings/{number}")).text
    assert "<audio" in page
    assert "Who listened" not in page


async def test_browsers_may_ask_for_parts(client: httpx.AsyncClient, shelf: Shelf) -> None:
    number, data = await shelf.recorded(), tone()
    await sign_in(client, shelf.owner.id)
    address = f"/p/voice/recordings/{number}/sound"
    whole = await client.get(address)
    assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, data, "bytes")
    assert whole.headers["content-type"] == "audio/wav"
    assert "content-encoding" not in whole.headers
    for asked, part in (
        ("bytes=0-99", data[:100]),
        ("bytes=100-", data[100:]),
        ("bytes=-50", data[-50:]),
        (f"bytes=10-{len(data) * 2}", data[10:]),
    ):
        answer = await client.get(address, headers={"range": asked})
        assert (answer.status_code, answer.content) == (206, part), asked
        begins = len(data) - len(part) if asked != "bytes=0-99" else 0
        assert answer.headers["content-range"] == f"bytes {begins}-{begins + len(part) - 1}/{len(data)}"
        assert answer.headers["content-length"] == str(len(part))
    beyond = await client.get(address, headers={"range": f"bytes={len(data)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(data)}")
    for odd in ("bytes=5-2,7-9", "lines=1-2", "bytes=-"):
        assert (await client.get(address, headers={"range": odd})).content == data
