"""Mails a second, from raw bytes at the door to stored, threaded and in the list."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from polydesk import db, jobs
from polydesk.channels import service as channels
from polydesk.inbound import service as inbound
from polydesk.types import Arrival

_REPLIES = 0.3
_BATCH = 50


def written(count: int, mark: str) -> list[bytes]:
    """Mails of about 5 KB; three in ten answer an earlier one, as in a real mailbox."""
    dice = random.Random(mark)
    words = [
        "Hello,",
        "where",
        "is",
        "my",
        "parcel?",
        "It",
        "should",
        "have",
        "been",
        "here",
        "on",
        "Monday.",
        "The",
        "courier",
        "did",
        "not",
        "ring.",
    ]
    mails: list[bytes] = []
    for number in range(count):
        mail = EmailMessage()
        sender = number
        if number and dice.random() < _REPLIES:
            sender = dice.randrange(number)
            mail["In-Reply-To"] = mail["References"] = f"<{mark}-{sender}@example.net>"
        mail["From"] = f"Person {sender} <{mark}-{sender}@example.net>"
        mail["To"] = "support@parcelpost.example"
        mail["Subject"] = f"My parcel {number}"
        mail["Message-ID"] = f"<{mark}-{number}@example.net>"
        mail["Date"] = format_datetime(datetime.now(UTC))
        for hop in range(4):
            mail["Received"] = (
                f"from mx{hop}.example.net by mx{hop + 1}.example.net with ESMTPS; Mon, 2 Nov 2026 10:00:00 +0000"
            )
        text = " ".join(dice.choices(words, k=260))
        mail.set_content(text)
        mail.add_alternative(f"<html><body><p>{text}</p><p>Best<br>Person</p></body></html>", subtype="html")
        mails.append(mail.as_bytes())
    return mails


async def receive(account_id: int, count: int, mark: str, *, here: bool) -> float:
    """Mails a second for `count` mails; jobs run in this process (`here`) or in workers that are running already."""
    account = await channels.load(account_id)
    mails = written(count, mark)
    before = await _items()
    stop = asyncio.Event()
    worker = asyncio.create_task(jobs.run(stop)) if here else None
    begun = time.perf_counter()
    for start in range(0, count, _BATCH):
        batch = mails[start : start + _BATCH]
        await inbound.accept(
            account, [Arrival(external_id=f"{mark}/{start + n}", raw=raw) for n, raw in enumerate(batch)]
        )
    while await _items() < before + count:
        await asyncio.sleep(0.02)
        if time.perf_counter() - begun > 300:
            raise SystemExit("the mails were not all read within five minutes")
    took = time.perf_counter() - begun
    stop.set()
    if worker is not None:
        await worker
    return count / took


async def _items() -> int:
    return int((await db.fetch("SELECT COUNT(*) AS n FROM pd_arrival WHERE state = 'done'"))[0]["n"])
