"""A chat as the agent has it: its window, templates, choices, marks, and who types."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect
from polydesk_stranger.channel import BoardSettings
from polydesk_stranger.chat import CHAT
from tests.journeys.conftest import Desk

from polydesk import db, live
from polydesk.channels import service as channels
from polydesk.inbound import service as inbound
from polydesk.types import Account, Arrival


@pytest.fixture
async def chat(mara: Desk) -> Account:
    """A chat beside the mailbox, with its templates known."""
    CHAT.pinned.clear()
    CHAT.answers.clear()
    CHAT.signs.clear()
    made = await channels.save_account(
        mara.owner,
        channel="boardchat",
        client=mara.owner.clients[0],
        market=None,
        name="Chat",
        settings=BoardSettings(board="chat", token="knock"),
    )
    await mara.live.until("SELECT id FROM pd_account WHERE templates <> '[]'")
    return await channels.load(made)


async def say(mara: Desk, chat: Account, name: str, text: str, **more: object) -> int:
    """Something said in the chat; its conversation, once it is one."""
    note = {"id": f"{name}-{text}", "from": name, "name": name.capitalize(), "text": text, **more}
    await inbound.accept(chat, [Arrival(external_id=str(note["id"]), raw=json.dumps(note).encode())])
    rows = await mara.live.until("SELECT conversation FROM pd_item WHERE text = {} AND direction = 'in'", text)
    return int(str(rows[0]["conversation"]))


async def test_an_open_chat_is_answered_with_choices_and_a_quote(mara: Desk, chat: Account, page: Page) -> None:
    number = await say(mara, chat, "nino", "Which one is mine?")
    await page.goto(f"{mara.url}/conversations/{number}?view=all")
    await expect(page.get_by_role("heading", name="Nino")).to_be_visible()
    await expect(page.locator(".composer .window")).to_contain_text("left to answer freely")
    await page.get_by_role("link", name="Answer this").click()
    await expect(page.locator(".quoting")).to_contain_text("Which one is mine?")
    await page.get_by_text("Add choices").click()
    await page.get_by_label("Choices to press").fill("The red one\nThe blue one")
    await page.get_by_label("Message", exact=True).fill("Please tell me:")
    await page.get_by_role("button", name="Send", exact=True).click()
    sent = page.get_by_role("article", name="Message from Mara Olsen")
    await expect(sent.get_by_role("list", name="Choices offered")).to_contain_text("The blue one")
    await mara.live.until("SELECT id FROM pd_delivery WHERE state = 'sent'")
    assert CHAT.pinned[0].quotes == "nino-Which one is mine?"
    prompt = CHAT.pinned[0].prompt
    assert prompt is not None
    assert [choice.label for choice in prompt.choices] == ["The red one", "The blue one"]


async def test_after_the_window_a_template_is_filled_in_and_sent(mara: Desk, chat: Account, page: Page) -> None:
    long_ago = (datetime.now(UTC) - timedelta(hours=30)).isoformat()
    number = await say(mara, chat, "nino", "Hello?", at=long_ago)
    await page.goto(f"{mara.url}/conversations/{number}?view=all")
    await expect(page.locator(".composer .window")).to_have_text("The reply window has closed")
    await expect(page.get_by_label("Message", exact=True)).to_be_hidden()
    await page.get_by_label("Template", exact=True).select_option("hello_again|en")
    await page.get_by_label("Value of {{name}}").fill("Nino")
    await page.get_by_role("button", name="Send", exact=True).click()
    sent = page.get_by_role("article", name="Message from Mara Olsen")
    await expect(sent).to_contain_text("Hello Nino, shall we go on?")


async def test_signs_of_life_pass_both_ways(mara: Desk, chat: Account, page: Page) -> None:
    number = await say(mara, chat, "nino", "Hello?")
    await page.goto(f"{mara.url}/conversations/{number}?view=all")
    await expect(page.locator("html[data-live=on]")).to_be_attached()
    live.signal(chat.client, "typing", number)
    await expect(page.get_by_text("Nino is typing…")).to_be_visible()
    await page.get_by_label("Message", exact=True).press_sequentially("I am here")
    await page.get_by_role("button", name="React").or_(page.locator("summary[title=React]")).first.click()
    await page.get_by_role("button", name="👍").click()
    await expect(page.get_by_role("list", name="Reactions")).to_contain_text("👍")
    await expect(page.get_by_label("Message", exact=True)).to_have_value("I am here")
    await mara.live.until("SELECT id FROM pd_delivery WHERE state = 'sent'")
    assert {sign.kind for sign in CHAT.signs} == {"typing", "seen"}
    assert CHAT.pinned[0].reaction == "👍"


async def test_no_width_cuts_the_composer(mara: Desk, chat: Account, page: Page) -> None:
    number = await say(mara, chat, "nino", "Hello?")
    for width in (1440, 1366, 1024, 390):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto(f"{mara.url}/conversations/{number}?view=all")
        box = await page.get_by_role("button", name="Send", exact=True).bounding_box()
        talk = await page.locator(".talk").bounding_box()
        assert box is not None
        assert talk is not None
        assert box["x"] + box["width"] <= talk["x"] + talk["width"] <= width, width


async def test_a_mailed_matter_goes_on_in_the_chat(mara: Desk, chat: Account, page: Page) -> None:
    number = await mara.conversation("Where is my parcel?")
    await say(mara, chat, "bob", "Same Bob", also={"email": "bob@mail.example"})
    await page.goto(f"{mara.url}/conversations/{number}?view=all")
    await page.locator(".ways summary").click()
    await page.get_by_role("link", name="Chat bob").click()
    await expect(page.get_by_text("goes on by Chat once you send")).to_be_visible()
    await page.get_by_label("Message", exact=True).fill("Let us chat.")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("article", name="Message from Mara Olsen")).to_contain_text("Let us chat.")
    await mara.live.until("SELECT id FROM pd_delivery WHERE state = 'sent'")
    assert CHAT.pinned[0].to[0].value == "bob"
    rows = await db.fetch("SELECT channel FROM pd_conversation WHERE id = {}", number)
    assert rows[0]["channel"] == "boardchat"
