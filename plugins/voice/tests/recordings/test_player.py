"""The player in a real browser: heard, skipped, walked with keys, and a playlist that goes on by itself."""

from __future__ import annotations

from typing import Any

import msgspec
from playwright.async_api import BrowserContext, Page, expect
from tests.journeys.conftest import browser, context, page

from polydesk import db, storage
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing.fixtures import LiveDesk
from polydesk.web.security import SESSION
from polydesk_voice.recordings import sound

from .conftest import BEGAN, tone

__all__ = ["browser", "context", "page"]


async def furnished(desk: LiveDesk, context: BrowserContext, *lengths: float) -> list[int]:
    """Recordings of these lengths, and somebody signed in who may hear them."""
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    await context.add_cookies([{"name": SESSION, "value": await staff.start_session(person), "url": desk.url}])
    client, numbers = owner.clients[0], []
    contact = await db.fetch("INSERT INTO pd_contact (client, name) VALUES ({}, 'Ida Wolf') RETURNING id", client)
    for n, length in enumerate(lengths):
        data = tone(length)
        seen = sound.look(data)
        assert seen is not None
        rows = await db.fetch(
            "INSERT INTO voice_recording (client, account, call, conversation, contact, kind, reference, state, "
            "storage_key, media_type, seconds, channels, peaks, began_at) "
            "VALUES ({}, 1, {}, 1, {}, 'call', {}, 'kept', {}, 'audio/wav', {}, 2, {}, {}) RETURNING id",
            client,
            n,
            contact[0]["id"],
            f"RE{n}",
            await storage.put(data),
            round(length),
            msgspec.json.encode(seen.peaks).decode(),
            BEGAN,
        )
        numbers.append(int(rows[0]["id"]))
    return numbers


async def now(page: Page) -> dict[str, Any]:
    """Where the sound is."""
    return await page.evaluate(  # type: ignore[no-any-return]
        "() => { const a = document.querySelector('audio'); return {at: a.currentTime, paused: a.paused, "
        "rate: a.playbackRate, src: a.getAttribute('src')}; }"
    )


async def test_it_is_heard_skipped_and_walked_with_keys(
    live_desk: LiveDesk, context: BrowserContext, page: Page
) -> None:
    (number,) = await furnished(live_desk, context, 60)
    await page.goto(f"{live_desk.url}/p/voice/recordings/{number}")
    assert await db.fetch("SELECT id FROM voice_listening") == [], "to look at it is not to listen"
    wave = page.get_by_role("slider")
    await page.get_by_role("button", name="Play").click()
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()
    await page.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert len(await db.fetch("SELECT id FROM voice_listening")) == 1
    at = (await now(page))["at"]
    await page.get_by_role("button", name="10 seconds on").click()
    await expect(wave).to_have_attribute("aria-valuenow", str(round(at + 10)))
    await page.get_by_role("button", name="10 seconds back").click()
    await expect(wave).to_have_attribute("aria-valuenow", str(round(at)))
    await wave.focus()
    await page.keyboard.press("End")
    await page.keyboard.press("ArrowLeft")
    assert 54 < (await now(page))["at"] < 56
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowRight")
    assert (await now(page))["at"] == 5
    await page.keyboard.press("Space")
    await page.wait_for_function("() => !document.querySelector('audio').paused")
    await page.keyboard.press("Space")
    await page.get_by_label("Speed").select_option("1.5")
    assert (await now(page))["rate"] == 1.5
    box = await wave.bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert 29 < (await now(page))["at"] < 31
    await page.reload()
    assert (await now(page))["rate"] == 1.5, "the speed is remembered"
    # A place may be chosen before anything was loaded.
    await page.get_by_role("slider").press("PageUp")
    await page.wait_for_function("() => document.querySelector('audio').currentTime === 30")


async def test_a_playlist_plays_through(live_desk: LiveDesk, context: BrowserContext, page: Page) -> None:
    numbers = await furnished(live_desk, context, 1, 1.2)
    rows = await db.fetch(
        "INSERT INTO voice_playlist (client, name, person) VALUES (1, 'Good openings', 1) RETURNING id"
    )
    for position, number in enumerate(numbers):
        await db.fetch(
            "INSERT INTO voice_playlist_entry (playlist, recording, position) VALUES ({}, {}, {})",
            rows[0]["id"],
            number,
            position,
        )
    await page.goto(f"{live_desk.url}/p/voice/recordings/playlists/{rows[0]['id']}")
    await page.get_by_role("button", name="Play").click()
    second = f"/p/voice/recordings/{numbers[1]}/sound"
    await page.wait_for_function(f"() => document.querySelector('audio').getAttribute('src').startsWith('{second}')")
    await page.wait_for_function("() => document.querySelector('audio').currentTime > 0")
    await expect(page.locator(".playlist-entry[aria-current]")).to_have_count(1)
    heard = await db.fetch("SELECT recording, playlist FROM voice_listening ORDER BY id")
    assert [(row["recording"], row["playlist"]) for row in heard] == [(each, rows[0]["id"]) for each in numbers]
