"""Retention, erasing, personal data and playlists."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx
import pytest

from polydesk import Invalid, NotFound, db, jobs
from polydesk.contacts import identify
from polydesk.errors import Forbidden
from polydesk.i18n import kept
from polydesk.scopes import service as scopes
from polydesk.staff import service as staff
from polydesk.testing.fixtures import sign_in
from polydesk.types import Scope
from polydesk_voice import places
from polydesk_voice import plugin as voice
from polydesk_voice.recordings import keeping, playlists

from .conftest import BEGAN, Shelf, tone
from .test_hearing import hired


async def test_each_place_keeps_recordings_as_long_as_it_says_now(shelf: Shelf) -> None:
    france = await scopes.create_market(
        shelf.client, code="FR", name="France", languages=("fr",), time_zone="Europe/Paris"
    )
    await places.keep(Scope(shelf.client, france), retention_days=30)
    since = (datetime.now(UTC) - BEGAN).total_seconds() / 86400
    for reference, market, age in (("F29", france, 29), ("F31", france, 31), ("W100", None, 100), ("W200", None, 200)):
        await shelf.recorded(reference, tone(1 + age / 100), market=market, days=age - since)
    assert len(shelf.files()) == 4
    shelf.age_files()
    await jobs.enqueue("voice.retention")
    await shelf.desk.work(ahead=2)
    states = {row["reference"]: row["state"] for row in await db.fetch("SELECT reference, state FROM voice_recording")}
    assert states == {"F29": "kept", "F31": "erased", "W100": "kept", "W200": "erased"}
    assert len(shelf.files()) == 2
    assert "30 days" in kept((await shelf.row("F31"))["reason"])
    await places.keep(Scope(shelf.client), retention_days=50)
    await jobs.enqueue("voice.retention")
    await shelf.desk.work(ahead=2)
    assert (await shelf.row("W100"))["state"] == "erased"


async def test_what_two_recordings_share_stays_until_both_are_gone(shelf: Shelf) -> None:
    one, two = await shelf.recorded("RE1"), await shelf.recorded("RE2")
    assert len(shelf.files()) == 1
    shelf.age_files()
    await keeping.erase_one(shelf.owner, one)
    await shelf.desk.work(ahead=2)
    assert len(shelf.files()) == 1
    await keeping.erase_one(shelf.owner, two)
    await shelf.desk.work(ahead=2)
    assert shelf.files() == []


async def test_a_file_put_just_now_goes_an_hour_later(shelf: Shelf) -> None:
    number = await shelf.recorded()
    await keeping.erase_one(shelf.owner, number)
    await shelf.desk.work(ahead=2)
    assert len(shelf.files()) == 1
    shelf.age_files()
    await shelf.desk.work(ahead=3700)
    assert shelf.files() == []


async def test_only_who_may_erases(client: httpx.AsyncClient, shelf: Shelf) -> None:
    number = await shelf.recorded()
    ana = await hired(shelf, "Ana", "analyst")
    with pytest.raises(Forbidden):
        await keeping.erase_one(ana, number)
    await sign_in(client, shelf.owner.id)
    page = (await client.get(f"/p/voice/recordings/{number}")).text
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert token is not None
    answer = await client.post(f"/p/voice/recordings/{number}/erase", data={"_csrf_token": token[1]})
    assert answer.status_code == 303
    assert "Erased by Mara Olsen." in (await client.get(f"/p/voice/recordings/{number}")).text
    assert (await client.get(f"/p/voice/recordings/{number}/sound")).status_code == 404
    with pytest.raises(Invalid):
        await keeping.try_again(shelf.owner, number)


async def test_a_contacts_recordings_are_given_out_and_erased(shelf: Shelf) -> None:
    number = await shelf.recorded("RE1", contact="Ida Wolf", topic="Refund")
    other = await shelf.recorded("RE2", tone(1), contact="Bob")
    contact = (await shelf.row())["contact"]
    (held,) = [each for each in voice.polydesk_personal_data() if each.name == "recordings"]
    (given,) = (await held.export(contact))["recordings"]
    assert (given["id"], given["topic"], given["sound"]) == (number, "Refund", f"/p/voice/recordings/{number}/sound")
    shelf.age_files()
    await held.erase(contact)
    await shelf.desk.work(ahead=2)
    row = await shelf.row()
    assert (row["state"], row["storage_key"], row["words"], row["topic"], row["peaks"]) == ("erased", "", "", "", "")
    assert len(shelf.files()) == 1
    assert (await shelf.row("RE2"))["state"] == "kept"
    assert other


async def test_recordings_follow_a_merged_contact(shelf: Shelf) -> None:
    await shelf.recorded("RE1", contact="Ida")
    await shelf.recorded("RE2", tone(1), contact="Ida W.")
    one, two = [(await shelf.row(reference))["contact"] for reference in ("RE1", "RE2")]
    await voice.polydesk_contacts_merged(await identify.load(one), two)
    assert {row["contact"] for row in await db.fetch("SELECT contact FROM voice_recording")} == {one}


async def test_a_playlist_is_made_filled_ordered_and_heard(client: httpx.AsyncClient, shelf: Shelf) -> None:
    numbers = [await shelf.recorded(f"RE{n}", tone(1 + n), contact=f"Contact {n}") for n in range(3)]
    await sign_in(client, shelf.owner.id)
    page = (await client.get("/p/voice/recordings")).text
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert token is not None
    csrf = {"_csrf_token": token[1]}
    made = await client.post(
        "/p/voice/recordings/playlists", data={**csrf, "recording": [str(n) for n in numbers], "name": "Good openings"}
    )
    here = made.headers["location"]
    page = (await client.get(here)).text
    assert "Good openings" in page
    first, second, third = [int(each) for each in re.findall(r'id="entry-(\d+)"', page)]
    assert f'data-next="{here}?at={second}"' in page
    await client.post(f"{here}/entries/{third}", data={**csrf, "do": "up"})
    await client.post(f"{here}/entries/{first}", data={**csrf, "remark": "Hear how she begins"})
    page = (await client.get(here)).text
    assert [int(each) for each in re.findall(r'id="entry-(\d+)"', page)] == [first, third, second]
    assert "Hear how she begins" in page
    part = await client.get(f"{here}?at={second}", headers={"HX-Request": "true", "HX-Target": "section#now-playing"})
    assert f"/p/voice/recordings/{numbers[1]}/sound?playlist=" in part.text
    assert "data-next" not in part.text
    assert "<html" not in part.text
    await client.get(f"/p/voice/recordings/{numbers[1]}/sound?playlist={here.rpartition('/')[2]}")
    assert "Good openings" in (await client.get(f"/p/voice/recordings/{numbers[1]}")).text
    await client.post(f"{here}/entries/{third}", data={**csrf, "do": "remove"})
    # Again, and one that is not ours: nothing is doubled.
    assert await playlists.add(shelf.owner, int(here.rpartition("/")[2]), [numbers[0], numbers[2], 999]) == 1
    await keeping.erase_one(shelf.owner, numbers[0])
    page = (await client.get(here)).text
    assert "Erased by Mara Olsen." in page
    await client.post(f"{here}/remove", data=csrf)
    assert (await client.get(here)).status_code == 404
    assert len(await db.fetch("SELECT id FROM voice_recording")) == 3


async def test_a_playlist_is_its_clients(shelf: Shelf) -> None:
    rival = await scopes.create_client("Rival", languages=("en",))
    rita = await hired(shelf, "Rita", "admin", client=rival)
    number = await shelf.recorded()
    ours = await playlists.make(shelf.owner, shelf.client, None, "Ours")
    theirs = await playlists.make(rita, rival, None, "Theirs")
    with pytest.raises(NotFound):
        await playlists.get(rita, ours)
    assert await playlists.add(rita, theirs, [number]) == 0
    owner = await staff.viewer_by_id(shelf.owner.id)
    assert await playlists.add(owner, theirs, [number]) == 0, "a recording stays within its client"
    with pytest.raises(Invalid):
        await playlists.make(shelf.owner, shelf.client, None, "  ")
