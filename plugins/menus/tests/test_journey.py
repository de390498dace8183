"""An admin writes a menu in a real browser, by keyboard, tries it and publishes it."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect
from tests.journeys.conftest import browser, context, page, speak
from tests.journeys.test_everyone_can_use_it import found_by_axe

from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk
from polydesk.web.security import SESSION
from polydesk_menus import service
from polydesk_menus.starters import starter
from polydesk_menus.tree import Ask

__all__ = ["browser", "context", "page"]


@pytest.fixture
async def owner(live_desk: LiveDesk) -> Viewer:
    person = await people.create_owner(
        name="Mara Olsen", email="mara@menus.example", password="a long enough password", company="Parcel Post"
    )
    return await staff.viewer_by_id(person)


async def test_a_menu_is_written_tried_and_published_by_keyboard(
    live_desk: LiveDesk, owner: Viewer, page: Page
) -> None:
    await page.context.add_cookies(
        [{"name": SESSION, "value": await staff.start_session(owner.id), "url": live_desk.url}]
    )
    menu = await service.create_menu(owner, owner.clients[0], None, "First contact", starter(("en",)))
    await page.goto(f"{live_desk.url}/p/menus/{menu}")
    question = page.locator("#line-s3 > .line-head .line-words")
    await question.focus()
    await page.keyboard.press("Enter")
    words = page.locator("#words-en")
    await expect(words).to_be_focused()
    await words.fill("Good morning! What can we do?")
    await page.keyboard.press("Tab")
    await expect(page.locator("#saved")).to_contain_text("Draft saved")
    await page.get_by_role("button", name="Done").click()
    await expect(question).to_contain_text("Good morning! What can we do?")

    await page.locator("#line-s15 > .line-head .line-words").focus()
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page.locator("#line-s3 > .lines > li").nth(2)).to_have_id("line-s15")
    await expect(page.locator("#line-s15 > .line-head .line-words")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("+")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line-form")).to_be_visible()

    chat = page.locator("#trial")
    await chat.get_by_label("What the contact writes").fill("hello")
    await page.keyboard.press("Enter")
    await chat.get_by_role("button", name="My order").click()
    await expect(chat).to_contain_text("What is your order number?")
    await chat.get_by_label("What the contact writes").fill("48207")
    await page.keyboard.press("Enter")
    await expect(chat).to_contain_text("order number: 48207")

    await chat.get_by_text("Telephone").click()
    await chat.get_by_role("button", name="Call").click()
    await expect(chat).to_contain_text("Press 1: My order")
    await expect(chat.get_by_role("button", name="1: My order")).to_be_focused()
    await page.keyboard.press("1")
    await expect(chat).to_contain_text("What is your order number?")
    await expect(chat.get_by_label("Keys pressed")).to_be_focused()
    await page.keyboard.type("482")
    await chat.get_by_role("button", name="0", exact=False).click()
    await chat.get_by_role("button", name="7", exact=True).click()
    await expect(chat.get_by_label("Keys pressed")).to_have_value("48207")
    await chat.get_by_label("Keys pressed").press("#")
    await expect(chat).to_contain_text("order number: 48207")

    await page.get_by_role("button", name="Undo").click()
    await page.get_by_label("What is new in it?").fill("A warmer welcome")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.locator("#toast")).to_contain_text("Version 1 is published.")
    found = await service.get_menu(owner, menu)
    live = found.version(found.live)
    assert live is not None
    assert live.tree is not None
    asked = live.tree.steps[1]
    assert isinstance(asked, Ask)
    assert asked.words["en"] == "Good morning! What can we do?"
    assert [option.id for option in asked.options] == ["s4", "s8", "s15", "s12"]


@pytest.mark.parametrize(("colours", "language"), [("light", "en"), ("dark", "en"), ("light", "ar")])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
async def test_no_screen_of_menus_has_a_barrier(
    live_desk: LiveDesk, owner: Viewer, browser: Browser, colours: str, language: str, size: tuple[int, int]
) -> None:
    menu = await service.create_menu(owner, owner.clients[0], None, "First contact", starter(("en", "ar")))
    await service.publish(owner, menu, "first")
    await service.edit(owner, menu, lambda tree: type(tree)(steps=tree.steps[1:], counter=tree.counter))
    await service.publish(owner, menu, "without couriers", share=20)
    await speak(language, owner.id)
    window = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if colours == "dark" else "light",
        reduced_motion="reduce",
    )
    token = await staff.start_session(owner.id)
    await window.add_cookies([{"name": SESSION, "value": token, "url": live_desk.url}])
    opened, wrong = await window.new_page(), list[str]()
    at = f"/p/menus/{menu}"
    for path in ("/p/menus", "/p/menus/new", at, f"{at}?edit=s4", f"{at}?edit=s6", f"{at}/versions", f"{at}/outcomes",
                 f"{at}/trial?said=t:hi&said=c:s8", f"{at}/trial?by=keys", f"{at}/trial?by=keys&said=k:&said=k:2",
                 f"{at}/trial?by=keys&said=k:&said=k:1"):  # fmt: skip
        answer = await opened.goto(live_desk.url + path)
        assert answer is not None
        assert answer.status == 200, path
        wrong += await found_by_axe(opened)
        if await opened.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{path} is wider than the screen")
    await window.close()
    assert wrong == []
