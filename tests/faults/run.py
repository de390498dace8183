"""One run: mail in, replies out, processes killed; ends by itself and gives the account."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path

from bench.places import Kind, Place, fresh
from tests.faults import account, traffic
from tests.faults.victims import Victims

from polydesk import db, desk
from polydesk.channels import service as channels
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing import mail_servers
from polydesk.testing.mail_servers import PASSWORD, MailServers
from polydesk_email.settings import MailSettings


async def run(
    kind: Kind, count: int, *, per_second: float, limit: float, seed: int = 1
) -> tuple[account.Account, Victims]:
    """`count` mails and replies on a fresh desk; gives up waiting after `limit` seconds and counts what there is."""
    with mail_servers.running(*traffic.users()) as servers, fresh(kind) as place:
        log = Path(place.environment["POLYDESK_DATA_DIR"]) / "log.txt"
        async with desk.open(place.settings):
            token = await _set_up(servers)
            with log.open("wb") as output:
                victims = Victims(place, output, random.Random(seed))
                await _torment(place, servers, victims, token, count, per_second, limit)
            found = await account.of(servers, count)
            if found.faults():
                sys.stderr.write(log.read_text(errors="replace")[-6000:])
            return found, victims


async def _set_up(servers: MailServers) -> str:
    """An owner, the mailbox and a signed-in browser; its token."""
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    address = servers.address(traffic.SUPPORT)
    settings = MailSettings(
        address=address,
        imap_host="localhost",
        imap_port=servers.imap,
        imap_security="none",
        imap_user=address,
        imap_password=PASSWORD,
        smtp_host="localhost",
        smtp_port=servers.smtp,
        smtp_security="none",
        smtp_user=address,
        smtp_password=PASSWORD,
    )
    await channels.save_account(
        owner, channel="email", client=owner.clients[0], market=None, name="Support", settings=settings
    )
    return await staff.start_session(person)


async def _torment(
    place: Place, servers: MailServers, victims: Victims, token: str, count: int, per_second: float, limit: float
) -> None:
    stop, calm = asyncio.Event(), asyncio.Event()
    agent = traffic.Agent(place.url, token)
    begun = time.monotonic()
    victims.start()
    killing = asyncio.create_task(victims.torment(calm))
    writing = asyncio.create_task(asyncio.to_thread(traffic.write, servers, count, per_second))
    answering = asyncio.create_task(agent.answer_all(count, stop))
    try:
        while time.monotonic() - begun < limit:
            sent = int((await db.fetch("SELECT COUNT(*) AS n FROM pd_delivery WHERE state = 'sent'"))[0]["n"])
            # The last few may finish in peace: what is proven is what went before.
            if sent >= count * 0.97 or time.monotonic() - begun > limit * 0.7:
                calm.set()
            if sent >= count and answering.done():
                break
            await asyncio.sleep(0.5)
    finally:
        calm.set()
        stop.set()
        await asyncio.gather(killing, writing, answering)
        codes = victims.end()
    if any(codes):
        raise AssertionError(f"the desk did not stop cleanly: exit codes {codes}")
