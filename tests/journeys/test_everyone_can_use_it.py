"""Every screen, in light, dark and right to left, on a desk's screen and a phone's: no barrier that axe can find."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect
from tests.journeys.conftest import Desk, speak

from polydesk.conversations import changing, replying
from polydesk.staff import service as staff
from polydesk.web.security import SESSION

SCREENS = (
    "/inbox?view=all",
    "/inbox?view=snoozed",
    "/conversations/{parcel}?view=all",
    "/conversations/{store}?view=all",
    "/contacts",
    "/contacts?q=nobody",
    "/contacts/1",
    "/people",
    "/people/new",
    "/people/1",
    "/profile",
    "/admin",
    "/admin/accounts",
    "/admin/accounts/new/email",
    "/admin/accounts/1",
    "/admin/queues",
    "/admin/queues/new",
    "/admin/queues/1",
    "/admin/plugins",
    "/admin/unreadable",
    "/admin/jobs",
    "/nothing/here",
)
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}


async def found_by_axe(page: Page) -> list[str]:
    """Each violation with where it is."""
    results = await Axe().run(page, options={"resultTypes": ["violations"]})
    return [
        f"{page.url}: {violation['id']}: {node['target']} {node.get('failureSummary', '')}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize(("colours", "language"), [("light", "en"), ("dark", "en"), ("light", "ar")])
@pytest.mark.parametrize("width", list(WIDTHS))
async def test_no_screen_has_a_barrier(
    letters: Desk, browser: Browser, colours: str, language: str, width: str
) -> None:
    parcel, store = await letters.conversation("Where is my parcel?"), await letters.conversation("Order 7")
    await changing.assign(letters.owner, parcel, letters.owner.id)
    await changing.set_priority(letters.owner, parcel, 2)
    await changing.set_tags(letters.owner, parcel, ("late",))
    await replying.note(letters.owner, parcel, "He is a regular.")
    await replying.reply(letters.owner, parcel, "On its way.")
    await changing.set_status(letters.owner, parcel, "open")
    await speak(language, letters.owner.id)
    token = await staff.start_session(letters.owner.id)
    columns, rows = WIDTHS[width]
    context = await browser.new_context(
        viewport={"width": columns, "height": rows},
        color_scheme="dark" if colours == "dark" else "light",
        reduced_motion="reduce",
    )
    await context.add_cookies([{"name": SESSION, "value": token, "url": letters.url}])
    page = await context.new_page()
    wrong: list[str] = []
    for screen in SCREENS:
        answer = await page.goto(letters.url + screen.format(parcel=parcel, store=store))
        assert answer is not None
        assert answer.status == (404 if screen == "/nothing/here" else 200), screen
        await expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        wrong += await found_by_axe(page)
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{page.url} is wider than the screen")
    await page.keyboard.press("?")
    await context.clear_cookies()
    for screen in ("/sign-in", "/invite/spent"):
        await page.goto(letters.url + screen)
        wrong += await found_by_axe(page)
    await context.close()
    assert wrong == []
