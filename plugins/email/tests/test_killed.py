"""`kill -9` of the whole server, again and again, while mail keeps coming: none is lost, none is shown twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import smtplib
import subprocess
import sys
from collections.abc import Callable

import msgspec

from polydesk import db, desk
from polydesk.channels import service as channels
from polydesk.settings import Settings
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing.mail_servers import MailServers
from polydesk.types import Account

MAILS = 120
KILLS = 4


def deliver(servers: MailServers, address: str, first: int, count: int) -> None:
    with smtplib.SMTP("127.0.0.1", servers.smtp) as client:
        for number in range(first, first + count):
            sender = f"n{number}@x.test"
            text = f"From: {sender}\r\nSubject: mail {number}\r\nMessage-ID: <{number}@x.test>\r\n\r\nhello {number}"
            client.sendmail(sender, [address], text.encode())


def serve(settings: Settings) -> subprocess.Popen[bytes]:
    """A server process of its own, as an admin starts it."""
    given = {
        "POLYDESK_DATA_DIR": str(settings.data_dir),
        "POLYDESK_DATABASE_URL": settings.database_url,
        "POLYDESK_SECRET_KEY": settings.secret_key,
        "POLYDESK_PORT": str(settings.port),
    }
    log = (settings.data_dir / "server.log").open("ab")
    with log:
        return subprocess.Popen(
            [sys.executable, "-m", "polydesk", "serve"], env=os.environ | given, stdout=log, stderr=log
        )


async def messages(at_least: int, seconds: float = 60.0) -> int:
    """How many there are, once there are enough."""
    async with asyncio.timeout(seconds):
        while True:
            (row,) = await db.fetch("SELECT COUNT(*) AS n FROM pd_item WHERE kind = 'message'")
            if row["n"] >= at_least:
                return int(row["n"])
            await asyncio.sleep(0.05)


async def test_mail_survives_kills(
    test_settings: Settings, servers: MailServers, mailbox: Callable[..., Account]
) -> None:
    chance = random.Random(3)
    box = mailbox(after_fetch="move", move_to="Done")
    settings = msgspec.structs.replace(test_settings, redis_url="")
    async with desk.open(settings, migrate=False):
        person = await people.create_owner(
            name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
        )
        owner = await staff.viewer_by_id(person)
        await channels.save_account(
            owner, channel="email", client=owner.clients[0], market=None, name="Support", settings=box.settings
        )
        server = serve(settings)
        try:
            for turn in range(KILLS):
                part = MAILS // KILLS
                await asyncio.to_thread(deliver, servers, box.address, turn * part, part)
                await messages(turn * part + chance.randint(1, part - 1))
                server.send_signal(signal.SIGKILL)
                server.wait()
                # What the lease of a dead process would do by itself, half a minute later.
                await db.fetch("UPDATE pd_account SET lease_until = NULL")
                server = serve(settings)
            assert await messages(MAILS) == MAILS
            rows = await db.fetch("SELECT subject FROM pd_conversation ORDER BY id")
            assert sorted(row["subject"] for row in rows) == sorted(f"mail {number}" for number in range(MAILS))
            assert await db.fetch("SELECT id FROM pd_arrival WHERE state NOT IN ('done', 'duplicate')") == []
        finally:
            server.terminate()
            server.wait(20)
