"""From nothing to a desk, and in again."""

from __future__ import annotations

from playwright.async_api import Page, expect
from tests.journeys.conftest import PASSWORD, Desk

from polydesk.staff import people
from polydesk.testing.fixtures import LiveDesk


async def test_the_first_person_becomes_the_owner_and_is_led_to_connect_a_mailbox(
    live_desk: LiveDesk, page: Page
) -> None:
    await page.goto(live_desk.url)
    await expect(page).to_have_url(f"{live_desk.url}/setup")
    await page.get_by_label("Company").fill("Acme")
    await page.get_by_label("Your name").fill("Mara Olsen")
    await page.get_by_label("Email").fill("mara@acme.example")
    await page.get_by_label("Password").fill("short")
    await page.get_by_role("button", name="Create the desk").click()
    await expect(page.get_by_role("alert")).to_contain_text("Use at least 10 characters.")
    await expect(page.get_by_label("Company")).to_have_value("Acme")
    await expect(page.get_by_label("Password")).to_have_value("")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create the desk").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Connect")
    await page.goto(f"{live_desk.url}/setup")
    await expect(page).to_have_url(f"{live_desk.url}/inbox")


async def test_signing_in_leads_where_one_wanted_to_go_and_locks_after_five_wrong_passwords(
    letters: Desk, page: Page
) -> None:
    await page.goto(f"{letters.url}/contacts")
    await page.get_by_label("Email").fill("mara@acme.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Contacts", level=1)).to_be_visible()
    await page.locator(".me").click()
    await page.get_by_role("button", name="Sign out").click()
    for _attempt in range(6):
        await page.get_by_label("Email").fill("mara@acme.example")
        await page.get_by_label("Password").fill("a wrong password")
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("alert").wait_for()
    await expect(page.get_by_role("alert")).to_contain_text("Too many wrong passwords")


async def test_an_invitation_is_shown_once_and_lets_a_colleague_in(mara: Desk, page: Page) -> None:
    await page.goto(f"{mara.url}/people/new")
    await page.get_by_label("Name", exact=True).fill("Bo Lind")
    await page.get_by_label("Email").fill("bo@acme.example")
    await page.get_by_label("Works for").select_option(label="Acme")
    await page.get_by_role("button", name="Make the link").click()
    link = await page.get_by_label("Invitation link").input_value()
    await page.context.clear_cookies()
    await page.goto(link)
    await page.get_by_label("Choose a password").fill("bo has a long password")
    await page.get_by_role("button", name="Begin").click()
    await expect(page.get_by_role("heading", name="Assigned to me")).to_be_visible()
    await page.goto(link)
    await expect(page.get_by_role("heading", level=1)).to_have_text("This link is spent")
    assert {person.name for person in await people.list_people(mara.owner)} == {"Mara Olsen", "Bo Lind"}
