"""A make-believe Twilio over real HTTP: people call, phones ring, and the desk's documents are obeyed verb by verb."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Coroutine
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import msgspec

from polydesk.testing.telephone.exchange import Behaviour, Exchange, Line, Talk
from polydesk.testing.telephone.twiml_asking import Asking
from polydesk.testing.telephone.twiml_calls import Callback, Target, TwilioLine
from polydesk.testing.telephone.twiml_news import Mischief, News
from polydesk.testing.telephone.twiml_queues import Queue
from polydesk.testing.telephone.twiml_recordings import Recordings
from polydesk.testing.telephone.twiml_rest import Rest
from polydesk.testing.telephone.twiml_rooms import Rooms
from polydesk.testing.telephone.wire import Server

_ANSWERED_BY = {"machine": "machine_start"}
_DETECTION_SECONDS = 2.0
_REFUSED = {"busy": ("busy", "486"), "declines": ("busy", "603"), "fails": ("failed", "404")}


class Number(msgspec.Struct):
    """A number, with what its owner entered for it."""

    number: str
    voice_url: str
    fallback: str
    callback: str


class TwilioExchange(Exchange):
    """See `Exchange`. The same `seed` gives the same names, and the same disorder of the news."""

    def __init__(
        self,
        *,
        number: str = "+995322000111",
        speed: float = 1.0,
        token: str = "polydesk-voice-token",
        seed: int = 0,
        mischief: Mischief | None = None,
        sound: bool = False,
    ) -> None:
        super().__init__(number=number, speed=speed)
        self.token, self.sound = token, sound
        self._dice = random.Random(seed)
        self.account_sid = self.sid("AC")
        self.calls: dict[str, TwilioLine] = {}
        """Every call there ever was, by SID."""
        self.queues: dict[str, Queue] = {}
        self.numbers: dict[str, Number] = {}
        self.fallbacks: list[str] = []
        """Addresses that did not answer, so that the fallback was asked instead."""
        self.coached_nobody = 0
        self.news = News(self, mischief or Mischief(), random.Random(seed + 1))
        self.recordings = Recordings(self)
        self.rooms = Rooms(self)
        self.rest = Rest(self)
        self.pace: float | None = None
        """How many calls of the desk may begin in a second (of ours); those above wait."""
        self._next_call = 0.0
        self.desk = Asking(self)
        self._server = Server(self.rest.answer)
        self._hook = ""
        self._tasks: set[asyncio.Task[Any]] = set()

    # --- opening and closing

    async def start(self, hook: str, port: int = 0) -> dict[str, Any]:
        """See `Exchange.start`; the number has all the addresses entered that the desk asks for."""
        self._hook = hook
        await self._server.open(port)
        self.add_number(self.number)
        return {
            "number": self.number,
            "provider": "twiml",
            "account_sid": self.account_sid,
            "token": self.token,
            "api_url": self.url,
            "calls_per_second": 100,
        }

    def add_number(self, number: str) -> Number:
        """One more number of the same account, whose calls go to the desk as well."""
        base = f"{self._hook}/twiml"
        self.numbers[number] = Number(number, f"{base}/incoming", f"{base}/fallback", f"{base}/progress")
        return self.numbers[number]

    @property
    def url(self) -> str:
        """Where its API is."""
        return self._server.url

    @property
    def root(self) -> str:
        """Everything of the account."""
        return f"{self.url}/2010-04-01/Accounts/{self.account_sid}"

    async def stop(self) -> None:
        """See `Exchange.stop`."""
        for line in list(self.lines.values()):
            assert isinstance(line, TwilioLine)
            line.callback = Callback()
            await line.end("completed")
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.news.close()
        await self.desk.close()
        await self._server.close()

    async def settled(self) -> None:
        """Wait until no call lives, every recording is ready, and all that was to be told has been."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        await self.news.settled()

    # --- people

    async def call(self, caller: str, talk: Talk | None = None, *, name: str = "", called: str = "") -> Line:
        """See `Exchange.call`."""
        number = self.numbers.get(called or self.number) or self.add_number(called)
        line = TwilioLine(
            self,
            who=caller,
            sender=caller,
            to=number.number,
            direction="inbound",
            callback=Callback(number.callback),
            fallback=number.fallback,
            name=name,
        )
        self.spawn(line.live(Target(number.voice_url)))
        if talk is not None:
            self.spawn(_talk(self, line, talk))
        return line

    async def ring(self, line: TwilioLine, patience: float) -> bool:
        """Let a phone ring; whether somebody picked up. Else the call has ended, or is to be ended by who gave up."""
        endpoint = line.to
        phone = self.phones.get(endpoint, self.anyone)
        await line.advance("initiated")
        if line.over:
            return False
        await line.advance("ringing")
        if phone.does == "rings" or phone.after >= patience:
            await self.pass_time(patience)
            await line.end("no-answer")
            return False
        await self.pass_time(phone.after)
        if line.over:
            return False
        if phone.does in _REFUSED:
            status, sip = _REFUSED[phone.does]
            await line.end(status, SipResponseCode=sip)
            return False
        await line.advance("in-progress")
        if self.picked_up is not None:
            self.spawn(self.picked_up(endpoint, line))
        if phone.talks is not None:
            self.spawn(self._hang_up_after(line, phone.talks))
        return True

    async def _hang_up_after(self, line: TwilioLine, seconds: float) -> None:
        await self.pass_time(seconds)
        await line.hang_up()

    async def begin(self, line: TwilioLine, target: Target, *, patience: float, detection: str, told_to: str) -> None:
        """A call the desk asked for: wait for its turn, ring, find out who answers, then the first document."""
        if self.pace is not None:
            now = time.monotonic()
            self._next_call = max(now, self._next_call + 1.0 / self.pace)
            await asyncio.sleep(self._next_call - now)
        if line.over or not await self.ring(line, patience):
            return
        phone: Behaviour = self.phones.get(line.to, self.anyone)
        if detection:
            ends = detection == "DetectMessageEnd"
            found = "machine_end_beep" if ends and phone.does == "machine" else _ANSWERED_BY.get(phone.does, "human")
            if told_to:
                self.spawn(self._detected(line, found, told_to))
            else:
                await self.pass_time(_DETECTION_SECONDS)
                line.answered_by = found
                target = Target(target.url, target.method, {**target.extra, "AnsweredBy": found}, target.text)
        await line.live(target)

    async def _detected(self, line: TwilioLine, found: str, told_to: str) -> None:
        await self.pass_time(_DETECTION_SECONDS)
        line.answered_by = found
        told = {"CallSid": line.sid, "AccountSid": self.account_sid, "AnsweredBy": found}
        self.news.tell(told_to, told | {"MachineDetectionDuration": "2000"})

    # --- the house

    def queue(self, name: str, most: int) -> Queue:
        """By name; made when it is first named."""
        if name not in self.queues:
            self.queues[name] = Queue(self, name, most)
        return self.queues[name]

    def sid(self, prefix: str) -> str:
        """A new name."""
        return f"{prefix}{self._dice.getrandbits(128):032x}"

    def now(self) -> str:
        """The time, as it is told."""
        return format_datetime(datetime.now(UTC))

    async def pass_time(self, seconds: float) -> None:
        """Let time go by, of this service's own."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)

    def complain(self, words: str) -> None:
        """The desk did something that a service would not take."""
        self.complaints.append(words)

    def spawn(self, work: Awaitable[Any] | Coroutine[Any, Any, Any]) -> None:
        """Have something done beside everything else; what goes wrong in it is a complaint."""
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.complain(f"{type(error).__name__}: {error}")


async def _talk(exchange: TwilioExchange, line: TwilioLine, talk: Talk) -> None:
    try:
        await talk(line)
    except AssertionError as error:
        exchange.complain(f"{line.who}: {error}")
        await line.hang_up()
