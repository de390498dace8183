"""One call at the make-believe Twilio: its state, the person on it, and how it goes from document to document."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin

import msgspec

from polydesk.testing.telephone.exchange import Line
from polydesk.testing.telephone.twiml_documents import Document, Verb

if TYPE_CHECKING:
    from polydesk.testing.telephone.twiml import TwilioExchange

EVENTS = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}
"""Statuses and the events that are asked for by these names; every other status is the event "completed"."""
ENDED = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
_MOST_DOCUMENTS = 3000


class Target(msgspec.Struct, frozen=True):
    """Where a party goes on: an address with what to tell there, or a document that was handed over (`text`)."""

    url: str
    method: str = "POST"
    extra: dict[str, str] = {}
    text: str = ""


Next = Target | Literal["end", "leave"] | None
"""Where a party goes on after a verb: elsewhere, nowhere, out of its queue, or with the next verb."""


def onward(verb: Verb, document: Document, address: str = "action", method: str = "method", **extra: str) -> Target:
    """The address in an attribute, seen from its document; the document itself where there is none."""
    return Target(urljoin(document.url, verb.get(address)), verb.get(method, "POST").upper(), extra)


class Failed(Exception):
    """A document could not be had, or not be carried out."""

    def __init__(self, code: int, url: str, words: str) -> None:
        self.code, self.url = code, url
        super().__init__(words)


class Callback(msgspec.Struct):
    """Where the progress of a call is told, and which of it."""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


class TwilioLine(Line):
    """A call and whoever holds its receiver."""

    def __init__(
        self,
        exchange: TwilioExchange,
        *,
        who: str,
        sender: str,
        to: str,
        direction: str,
        callback: Callback,
        fallback: str = "",
        name: str = "",
        parent: str = "",
    ) -> None:
        super().__init__(who)
        self.exchange = exchange
        self.sid = exchange.sid("CA")
        self.sender, self.to, self.direction = sender, to, direction
        self.callback, self.fallback = callback, fallback
        self.name, self.parent = name, parent
        self.status = "queued" if direction == "outbound-api" else "ringing"
        self.answered_by = ""
        self.made_at = datetime.now(UTC)
        self.answered = 0.0
        self.over = 0.0
        self.keys = ""
        """Pressed and not asked for yet."""
        self.words: list[tuple[str, float]] = []
        """Said and not listened to yet."""
        self.spoken = asyncio.Event()
        self.jump: Target | None = None
        self.conference = ""
        """The SID of the conference it is in."""
        self.queue = ""
        self.documents = 0
        self.sequence = -1
        self.news: asyncio.Task[None] | None = None
        self._work: asyncio.Task[Target | None] | None = None
        self._began = time.monotonic()
        exchange.calls[self.sid] = self
        exchange.lines[self.sid] = self

    # --- the person

    async def press(self, keys: str) -> None:
        """See `Line.press`."""
        self.keys += keys
        self.spoken.set()

    async def say(self, words: str, confidence: float = 0.9) -> None:
        """See `Line.say`. In a room it is heard by the others, and by its recording."""
        self.exchange.recordings.spoke(self, words)
        if self.conference or self.with_:
            await self.exchange.rooms.spoke(self, words)
            return
        self.words.append((words, confidence))
        self.spoken.set()

    async def hang_up(self) -> None:
        """See `Line.hang_up`."""
        await self.end("completed" if self.answered else "canceled")

    async def hear(self, what: str) -> None:
        """Something reaches their ear."""
        self.heard.append(what)
        await self.tell()

    async def listen(self, seconds: float, *, keys: bool = True, speech: bool = False) -> bool:
        """Wait for a key or a word, for so long at most; whether one is there."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds / self.exchange.speed
        while not ((keys and self.keys) or (speech and self.words)):
            self.spoken.clear()
            left = until - loop.time()
            if left <= 0:
                return False
            try:
                async with asyncio.timeout(left):
                    await self.spoken.wait()
            except TimeoutError:
                return False
        return True

    # --- the call

    @property
    def seconds(self) -> int:
        """For how long it has been talking, or did."""
        if not self.answered:
            return 0
        return int(((self.over or time.monotonic()) - self.answered) * self.exchange.speed)

    def base(self) -> dict[str, str]:
        """What is told with every request about this call."""
        found = {
            "CallSid": self.sid,
            "AccountSid": self.exchange.account_sid,
            "ApiVersion": "2010-04-01",
            "CallStatus": self.status,
            "Direction": self.direction,
            "From": self.sender,
            "Caller": self.sender,
            "To": self.to,
            "Called": self.to,
        }
        if self.name:
            found["CallerName"] = self.name
        if self.parent:
            found["ParentCallSid"] = self.parent
        if self.direction == "inbound":
            found |= {"FromCountry": "GE", "ToCountry": "GE", "StirVerstat": "No-TN-Validation", "FromCity": ""}
        return found

    async def live(self, target: Target | None) -> None:
        """Carry out documents until there are no more, somebody hangs up, or the call is turned elsewhere."""
        from polydesk.testing.telephone.twiml_verbs import perform

        try:
            while target is not None and not self.over:
                self.documents += 1
                if self.documents > _MOST_DOCUMENTS:
                    self.exchange.complain(f"{self.sid} went through {_MOST_DOCUMENTS} documents")
                    break
                self._work = asyncio.create_task(perform(self, target))
                await asyncio.wait({self._work})
                turned, self.jump = self.jump, None
                target = turned if turned is not None or self._work.cancelled() else self._work.result()
        finally:
            if self._work is not None and not self._work.done():
                self._work.cancel()
                await asyncio.gather(self._work, return_exceptions=True)
        await self.end("completed")

    def turn(self, target: Target) -> None:
        """Drop what it does and go on there."""
        self.jump = target
        if self._work is not None:
            self._work.cancel()

    async def advance(self, status: str, **more: str) -> None:
        """Reach a status, and tell of it whoever asked."""
        self.status = status
        if status == "in-progress":
            self.answered = time.monotonic()
        if status in ENDED:
            self.over = time.monotonic()
        self.sequence += 1
        await self.tell()
        event = EVENTS.get(status, "completed")
        if event not in self.callback.events:
            return
        told = self.base() | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self.sequence),
            "Timestamp": self.exchange.now(),
            **more,
        }
        if event == "completed":
            told |= {"CallDuration": str(self.seconds), "Duration": str(-(-self.seconds // 60))}
        if self.answered_by:
            told["AnsweredBy"] = self.answered_by
        self.exchange.news.tell(self.callback.url, told, method=self.callback.method, after=self)

    async def end(self, status: str, *, lived: str = "", **more: str) -> None:
        """It is over. `lived` is how the person at the receiver would call it, where that is another word."""
        if self.over:
            return
        self.over = time.monotonic()
        if self._work is not None and self._work is not asyncio.current_task():
            self._work.cancel()
        await self.advance(status, **more)
        self.ended = lived or status
        self.music = False
        self.exchange.lines.pop(self.sid, None)
        self.exchange.recordings.over(self)
        await self.tell()
