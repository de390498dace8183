"""How a recording becomes ours, and what is said when it does not."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from polydesk import Refused, TryLater, db, jobs, storage
from polydesk.channels import service as channels
from polydesk.i18n import kept
from polydesk.testing.fixtures import sign_in
from polydesk_voice.recordings import sound

from .conftest import Shelf, tone


async def items_of(kind: str = "call.recorded") -> list[dict[str, object]]:
    rows = await db.fetch("SELECT data FROM pd_item WHERE kind = {} ORDER BY id", kind)
    return [msgspec.json.decode(row["data"]) for row in rows]


async def test_sound_is_fetched_stored_told_and_then_erased_there(shelf: Shelf) -> None:
    number = await shelf.recorded()
    row = await shelf.row()
    assert (row["state"], row["seconds"], row["channels"], row["media_type"]) == ("kept", 2, 2, "audio/wav")
    assert await storage.get(row["storage_key"]) == tone()
    first, second = msgspec.json.decode(row["peaks"])
    assert max(first[:190]) > 50
    assert max(first[210:]) == 0
    assert max(second[:190]) == 0
    assert max(second[210:]) > 50
    assert await items_of() == [{"call": row["call"], "recording": number, "seconds": 2.0}]
    assert shelf.studio.erased == ["RE1"]


async def test_told_twice_it_is_one(shelf: Shelf) -> None:
    call = await shelf.call()
    shelf.studio.sounds["RE1"] = tone()
    await shelf.told(call, "RE1")
    await shelf.desk.work(ahead=2)
    await shelf.told(call, "RE1")
    await shelf.desk.work(ahead=2)
    assert len(await db.fetch("SELECT id FROM voice_recording")) == 1
    assert len(await items_of()) == 1
    assert shelf.studio.asked == 1


async def test_what_nobody_was_told_of_is_never_fetched(shelf: Shelf) -> None:
    shelf.studio.sounds["RE1"] = tone()
    await shelf.told(await shelf.call(records=False), "RE1")
    await shelf.desk.work(ahead=2)
    row = await shelf.row()
    assert row["state"] == "erased"
    assert "not announced" in kept(row["reason"])
    assert shelf.studio.asked == 0
    assert shelf.studio.erased == ["RE1"]
    assert await items_of() == []


async def test_voicemail_needs_no_announcement(shelf: Shelf) -> None:
    shelf.studio.sounds["RE1"] = tone(channels=1)
    await shelf.told(await shelf.call(records=False), "RE1", message=True)
    await shelf.desk.work(ahead=2)
    row = await shelf.row()
    assert (row["kind"], row["state"], row["channels"]) == ("message", "kept", 1)


async def test_one_that_is_not_ready_is_asked_for_again(shelf: Shelf) -> None:
    shelf.studio.sounds["RE1"] = TryLater("not ready yet", after=5)
    await shelf.told(await shelf.call(), "RE1")
    await shelf.desk.work()
    assert (await shelf.row())["state"] == "awaited"
    assert shelf.studio.asked == 1
    shelf.studio.sounds["RE1"] = tone()
    await shelf.desk.work(ahead=60)
    assert (await shelf.row())["state"] == "kept"


@pytest.mark.parametrize("refusal", [Refused("This recording was deleted by its owner"), TryLater("Service is down")])
async def test_one_that_never_comes_is_said_everywhere(
    client: httpx.AsyncClient, shelf: Shelf, refusal: Exception
) -> None:
    shelf.studio.sounds["RE1"] = refusal
    await shelf.told(await shelf.call(), "RE1")
    await shelf.desk.work(ahead=90_000)
    row = await shelf.row()
    assert row["state"] == "missing"
    assert str(refusal) in kept(row["reason"])
    assert [str(each["missing"]) for each in await items_of()] == [row["reason"]]
    facts = {each.name: each for each in (await channels.get_account(shelf.owner, shelf.office.account.id)).facts}
    assert (facts["recordings"].tone, str(facts["recordings"].value)) == ("bad", "1")
    await sign_in(client, shelf.owner.id)
    page = (await client.get("/p/voice/recordings")).text
    assert "Could not be fetched" in page
    assert str(refusal) in page
    assert str(refusal) in (await client.get(f"/p/voice/recordings/{row['id']}")).text
    assert str(refusal) in (await client.get(f"/p/voice/recordings/{row['id']}/line")).text
    assert (await client.get(f"/p/voice/recordings/{row['id']}/sound")).status_code == 404
    conversation = (await client.get(f"/conversations/{row['conversation']}?view=all")).text
    assert f"A recording could not be fetched: {kept(row['reason'])}" in conversation
    assert f'id="recording-{row["id"]}"' in conversation


async def test_one_that_was_missing_can_be_fetched_again_by_hand(client: httpx.AsyncClient, shelf: Shelf) -> None:
    shelf.studio.sounds["RE1"] = Refused("gone")
    await shelf.told(await shelf.call(), "RE1")
    await shelf.desk.work()
    number = (await shelf.row())["id"]
    shelf.studio.sounds["RE1"] = tone()
    await sign_in(client, shelf.owner.id)
    page = await client.get(f"/p/voice/recordings/{number}")
    token = page.text.partition('name="_csrf_token" value="')[2].partition('"')[0]
    answer = await client.post(f"/p/voice/recordings/{number}/retry", data={"_csrf_token": token})
    assert answer.status_code == 303
    await shelf.desk.work()
    assert (await shelf.row())["state"] == "kept"
    facts = {each.name: each for each in (await channels.get_account(shelf.owner, shelf.office.account.id)).facts}
    assert str(facts["recordings"].value) == "0"


async def test_the_service_says_that_there_is_none(shelf: Shelf) -> None:
    await shelf.told(await shelf.call(), "RE1", missing="absent: no audio")
    await shelf.desk.work(ahead=2)
    row = await shelf.row()
    assert row["state"] == "missing"
    assert "absent: no audio" in kept(row["reason"])
    assert shelf.studio.asked == 0


async def test_what_is_no_sound_is_not_kept(shelf: Shelf) -> None:
    shelf.studio.sounds["RE1"] = b"<html>Sign in</html>"
    await shelf.told(await shelf.call(), "RE1")
    await shelf.desk.work(ahead=2)
    assert (await shelf.row())["state"] == "missing"
    assert shelf.studio.erased == []


async def test_ours_is_read_back_before_theirs_is_erased(shelf: Shelf) -> None:
    shelf.studio.sounds["RE1"] = tone()
    await shelf.told(await shelf.call(), "RE1")
    row = await shelf.row()
    assert row["state"] == "awaited"
    async with db.transaction():
        key = await storage.put(tone(1.0))
        await db.fetch("UPDATE voice_recording SET state = 'kept', storage_key = {} WHERE id = {}", key, row["id"])
        await jobs.enqueue("voice.erase_there", {"recording": row["id"]})
    (path,) = shelf.files()
    path.write_bytes(b"damaged")
    await shelf.desk.work(ahead=2)
    assert shelf.studio.erased == []
    failing = await jobs.listing("failing")
    assert any("damaged" in each.reason for each in failing)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(b"ID3\x04rest", "audio/mpeg"), (b"\xff\xfb\x90\x00", "audio/mpeg"), (b"OggSrest", "audio/ogg"), (b"%PDF", None)],
)
def test_sound_is_known_by_its_first_bytes(data: bytes, media_type: str | None) -> None:
    found = sound.look(data)
    assert (found.media_type if found else None) == media_type


def test_compressed_sound_is_kept_unseen() -> None:
    mu_law = tone()[:20] + b"\x07\x00" + tone()[22:]
    found = sound.look(mu_law)
    assert found == sound.Sound(media_type="audio/wav")


def test_a_wave_that_was_cut_off_is_looked_at_as_far_as_it_goes() -> None:
    found = sound.look(tone(channels=1)[:-1001])
    assert found is not None
    assert found.seconds == pytest.approx(2.0, abs=0.1)
    assert len(found.peaks[0]) == sound.POINTS
