"""One run: messages in on every channel, replies out, processes killed; ends by itself and gives the account."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path

import msgspec
from bench.places import Kind, Place, free_port, fresh
from tests.faults import account, traffic
from tests.faults.calls import CallAccount, Calls
from tests.faults.chats import Chats
from tests.faults.line import Line
from tests.faults.victims import Victims

from polydesk import db, desk
from polydesk.channels import service as channels
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing import mail_servers
from polydesk.testing.mail_servers import PASSWORD, MailServers
from polydesk_email.settings import MailSettings


class Outcome(msgspec.Struct, frozen=True):
    """What one run came to."""

    account: account.Account
    calls: CallAccount
    victims: Victims
    line: Line

    def faults(self) -> list[str]:
        """What is wrong with either."""
        return [*self.account.faults(), *self.calls.faults()]


async def run(
    kind: Kind, mails: int, chats: int, *, calls: int, per_second: float, limit: float, kills: int = 2, seed: int = 1
) -> Outcome:
    """Mails, and `chats` questions on every other channel, each answered once, and calls; on a fresh desk, over a bad
    line; something is killed at least `kills` times.

    Gives up waiting after `limit` seconds and counts what there is.
    """
    with mail_servers.running(*traffic.users()) as servers, fresh(kind) as place:
        log = Path(place.environment["POLYDESK_DATA_DIR"]) / "log.txt"
        dice = random.Random(seed)
        line = Line(free_port(), int(place.environment["POLYDESK_PORT"]), dice)
        place.environment["POLYDESK_BASE_URL"] = f"http://127.0.0.1:{line.port}"
        people_there, telephone = Chats(), Calls(dice)
        async with desk.open(place.settings), line.open():
            owner, token = await _set_up(servers)
            try:
                await people_there.open(owner, f"http://127.0.0.1:{line.port}/hooks")
                await telephone.open(owner, f"http://127.0.0.1:{line.port}/hooks")
                count = mails + chats * len(people_there.simulators)
                with log.open("wb") as output:
                    victims = Victims(place, output, dice)
                    await _torment(
                        place, servers, people_there, telephone, victims, token,
                        mails=mails, chats=chats, calls=calls, count=count, per_second=per_second, limit=limit,
                        kills=kills,
                    )  # fmt: skip
                outcome = Outcome(
                    await account.of(servers, people_there.heard, count), await telephone.account(), victims, line
                )
            finally:
                await people_there.close()
                await telephone.close()
            if outcome.faults():
                sys.stderr.write(log.read_text(errors="replace")[-6000:])
            return outcome


async def _arrived(servers: MailServers, people_there: Chats, count: int) -> bool:
    """Whether everybody has their answer: mail is still carried, and a page still shown, after the desk has let go."""
    return len(await asyncio.to_thread(account.mailed, servers)) + len(people_there.heard) >= count


async def _set_up(servers: MailServers) -> tuple[Viewer, str]:
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
    return owner, await staff.start_session(person)


async def _torment(
    place: Place,
    servers: MailServers,
    people_there: Chats,
    telephone: Calls,
    victims: Victims,
    token: str,
    *,
    mails: int,
    chats: int,
    calls: int,
    count: int,
    per_second: float,
    limit: float,
    kills: int,
) -> None:
    stop, calm = asyncio.Event(), asyncio.Event()
    agent = traffic.Agent(place.url, token)
    begun = time.monotonic()
    victims.start()
    killing = asyncio.create_task(victims.torment(calm))
    writing = asyncio.create_task(asyncio.to_thread(traffic.write, servers, mails, per_second))
    chatting = asyncio.create_task(people_there.write(chats, per_second))
    calling = asyncio.create_task(telephone.ring(calls, per_second / 4))
    answering = asyncio.create_task(agent.answer_all(count, stop))
    try:
        while time.monotonic() - begun < limit:
            out = "SELECT COUNT(*) AS n FROM pd_delivery WHERE state IN ('sent', 'delivered', 'read')"
            sent = int((await db.fetch(out))[0]["n"])
            # The last few may finish in peace: what is proven is what went before.
            if (sent >= count * 0.97 and victims.kills >= kills) or time.monotonic() - begun > limit * 0.7:
                calm.set()
            answered = sent >= count and answering.done() and calling.done()
            if answered and await _arrived(servers, people_there, count) and await telephone.at_rest():
                break
            await asyncio.sleep(0.5)
    finally:
        calm.set()
        stop.set()
        telephone.give_up()
        await asyncio.gather(killing, writing, chatting, answering, calling)
        codes = victims.end()
    if any(codes):
        sys.stderr.write(Path(victims.log.name).read_text(errors="replace")[-6000:])
        raise AssertionError(f"the desk did not stop cleanly: exit codes {codes}")
