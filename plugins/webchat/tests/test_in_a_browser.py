"""A real browser on a foreign site with the chat in it, and one without JavaScript."""

from __future__ import annotations

import gzip
import time
from typing import Any

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Frame, Page, expect

from polydesk import db
from polydesk.testing.fixtures import LiveDesk
from polydesk_webchat import identity

from .conftest import KEY, SECRET, Chat, Shop


async def site(browser: Browser, shop: Shop, path: str = "/", **options: Any) -> Page:
    """A page of the shop in a fresh window; what the browser complains about fails the test later."""
    context: BrowserContext = await browser.new_context(**{"reduced_motion": "reduce", "locale": "en-GB", **options})
    context.set_default_timeout(8000)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.complaints = complaints  # type: ignore[attr-defined]
    await page.goto(shop.url + path)
    return page


async def opened(page: Page) -> Frame:
    """The chat, after its button was pressed."""
    await page.get_by_role("button", name="Chat with us").click()
    await page.wait_for_selector("iframe")
    frame = page.frames[-1]
    await frame.wait_for_selector(".js #text")
    return frame


async def the_number(live_desk: LiveDesk) -> int:
    return int(str((await live_desk.until("SELECT id FROM pd_conversation ORDER BY id DESC LIMIT 1"))[0]["id"]))


async def test_nothing_but_a_small_script_until_it_is_opened(
    browser: Browser, live_desk: LiveDesk, live_chat: Chat, shop: Shop
) -> None:
    page = await site(browser, shop, "/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload()
    await expect(page.get_by_role("button", name="Chat with us")).to_be_visible()
    assert [each for each in asked if each.startswith(live_desk.url)] == [f"{live_desk.url}/p/webchat/{KEY}/loader.js"]
    async with httpx.AsyncClient() as http:
        script = await http.get(f"{live_desk.url}/p/webchat/{KEY}/loader.js")
    assert script.headers["content-encoding"] == "gzip"
    assert len(gzip.compress(script.content, 5)) < 20_000
    assert page.complaints == []  # type: ignore[attr-defined]


async def test_a_conversation_on_a_foreign_site(
    browser: Browser, live_desk: LiveDesk, live_chat: Chat, shop: Shop
) -> None:
    page = await site(browser, shop)
    chat = await opened(page)
    await expect(chat.locator("#text")).to_be_focused()
    await page.keyboard.type("Where is <my> parcel?")
    await page.keyboard.press("Enter")
    await expect(chat.locator(".mine .bubble")).to_have_text("Where is <my> parcel?")
    number = await the_number(live_desk)
    await expect(chat.locator(".mine .state")).to_have_text("Delivered")
    await expect(chat.locator("#waiting")).to_have_text("You are next.")
    await live_chat.answer(number, "It comes tomorrow.")
    await expect(chat.locator(".theirs .bubble")).to_have_text("It comes tomorrow.")
    await live_desk.until("SELECT id FROM pd_delivery WHERE state = 'read'")
    # On another page of the site it goes on by itself, and what comes while it is closed is counted.
    await page.get_by_role("link", name="Another page").click()
    chat = await frame_of(page)
    await expect(chat.locator(".theirs .bubble")).to_have_text("It comes tomorrow.")
    await live_desk.until("SELECT id FROM webchat_visitor WHERE page LIKE '%/other'")
    await chat.locator("#text").focus()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Chat with us")).to_be_focused()
    await live_chat.answer(number, "Before noon.")
    await expect(page.get_by_role("button", name="Chat with us (1 new)")).to_be_visible()
    await page.get_by_role("button", name="Chat with us").press("Enter")
    await expect(chat.locator(".theirs")).to_have_count(2)
    await expect(page.locator(".count")).to_be_hidden()
    await page.context.close()
    await live_desk.until("SELECT id FROM webchat_visitor WHERE left_at IS NOT NULL", seconds=20)
    assert page.complaints == []  # type: ignore[attr-defined]


async def frame_of(page: Page) -> Frame:
    await page.wait_for_selector("iframe")
    frame = page.frames[-1]
    await frame.wait_for_selector(".js #text")
    return frame


async def test_a_site_that_is_not_named_cannot_embed_it(browser: Browser, live_chat: Chat, shop: Shop) -> None:
    await live_chat.change(origins="https://elsewhere.example")
    page = await site(browser, shop)
    await page.get_by_role("button", name="Chat with us").click()
    await page.wait_for_timeout(500)
    assert any("frame-ancestors" in each for each in page.complaints)  # type: ignore[attr-defined]


async def test_whoever_is_logged_in_finds_their_own_chat(
    browser: Browser, live_desk: LiveDesk, live_chat: Chat, shop: Shop
) -> None:
    shop.identity = identity.sign(
        {"sub": "7", "email": "ann@mail.example", "name": "Ann Lee", "exp": int(time.time()) + 600}, SECRET
    )
    page = await site(browser, shop)
    chat = await opened(page)
    await chat.locator("#text").fill("I am logged in")
    await chat.get_by_role("button", name="Send", exact=True).click()
    await live_desk.until("SELECT id FROM pd_identity WHERE kind = 'email' AND value = 'ann@mail.example'")
    # Logged out on the same computer: nothing of it is shown.
    shop.identity = ""
    await page.goto(shop.url)
    chat = await frame_of(page)
    await expect(chat.locator("#greeting")).to_be_visible()
    await expect(chat.locator(".message")).to_have_count(0)
    # Another person logs in there.
    shop.identity = identity.sign({"sub": "8", "exp": int(time.time()) + 600}, SECRET)
    await page.goto(shop.url)
    chat = await frame_of(page)
    await chat.locator("#text").fill("I am somebody else")
    await page.keyboard.press("Enter")
    await live_desk.until("SELECT id FROM pd_conversation WHERE id = 2")
    await expect(chat.locator(".message")).to_have_count(1)
    assert len(await db.fetch("SELECT id FROM pd_contact")) == 2


async def test_files_and_choices(browser: Browser, live_desk: LiveDesk, live_chat: Chat, shop: Shop) -> None:
    page = await site(browser, shop)
    chat = await opened(page)
    png = {"name": "door.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"\0" * 50}
    await chat.locator("#files").set_input_files([png])  # type: ignore[list-item]
    await expect(chat.locator("#picked")).to_contain_text("door.png")
    await chat.get_by_role("button", name="Send", exact=True).click()
    await expect(chat.locator(".mine img")).to_have_attribute("alt", "door.png")
    await live_desk.until("SELECT id FROM pd_attachment WHERE name = 'door.png'")


async def test_an_invitation_by_page_and_behaviour(browser: Browser, live_chat: Chat, shop: Shop) -> None:
    await live_chat.change(invitations="/basket* after=1: Need help paying?\n/never: No")
    page = await site(browser, shop)
    await expect(page.get_by_role("button", name="Chat with us")).to_be_visible()
    await page.goto(f"{shop.url}/basket/1")
    invitation = page.get_by_role("button", name="Need help paying?")
    await invitation.click()
    chat = await frame_of(page)
    await expect(chat.locator("#greeting")).to_have_text("Need help paying?")
    await chat.locator("#text").fill("Yes please")
    await page.keyboard.press("Enter")
    await expect(chat.locator(".mine .state")).to_have_text("Delivered")
    rows = await db.fetch("SELECT data FROM pd_item WHERE kind = 'message'")
    assert "Need help paying?" in rows[0]["data"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
async def test_everyone_can_use_it(
    browser: Browser, live_desk: LiveDesk, live_chat: Chat, shop: Shop, language: str, scheme: str
) -> None:
    shop.language = language
    page = await site(browser, shop, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    await page.locator("button.launch").click()
    chat = await frame_of(page)
    assert await chat.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    await chat.locator("#text").fill("مرحبا، أين طلبي؟" if language == "ar" else "Where is my parcel?")
    await chat.locator("#text").press("Enter")
    number = await the_number(live_desk)
    await live_chat.answer(number, "It comes tomorrow.")
    await expect(chat.locator(".theirs")).to_have_count(1)
    await chat.locator("#menu summary").click()
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide = await chat.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    for name in ("#close", "#menu summary", "#log", "#text", "label[for=files]", ".send"):
        assert await chat.locator(name).is_visible(), name
    await page.keyboard.press("Escape")
    await chat.locator("#close").press("Enter")
    await expect(page.locator("button.launch")).to_be_visible()


async def test_without_javascript(browser: Browser, live_desk: LiveDesk, live_chat: Chat, shop: Shop) -> None:
    page = await site(browser, shop, java_script_enabled=False)
    await page.get_by_role("link", name="Chat").click()
    await page.get_by_label("Message", exact=True).fill("No script here")
    await page.get_by_label("Name").fill("Zoe")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".mine .bubble")).to_have_text("No script here")
    number = await the_number(live_desk)
    await live_chat.answer(number, "Nor needed.")
    await live_desk.until("SELECT id FROM webchat_message WHERE direction = 'out'")
    await page.get_by_label("Message", exact=True).fill("Half a sen")
    await page.get_by_role("button", name="Show new messages").click()
    await expect(page.locator(".theirs .bubble")).to_have_text("Nor needed.")
    await expect(page.get_by_label("Message", exact=True)).to_have_value("Half a sen")
    await page.goto(f"{live_desk.url}/p/webchat/{KEY}")
    await expect(page.locator(".theirs .bubble")).to_have_text("Nor needed.")
    assert page.complaints == []  # type: ignore[attr-defined]
