"""A small firm's first day, with a real browser, a real Dovecot, a real Exim and a customer who writes with swaks."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator

import pytest
from imapclient import IMAPClient
from playwright.async_api import Page, expect
from tests.journeys.conftest import PASSWORD

from polydesk.testing import mail_servers
from polydesk.testing.fixtures import LiveDesk
from polydesk.testing.mail_servers import MailServers


@pytest.fixture
def servers() -> Iterator[MailServers]:
    """Mailboxes for the firm and for one customer."""
    if lacking := mail_servers.missing():
        if os.environ.get("CI") == "true":
            raise mail_servers.Missing(f"not installed: {', '.join(lacking)}")
        pytest.skip(f"real mail servers are not installed: {', '.join(lacking)}")
    with mail_servers.running("support", "nino") as running:
        yield running


async def _swaks(servers: MailServers, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "swaks", "--server", f"localhost:{servers.smtp}", "--silent", "2", *arguments
    )
    assert await process.wait() == 0


def _mailbox(servers: MailServers, user: str) -> list[bytes]:
    with IMAPClient("localhost", servers.imap, ssl=False) as line:
        line.login(servers.address(user), mail_servers.PASSWORD)
        line.select_folder("INBOX", readonly=True)
        uids = line.search()
        return [fetched[b"BODY[]"] for fetched in line.fetch(uids, ["BODY.PEEK[]"]).values()] if uids else []


async def _arrived(servers: MailServers, user: str) -> bytes:
    async with asyncio.timeout(15):
        while not (mails := await asyncio.to_thread(_mailbox, servers, user)):
            await asyncio.sleep(0.1)
    return mails[0]


async def test_from_nothing_to_a_solved_question(live_desk: LiveDesk, servers: MailServers, page: Page) -> None:
    await page.goto(live_desk.url)
    await page.get_by_label("Company").fill("Parcel Post")
    await page.get_by_label("Your name").fill("Mara Olsen")
    await page.get_by_label("Email").fill("mara@parcelpost.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create the desk").click()

    await page.goto(f"{live_desk.url}/admin/accounts/new/email")
    await page.get_by_label("Name", exact=True).fill("Support")
    await page.get_by_label("Mail address").fill(servers.address("support"))
    await page.get_by_label("IMAP server").fill("localhost")
    await page.get_by_label("IMAP port").fill(str(servers.imap))
    await page.locator("[name$=imap_security]").select_option("starttls")
    await page.locator("[name$=imap_user]").fill(servers.address("support"))
    await page.locator("[name$=imap_password]").fill("a wrong password")
    await page.get_by_label("SMTP server").fill("localhost")
    await page.get_by_label("SMTP port").fill(str(servers.smtp))
    await page.locator("[name$=smtp_security]").select_option("starttls")
    await page.locator("[name$=smtp_user]").fill(servers.address("support"))
    await page.locator("[name$=smtp_password]").fill(mail_servers.PASSWORD)
    await page.locator("[name$=trusted_certificate]").fill(servers.certificate)
    await page.get_by_role("button", name="Test the connection").click()
    await expect(page.locator("#checks")).to_contain_text("did not accept user name and password")
    await page.locator("[name$=imap_password]").fill(mail_servers.PASSWORD)
    await page.get_by_role("button", name="Test the connection").click()
    await expect(page.locator("#checks")).not_to_contain_text("did not accept")
    await expect(page.locator("#checks .visually-hidden", has_text="fails")).to_have_count(0)
    await page.get_by_role("button", name="Save").click()
    await live_desk.until("SELECT id FROM pd_account WHERE checked_at IS NOT NULL")

    await page.goto(f"{live_desk.url}/inbox?view=all")
    nino, support = servers.address("nino"), servers.address("support")
    await _swaks(
        servers, "--from", nino, "--to", support, "--h-From", f"Nino Beridze <{nino}>",
        "--h-Subject", "Where is order 42?", "--h-Message-Id", "<question@nino.test>",
        "--body", "Hello, my order has not arrived. Can you help?",
    )  # fmt: skip
    begun = time.monotonic()
    await page.get_by_text("Nino Beridze").first.wait_for(timeout=10_000)
    waited = time.monotonic() - begun
    assert waited < 2.0, f"the mail was in the list only after {waited:.1f} s"

    await page.get_by_text("Nino Beridze").first.click()
    await expect(page.locator("#conversation")).to_contain_text("my order has not arrived")
    await page.get_by_placeholder("Write a reply").fill("Dear Nino, it comes tomorrow.")
    await page.get_by_role("button", name="Send", exact=True).click()
    answer = await _arrived(servers, "nino")
    assert b"it comes tomorrow" in answer
    assert b"In-Reply-To: <question@nino.test>" in answer
    await expect(page.locator("#conversation")).to_contain_text("it comes tomorrow")
    await page.get_by_role("button", name="Solve").first.click()
    rows = await live_desk.until("SELECT status, assignee FROM pd_conversation WHERE status = 'solved'")
    assert rows[0]["assignee"] is not None
