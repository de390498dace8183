"""An agent's day at the telephone: a real browser, a live desk, and calls that a make-believe exchange carries."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright, expect

from polydesk import db
from polydesk.channels import service as channels
from polydesk.conversations import assigning
from polydesk.queues import service as queues
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing.fixtures import LiveDesk
from polydesk.testing.telephone import Behaviour
from polydesk.testing.telephone.twiml import TwilioExchange
from polydesk.web.security import SESSION
from polydesk_voice.phones import service as phones
from polydesk_voice.settings import LineSettings

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
IDA = "+995555000111"


class Telephone:
    """A live desk with a line, an agent and their browser."""

    def __init__(self, desk: LiveDesk, exchange: TwilioExchange, owner: Any, token: str) -> None:
        self.desk, self.exchange, self.owner, self.token = desk, exchange, owner, token


@pytest.fixture
async def telephone(live_desk: LiveDesk) -> AsyncIterator[Telephone]:
    """Everybody is there; nobody has called yet."""
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    exchange = TwilioExchange(speed=4.0)
    values = await exchange.start(f"{live_desk.url}/hooks/voice")
    await channels.save_account(
        owner,
        channel="voice",
        client=owner.clients[0],
        market=None,
        name="Hotline",
        settings=LineSettings(**values),
    )
    await queues.save_queue(owner, client=owner.clients[0], market=None, name="Orders")
    await phones.set_up(owner, "client", "mara")
    await assigning.set_presence(owner, "ready")
    exchange.phones["client:mara"] = Behaviour(does="answers", after=8.0)
    yield Telephone(live_desk, exchange, owner, await staff.start_session(person))
    await exchange.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium, or the test is skipped by name."""
    if not os.path.exists(CHROMIUM):
        if os.environ.get("CI") == "true":
            raise RuntimeError("chromium is not installed")
        pytest.skip("chromium is not installed")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        with contextlib.suppress(Exception):
            async with asyncio.timeout(20):
                await opened.close()


@pytest.fixture
async def page(browser: Browser, telephone: Telephone) -> AsyncIterator[Page]:
    """The agent's inbox; what the console complains of fails the test."""
    context = await browser.new_context(base_url=telephone.desk.url, viewport={"width": 1280, "height": 800})
    await context.add_cookies([{"name": SESSION, "value": telephone.token, "url": telephone.desk.url}])
    opened = await context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    await opened.goto("/inbox")
    await opened.wait_for_function("document.documentElement.dataset.live === 'on'")
    yield opened
    assert complaints == []
    await context.close()


async def test_a_call_by_keyboard_from_ringing_to_wrap_up(telephone: Telephone, page: Page) -> None:
    line = await telephone.exchange.call(IDA, name="Ida K")
    bar = page.locator("#voice-bar")
    await expect(bar).to_contain_text("Your telephone rings", timeout=10_000)
    await expect(bar).to_contain_text("Ida K")
    await expect(bar).to_contain_text("Their first conversation here")

    await expect(bar).to_contain_text("Talking", timeout=10_000)
    await line.until(lambda it: "client:mara" in it.with_)
    await page.keyboard.press("t")
    await page.keyboard.press("h")
    await expect(bar).to_contain_text("On hold")
    await line.until(lambda it: it.music)
    await page.keyboard.press("t")
    await page.keyboard.press("h")
    await line.until(lambda it: "client:mara" in it.with_)
    await page.keyboard.press("t")
    await page.keyboard.press("m")
    await expect(bar.get_by_role("button", name="Unmute")).to_be_visible()
    await line.until(lambda it: "client:mara" not in it.with_)

    await page.keyboard.press("t")
    await page.keyboard.press("x")
    await line.until(lambda it: bool(it.ended))
    await expect(bar).to_contain_text("Wrap-up")
    await page.get_by_label("Category").fill("Late parcel")
    await page.get_by_label("Settled?").select_option("yes")
    await page.get_by_role("button", name="Done").click()
    await expect(page.locator("#voice-bar .voice-call")).to_have_count(0)
    rows = await telephone.desk.until("SELECT status, category FROM pd_conversation WHERE status = 'solved'")
    assert rows[0]["category"] == "Late parcel"
    assert telephone.exchange.complaints == []


async def test_the_bar_never_covers_work(telephone: Telephone, page: Page) -> None:
    await telephone.exchange.call(IDA)
    await expect(page.locator("#voice-bar")).to_contain_text("Talking", timeout=15_000)
    for width in (1280, 390):
        await page.set_viewport_size({"width": width, "height": 800})
        bar = await page.locator("#voice-bar").bounding_box()
        work = await page.locator("main").bounding_box()
        assert bar is not None
        assert work is not None
        assert bar["y"] + bar["height"] <= work["y"] + 1
        assert work["y"] + work["height"] <= 801
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_everybody_can_use_the_floor_and_the_bar(telephone: Telephone, page: Page) -> None:
    await telephone.exchange.call(IDA, name="Ida K")
    await expect(page.locator("#voice-bar")).to_contain_text("Talking", timeout=15_000)
    await telephone.exchange.call("+995555000222")
    await telephone.desk.until("SELECT id FROM voice_call WHERE state = 'queued'")
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        for path in ("/p/voice", "/p/voice/wallboard", "/p/voice/set-up", "/p/voice/phone", "/inbox"):
            await page.goto(path)
            found = await Axe().run(page)
            assert found.violations_count == 0, f"{path} {scheme}: {found.generate_report()}"
    await page.goto("/p/voice")
    await expect(page.locator("#voice-floor")).to_contain_text("Waiting")


async def test_click_to_call_from_a_contact(telephone: Telephone, page: Page) -> None:
    caller = await telephone.exchange.call(IDA, name="Ida K")
    await caller.until(lambda it: "client:mara" in it.with_)
    await caller.hang_up()
    await expect(page.locator("#voice-bar")).to_contain_text("Wrap-up", timeout=10_000)
    await page.get_by_role("button", name="Done").click()
    await expect(page.locator("#voice-bar .voice-call")).to_have_count(0)
    contact = (await db.fetch("SELECT contact FROM voice_call"))[0]["contact"]
    await page.goto(f"/contacts/{contact}")
    await page.get_by_role("button", name="Call +995555000111").click()
    await expect(page.locator("#voice-bar")).to_contain_text("Talking", timeout=20_000)
    rows = await telephone.desk.until("SELECT state FROM voice_call WHERE direction = 'out' AND state = 'talking'")
    assert rows
