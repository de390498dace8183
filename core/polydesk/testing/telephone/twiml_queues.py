"""Queues: parties wait in them with a document of their own, asked for again whenever it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from polydesk.testing.telephone.twiml_calls import Next, Target, TwilioLine, onward
from polydesk.testing.telephone.twiml_documents import WAITING, Document, Verb

if TYPE_CHECKING:
    from polydesk.testing.telephone.twiml import TwilioExchange

Run = Callable[[TwilioLine, Document], Awaitable[Next]]
_DEFAULT_MOST = 100
_MUSIC = "http://com.twilio.sounds.music.s3.amazonaws.com/MARKOVICHAMP-Borghestral.mp3"
_RESTLESS = 25
"""After how many documents that ended at once a desk is told that it goes round in circles."""


class Member:
    """Somebody who waits. `taken` is done when another party takes them out of it."""

    def __init__(self, line: TwilioLine) -> None:
        self.line = line
        self.since = time.monotonic()
        self.taken: asyncio.Future[TwilioLine] = asyncio.get_running_loop().create_future()
        self.parted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the two that were connected are so no more."""


class Queue:
    """One queue, made when somebody is first sent there, and kept."""

    def __init__(self, exchange: TwilioExchange, name: str, most: int) -> None:
        self.exchange, self.name, self.most = exchange, name, most
        self.sid = exchange.sid("QU")
        self.members: list[Member] = []
        self.waits: list[float] = []

    def waited(self, member: Member) -> int:
        """For how long somebody has been there."""
        return int((time.monotonic() - member.since) * self.exchange.speed)

    @property
    def average(self) -> int:
        """How long those who left had waited."""
        return int(sum(self.waits) / len(self.waits)) if self.waits else 0

    def leave(self, member: Member) -> None:
        """No longer there."""
        if member in self.members:
            self.members.remove(member)
            self.waits.append(self.waited(member))


async def enqueue(line: TwilioLine, verb: Verb, document: Document, run: Run) -> Next:
    """Wait until taken, turned, asked to leave, or gone."""
    exchange = line.exchange
    queue = exchange.queue(verb.text or "default", int(verb.number("maxQueueSize", _DEFAULT_MOST)))
    if len(queue.members) >= queue.most:
        return _after(verb, document, {"QueueResult": "queue-full"})
    member = Member(line)
    queue.members.append(member)
    line.queue = queue.sid
    result = "error"
    waiting = asyncio.create_task(_wait(line, verb, document, queue, member, run))
    either: set[asyncio.Future[Any]] = {waiting, member.taken}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if member.taken.done():
            result = await _bridged(line, queue, member, waiting)
        else:
            after = waiting.result()
            result = "leave" if after == "leave" else "hangup"
            if after == "end":
                return "end"
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        queue.leave(member)
        line.queue, line.music = "", False
        if line.over or line.jump is not None:
            bridged = member.taken.done()
            exchange.rooms.unpair(line)
            result = "hangup" if line.over else "redirected-from-bridged" if bridged else "redirected"
            if verb.get("action"):
                exchange.desk.later(line, onward(verb, document, **_result(queue, member, result)))
    return _after(verb, document, _result(queue, member, result))


def _after(verb: Verb, document: Document, told: dict[str, str]) -> Next:
    return onward(verb, document, **told) if verb.get("action") else None


def _result(queue: Queue, member: Member, result: str) -> dict[str, str]:
    return {"QueueResult": result, "QueueSid": queue.sid, "QueueTime": str(queue.waited(member))}


async def _wait(line: TwilioLine, verb: Verb, document: Document, queue: Queue, member: Member, run: Run) -> Next:
    """Document after document; "leave" or "end" when one says so."""
    exchange = line.exchange
    start = Target(urljoin(document.url, verb.get("waitUrl")), verb.get("waitUrlMethod", "POST").upper())
    if not verb.get("waitUrl"):
        line.music = True
        await line.hear(_MUSIC)
        await asyncio.get_running_loop().create_future()
    target, restless = start, 0
    while True:
        told = {
            "QueuePosition": str(queue.members.index(member) + 1),
            "QueueSid": queue.sid,
            "QueueTime": str(queue.waited(member)),
            "AvgQueueTime": str(queue.average),
            "CurrentQueueSize": str(len(queue.members)),
        }
        asked = Target(target.url, target.method, {**target.extra, **told})
        begun = time.monotonic()
        heard = await exchange.desk.fetch(line, asked, allowed=WAITING)
        after = await run(line, heard)
        if after in ("leave", "end"):
            return after
        restless = restless + 1 if (time.monotonic() - begun) * exchange.speed < 0.5 else 0
        if restless == _RESTLESS:
            exchange.complain(f"{heard.url}: {_RESTLESS} documents for one who waits, and none that lasted")
        if restless >= _RESTLESS:
            await exchange.pass_time(2.0)
        target = after if isinstance(after, Target) else start


async def _bridged(line: TwilioLine, queue: Queue, member: Member, waiting: asyncio.Task[Next]) -> str:
    """Somebody has taken them: until one of the two goes."""
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    queue.leave(member)
    line.queue, line.music = "", False
    await member.parted
    return "bridged"
