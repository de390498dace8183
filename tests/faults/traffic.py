"""Customers who write through a real mail server, and an agent who answers each of them through the real form."""

from __future__ import annotations

import asyncio
import re
import smtplib
from email.message import EmailMessage

import httpx

from polydesk import db
from polydesk.testing.mail_servers import MailServers
from polydesk.web.security import SESSION

CUSTOMERS = 10
SUPPORT = "support"


def users() -> tuple[str, ...]:
    """Everyone who has a mailbox."""
    return (SUPPORT, *(f"customer{number}" for number in range(CUSTOMERS)))


def write(servers: MailServers, count: int, per_second: float) -> None:
    """Send the mails, at about this rate; runs in a thread."""
    import time

    line = smtplib.SMTP("localhost", servers.smtp)
    begun = time.monotonic()
    for number in range(count):
        mail = EmailMessage()
        mail["From"] = f"Customer <{servers.address(f'customer{number % CUSTOMERS}')}>"
        mail["To"] = servers.address(SUPPORT)
        mail["Subject"] = f"Question {number}"
        mail["Message-ID"] = f"<question-{number}@customers.test>"
        mail.set_content(f"This is question number {number}. Where is my parcel?")
        line.send_message(mail)
        time.sleep(max(0.0, begun + number / per_second - time.monotonic()))
    line.quit()


class Agent:
    """Answers every conversation once, pressing the button again whenever the desk did not answer."""

    def __init__(self, url: str, token: str) -> None:
        self.browser = httpx.AsyncClient(base_url=url, cookies={SESSION: token}, timeout=15)
        self.answered: set[int] = set()
        self.pressed = 0

    async def answer_all(self, count: int, stop: asyncio.Event) -> None:
        """Go on until `count` conversations are answered, or `stop`."""
        while len(self.answered) < count and not stop.is_set():
            rows = await db.fetch("SELECT id FROM pd_conversation WHERE channel <> 'voice' ORDER BY id")
            waiting = [int(row["id"]) for row in rows if int(row["id"]) not in self.answered]
            for conversation in waiting:
                if stop.is_set() or not await self._answer(conversation):
                    break
            await asyncio.sleep(0.2)
        await self.browser.aclose()

    async def _answer(self, conversation: int) -> bool:
        try:
            page = await self.browser.get(f"/conversations/{conversation}")
            proof = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
            if page.status_code != 200 or proof is None:
                return False
            self.pressed += 1
            form = {
                "_csrf_token": proof[1],
                "kind": "reply",
                "text": f"Answer to conversation {conversation}.",
                "once": f"faults-{conversation}",
            }
            done = await self.browser.post(f"/conversations/{conversation}/messages", data=form)
        except httpx.HTTPError:
            await asyncio.sleep(0.3)
            return False
        if done.status_code in (200, 303, 302):
            self.answered.add(conversation)
            return True
        return False
