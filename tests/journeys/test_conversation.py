"""A day's work in the inbox."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect
from tests.journeys.conftest import Desk, letter

from polydesk.staff import service as staff
from polydesk.web.security import SESSION


async def open_conversation(desk: Desk, page: Page, subject: str) -> int:
    number = await desk.conversation(subject)
    await page.goto(f"{desk.url}/conversations/{number}?view=all")
    return number


async def test_reading_one_from_the_list_and_answering_it(mara: Desk, page: Page) -> None:
    await page.goto(f"{mara.url}/inbox?view=all")
    await page.get_by_role("link", name="Where is my parcel?").click()
    await expect(page.get_by_role("heading", name="Where is my parcel?")).to_be_visible()
    await expect(page).to_have_title("Where is my parcel? · Polydesk")
    await page.get_by_label("Message", exact=True).fill("It is on its way.")
    await page.get_by_role("button", name="Send", exact=True).click()
    sent = page.get_by_role("article", name="Message from Mara Olsen")
    await expect(sent).to_contain_text("It is on its way.")
    await expect(page.get_by_label("Message", exact=True)).to_have_value("")
    await expect(page.get_by_label("Status", exact=True)).to_have_value("waiting")
    await expect(page.locator("#toast")).to_contain_text("Sent.")
    await page.go_back()
    await expect(page).to_have_url(f"{mara.url}/inbox?view=all")


async def test_a_note_is_for_colleagues_only(mara: Desk, page: Page) -> None:
    await open_conversation(mara, page, "A second key")
    await page.keyboard.press("n")
    await page.keyboard.type("She lost the first one.")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("article", name="Note by Mara Olsen")).to_contain_text("She lost the first one.")
    await expect(page.get_by_label("Status", exact=True)).to_have_value("open")


async def test_a_draft_survives_leaving_and_a_refused_reply_keeps_its_words(mara: Desk, page: Page) -> None:
    await open_conversation(mara, page, "A second key")
    await page.keyboard.press("r")
    await page.keyboard.type("Dear Ida, ")
    await expect(page.locator(".composer [data-saved]")).to_have_text("Draft saved")
    await page.reload()
    box = page.get_by_label("Message", exact=True)
    await expect(box).to_have_value("Dear Ida, ")
    await page.locator(".composer .to summary").click()
    await page.get_by_label("To", exact=True).fill("not an address")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".composer").get_by_role("alert")).to_contain_text(
        "not an address is not an email address"
    )
    await expect(box).to_have_value("Dear Ida, ")


async def test_solving_snoozing_and_assigning_leave_their_mark(mara: Desk, page: Page) -> None:
    await open_conversation(mara, page, "A second key")
    await page.keyboard.press("a")
    await expect(page.get_by_label("Assignee")).to_have_value(str(mara.owner.id))
    await expect(page.locator(".happening").last).to_contain_text("Mara Olsen took it")
    await page.keyboard.press("s")
    await page.keyboard.press("Enter")
    await expect(page.locator(".happening").last).to_contain_text("Snoozed until")
    await page.keyboard.press("e")
    await expect(page.locator(".happening").last).to_contain_text("Mara Olsen solved it")
    await page.keyboard.press("e")
    await expect(page.get_by_label("Status", exact=True)).to_have_value("open")
    await page.get_by_label("Priority").select_option("2")
    await expect(page.locator(".happening").last).to_contain_text("Priority: Urgent")
    await page.get_by_label("Tags").fill("keys, locker")
    await page.keyboard.press("Enter")
    await expect(page.locator(".happening").last).to_contain_text("keys, locker")


async def test_the_keyboard_walks_the_list_and_shows_its_keys(mara: Desk, page: Page) -> None:
    await page.goto(f"{mara.url}/inbox?view=all")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="A second key")).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Assign to me")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await page.keyboard.press("/")
    await expect(page.locator("#list-filter input")).to_be_focused()
    await page.keyboard.type("parcel")
    await expect(page.locator(".case:visible")).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("u")
    await expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()


async def test_what_arrives_appears_by_itself_and_does_not_disturb_the_writer(mara: Desk, page: Page) -> None:
    await open_conversation(mara, page, "Where is my parcel?")
    await page.locator("html[data-live=on]").wait_for()
    box = page.get_by_label("Message", exact=True)
    await box.fill("I am still writ")
    await mara.receive(
        letter(
            9,
            "bob@mail.example",
            "Bob Stone",
            "Re: Where is my parcel?",
            "Forget it, found!",
            answers="<1@mail.example>",
        )
    )
    await expect(page.locator(".timeline")).to_contain_text("Forget it, found!")
    await expect(box).to_have_value("I am still writ")
    await expect(box).to_be_focused()


async def test_a_strangers_html_is_harmless_and_its_pictures_wait_to_be_asked_for(mara: Desk, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await open_conversation(mara, page, "Order 7")
    mail = page.locator(".mail").first
    await expect(mail).to_contain_text("Order 7 is late.")
    await expect(mail.locator("p")).to_have_css("color", "rgb(51, 51, 51)")
    await expect(mail).to_contain_text("Our logo")
    await expect(page).to_have_title("Order 7 · Polydesk")
    assert await mail.locator("form, button, script").count() == 0
    assert not [url for url in asked if ":8999/" in url]
    await page.get_by_role("link", name="Show pictures").click()
    await expect(mail.locator("img")).to_have_count(1)
    assert [url for url in asked if ":8999/" in url]


async def test_files_can_be_attached_and_taken_away_while_writing(mara: Desk, page: Page) -> None:
    await open_conversation(mara, page, "A second key")
    await page.get_by_label("Message", exact=True).fill("See the file.")
    await page.locator("input[type=file]").set_input_files(
        {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"left, then right"}
    )
    await expect(page.locator("#draft-files")).to_contain_text("plan.txt")
    await page.get_by_role("button", name="Remove plan.txt").click()
    await expect(page.locator("#draft-files")).not_to_contain_text("plan.txt")
    await expect(page.get_by_label("Message", exact=True)).to_have_value("See the file.")


async def test_on_a_phone_list_and_conversation_are_separate_views(mara: Desk, page: Page) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(f"{mara.url}/inbox?view=all")
    await page.get_by_role("link", name="Where is my parcel?").click()
    await expect(page.get_by_role("heading", name="Where is my parcel?")).to_be_visible()
    await expect(page.locator("#list")).to_be_hidden()
    await page.get_by_role("link", name="Back to the list").click()
    await expect(page.locator("#list")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_the_list_does_not_jump_under_the_reader(mara: Desk, page: Page) -> None:
    await page.goto(f"{mara.url}/inbox?view=all")
    await page.locator("html[data-live=on]").wait_for()
    await page.locator(".case").nth(1).hover()
    before = await page.locator(".case").evaluate_all("rows => rows.map(row => row.dataset.id)")
    await mara.receive(letter(20, "new@mail.example", "Nils New", "Something new", "Hello"))
    await expect(page.get_by_role("button", name="Show what is new")).to_be_visible()
    assert await page.locator(".case").evaluate_all("rows => rows.map(row => row.dataset.id)") == before
    await page.get_by_role("button", name="Show what is new").click()
    await expect(page.locator(".case").first).to_contain_text("Something new")


async def test_nothing_is_sent_twice_by_a_second_press(mara: Desk, page: Page) -> None:
    number = await open_conversation(mara, page, "A second key")
    await page.get_by_label("Message", exact=True).fill("Only once.")
    await page.locator("[data-composer]").evaluate(
        "form => { const send = form.querySelector('button[name=then][value=\"\"]');"
        "const body = new FormData(form, send); return Promise.all([1, 2].map(() => fetch(form.action,"
        "{ method: 'POST', body, headers: { Accept: 'text/html' } }))); }"
    )
    await page.goto(f"{mara.url}/conversations/{number}?view=all")
    await expect(page.get_by_role("article", name="Message from Mara Olsen")).to_have_count(1)


async def test_everything_works_without_scripts(mara: Desk, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    token = await staff.start_session(mara.owner.id)
    await context.add_cookies([{"name": SESSION, "value": token, "url": mara.url}])
    page = await context.new_page()
    await page.goto(f"{mara.url}/inbox?view=all")
    await page.get_by_role("link", name="A second key").click()
    await page.get_by_label("Message", exact=True).fill("By hand.")
    await page.locator("input[type=file]").set_input_files(
        {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"left, then right"}
    )
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("article", name="Message from Mara Olsen")).to_contain_text("By hand.")
    await expect(page.get_by_role("article", name="Message from Mara Olsen")).to_contain_text("plan.txt")
    await page.get_by_role("button", name="Solve", exact=True).click()
    await expect(page.locator(".happening").last).to_contain_text("Mara Olsen solved it")
    await context.close()


async def test_a_draft_survives_the_desk_being_away(mara: Desk, page: Page) -> None:
    await open_conversation(mara, page, "A second key")
    await page.route("**/draft", lambda route: route.abort())
    await page.keyboard.press("r")
    await page.keyboard.type("Nobody heard this")
    await expect(page.locator(".composer [data-saved]")).to_have_text("Draft not saved: no connection")
    await page.reload()
    await expect(page.get_by_label("Message", exact=True)).to_have_value("Nobody heard this")
