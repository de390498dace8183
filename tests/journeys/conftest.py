"""A real browser on a real desk with a few letters in it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Coroutine
from email.message import EmailMessage

import msgspec
import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect

from polydesk import db
from polydesk.channels import service as channels
from polydesk.inbound import service as inbound
from polydesk.queues import service as queues
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk
from polydesk.types import Account, Arrival
from polydesk.web.security import SESSION

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "a long enough password"


def letter(number: int, sender: str, name: str, subject: str, text: str, html: str = "", answers: str = "") -> Arrival:
    """A mail as it comes over the wire."""
    mail = EmailMessage()
    mail["From"] = f"{name} <{sender}>"
    mail["To"] = "help@acme.example"
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{number}@{sender.split('@')[1]}>"
    if answers:
        mail["In-Reply-To"] = mail["References"] = answers
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return Arrival(external_id=f"letter-{number}", raw=bytes(mail))


class Desk:
    """A served desk with an owner, a mailbox, and words for what journeys do with it."""

    def __init__(self, live: LiveDesk, owner: Viewer, account: Account) -> None:
        self.live, self.url, self.owner, self.account = live, live.url, owner, account

    async def receive(self, *letters: Arrival) -> None:
        """Put letters at the door and wait until they are conversations."""
        await inbound.accept(self.account, letters)
        await self.live.until("SELECT 1 AS done WHERE NOT EXISTS (SELECT 1 FROM pd_arrival WHERE state = 'new')")

    async def conversation(self, subject: str) -> int:
        """The number of the conversation about this."""
        rows = await self.live.until("SELECT id FROM pd_conversation WHERE subject = {}", subject)
        return int(str(rows[0]["id"]))


@pytest.fixture
async def letters(live_desk: LiveDesk) -> Desk:
    """See `Desk`; three letters wait in it."""
    person = await people.create_owner(name="Mara Olsen", email="mara@acme.example", password=PASSWORD, company="Acme")
    owner = await staff.viewer_by_id(person)
    queue = await queues.save_queue(owner, client=owner.clients[0], market=None, name="General", assigns=False)
    found = channels.find_channel("email")
    assert found is not None
    settings = msgspec.structs.replace(
        found[1].settings(), address="help@acme.example", imap_host="127.0.0.1", imap_port=1, smtp_host="127.0.0.1"
    )
    account = await channels.save_account(
        owner, channel="email", client=owner.clients[0], market=None, name="Help", settings=settings, queue=queue
    )
    desk = Desk(live_desk, owner, await channels.load(account))
    for each in (
        letter(1, "bob@mail.example", "Bob Stone", "Where is my parcel?", "Hello,\n\nwhere is my parcel?\n\nBob"),
        letter(2, "ida@post.example", "Ida Wolf", "A second key", "Hello, I need a second key for the locker."),
        letter(
            3,
            "shop@store.example",
            "The Store",
            "Order 7",
            "Order 7 is late.",
            '<p style="color:#333333">Order <b>7</b> is late.</p><img src="http://127.0.0.1:8999/p.png" alt="Our logo">'
            "<script>document.title='stolen'</script><form action='/sign-out' method='post'><button>x</button></form>",
        ),
    ):
        await desk.receive(each)
    return desk


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    if not os.path.exists(CHROMIUM) and os.environ.get("CI") != "true":
        pytest.skip("chromium is not installed: apt-get install chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        await _closed(launched.close())


async def _closed(closing: Coroutine[object, object, None]) -> None:
    """Chromium sometimes never says that it has closed; the driver ends it all the same when it stops."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(20):
            await closing


class Complaints(list[str]):
    """What the browser complained about while a page was used; empty when all was well."""

    def hear(self, message: ConsoleMessage) -> None:
        """Keep errors and refused policies."""
        if message.type == "error":
            self.append(message.text)


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A window with nobody signed in."""
    made = await browser.new_context(
        viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="Europe/Madrid", reduced_motion="reduce"
    )
    made.set_default_timeout(15_000)
    expect.set_options(timeout=15_000)
    yield made
    await _closed(made.close())


@pytest.fixture
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A page of that window; the test fails when the browser complains about ours."""
    opened = await context.new_page()
    complaints = Complaints()
    opened.on("console", complaints.hear)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    noise = ("127.0.0.1:8999/", "status of 4", "ERR_INCOMPLETE_CHUNKED", "ERR_CONNECTION_REFUSED", "ERR_FAILED")
    assert [words for words in complaints if not any(known in words for known in noise)] == []


@pytest.fixture
async def mara(letters: Desk, context: BrowserContext) -> Desk:
    """The desk, with its owner signed in to the window."""
    token = await staff.start_session(letters.owner.id)
    await context.add_cookies([{"name": SESSION, "value": token, "url": letters.url}])
    return letters


async def speak(language: str, person: int) -> None:
    """Set somebody's language."""
    await db.fetch("UPDATE pd_person SET interface_language = {} WHERE id = {}", language, person)
    staff.forget_viewers()
