"""What every make-believe exchange can do, so that one test drives all of them."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec


class Behaviour(msgspec.Struct, kw_only=True):
    """How a phone that is rung behaves. Seconds are of the exchange's own time (see `Exchange.speed`)."""

    does: Literal["answers", "rings", "busy", "fails", "declines", "machine"] = "answers"
    after: float = 2.0
    talks: float | None = None
    """For how long before hanging up; None stays until the other side ends it."""


class Line(ABC):
    """One living call as the person who holds the receiver lives it."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.heard: list[str] = []
        """What was said and played to them, in order: words, or the address of what was played."""
        self.with_: set[str] = set()
        """Who is in the same room just now and can be heard."""
        self.changed = asyncio.Condition()
        self.ended = ""
        """How it ended: completed, busy, no-answer, failed, refused, canceled; "" while it lives."""
        self.music = False

    @abstractmethod
    async def press(self, keys: str) -> None:
        """Press keys; given to whatever asks for them now, or will next."""

    @abstractmethod
    async def say(self, words: str, confidence: float = 0.9) -> None:
        """Speak; given to whatever listens now, or will next."""

    @abstractmethod
    async def hang_up(self) -> None:
        """Put the receiver down, at any moment."""

    async def until(self, what: Callable[[Line], bool], seconds: float = 20.0) -> None:
        """Wait (real seconds) until something holds; a failure says what they heard so far."""
        try:
            async with asyncio.timeout(seconds), self.changed:
                await self.changed.wait_for(lambda: what(self))
        except TimeoutError:
            raise AssertionError(
                f"{self.who} waited {seconds} s in vain; heard {self.heard[-5:]}, with {self.with_}, "
                f"ended {self.ended!r}, music {self.music}"
            ) from None

    async def tell(self) -> None:
        """Wake whoever waits in `until`; for exchanges."""
        async with self.changed:
            self.changed.notify_all()


Talk = Callable[[Line], Awaitable[None]]


class Exchange(ABC):
    """A telephony service on a port of this machine.

    `speed` is how many seconds pass there in one of ours: waiting, ringing and talking all shrink by it. `phones` says
    how each endpoint behaves when it is rung ("+995…", "sip:ana@example.org", "client:ana"), `anyone` the rest.
    `lines` are those alive, by the service's own id. With `sound`, what is recorded is real sound.
    """

    def __init__(self, *, number: str = "+995322000111", speed: float = 1.0) -> None:
        self.number = number
        self.speed = speed
        self.phones: dict[str, Behaviour] = {}
        self.anyone = Behaviour()
        self.picked_up: Callable[[str, Line], Awaitable[None]] | None = None
        """Told of every phone that is picked up, with the endpoint; to live that line as a test likes."""
        self.lines: dict[str, Line] = {}
        self.complaints: list[str] = []
        """What the desk did that this service would not take: documents that are none, unknown verbs, 5xx, silence."""
        self.answer_times: list[float] = []
        """Seconds until the desk answered what was asked of it while somebody held a receiver."""

    @abstractmethod
    async def start(self, hook: str) -> dict[str, Any]:
        """Open the service; `hook` is the desk's address for this channel. Answer values for a line's settings."""

    @abstractmethod
    async def stop(self) -> None:
        """End every call and close."""

    @abstractmethod
    async def call(self, caller: str, talk: Talk | None = None, *, name: str = "", called: str = "") -> Line:
        """Have somebody call the desk's number; the line, already alive. `talk` is what they do on it.

        `called` is another number of the same service. Comes back at once; `Line.until(lambda it: it.ended)` waits.
        """
