"""What a timeline item of a call says, and what several of them together mean: waits, agents' parts, resolutions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from polydesk_voice import items

End = Literal["answered", "abandoned", "left", "blocked", "waiting"]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The data of an item, as `items` lists it; what a kind does not have stays at its default."""

    call: int = 0
    queue: int | None = None
    queued_at: datetime | None = None
    waited: float = 0.0
    why: str = ""
    talk: float = 0.0
    hold: float = 0.0
    began_at: datetime | None = None
    transferred: str | bool = ""
    seconds: float = 0.0
    category: str = ""
    resolved: bool | None = None
    direction: str = ""
    outcome: str = ""
    by: str = ""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One item."""

    kind: str
    at: datetime
    contact: int
    conversation: int
    person: int | None
    told: Told


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """One time somebody waited in a queue; `at` is when it ended."""

    call: int
    queue: int
    entered: datetime
    end: End
    waited: float = 0.0
    why: str = ""
    at: datetime | None = None


class CalledBack(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who kept their place was reached, so long after they had asked for it."""

    queue: int
    asked: datetime
    seconds: float


class Part(msgspec.Struct, kw_only=True):
    """An agent's share in a call."""

    call: int
    queue: int | None
    contact: int
    person: int | None
    began: datetime
    ended: datetime
    talk: float
    hold: float
    transferred: bool
    after: float = 0.0
    topic: str = ""
    resolved: bool | None = None


class Sorter:
    """Fed with events in the order in which they happened, it makes waits and parts of them.

    A wait that is queued again while it lasts goes on. A call-back is a call of ours in the same conversation.
    """

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.directions: dict[int, str] = {}
        self.ends: dict[int, Event] = {}
        self._open: dict[tuple[int, int], datetime] = {}
        self._promised: dict[int, tuple[int, datetime]] = {}
        self._returning: dict[int, tuple[int, datetime]] = {}
        self._last: dict[tuple[int, int | None], Part] = {}

    def feed(self, event: Event) -> Wait | CalledBack | None:
        """Take in one; what it brings to an end."""
        it = event.told
        match event.kind:
            case items.QUEUED if it.queue is not None:
                self._open.setdefault((it.call, it.queue), event.at)
            case items.BLOCKED if it.queue is not None:
                return Wait(call=it.call, queue=it.queue, entered=event.at, end="blocked", why="full", at=event.at)
            case items.ANSWERED if it.call in self._returning:
                self._promised.pop(event.conversation, None)
                queue, asked = self._returning.pop(it.call)
                return CalledBack(queue=queue, asked=asked, seconds=(event.at - asked).total_seconds())
            case items.ANSWERED | items.LEFT if it.queue is not None:
                return self._ended(event, it.queue)
            case items.TALKED:
                part = _part(event)
                self.parts.append(part)
                self._last[it.call, event.person] = part
            case items.WRAPPED_UP:
                found = self._last.get((it.call, event.person))
                if found is not None:
                    found.after, found.topic, found.resolved = it.seconds, it.category, it.resolved
            case items.BEGAN:
                self.directions[it.call] = it.direction
                if it.direction == "out" and event.conversation in self._promised:
                    self._returning[it.call] = self._promised[event.conversation]
            case items.ENDED:
                self.ends[it.call] = event
                self.directions.setdefault(it.call, it.direction)
        return None

    def _ended(self, event: Event, queue: int) -> Wait:
        it = event.told
        began = self._open.pop((it.call, queue), None)
        if event.kind == items.LEFT and it.why == "callback":
            self._promised[event.conversation] = (queue, event.at)
        end: End = "answered"
        if event.kind == items.LEFT:
            end = "abandoned" if it.why == "abandoned" else "blocked" if it.why == "closed" else "left"
        entered = it.queued_at or began or event.at - timedelta(seconds=it.waited)
        return Wait(call=it.call, queue=queue, entered=entered, end=end, waited=it.waited, why=it.why, at=event.at)

    def still_waiting(self) -> Iterator[Wait]:
        """Those of whom nothing more was told."""
        for (call, queue), entered in self._open.items():
            yield Wait(call=call, queue=queue, entered=entered, end="waiting")


def _part(event: Event) -> Part:
    it = event.told
    return Part(
        call=it.call,
        queue=it.queue,
        contact=event.contact,
        person=event.person,
        began=it.began_at or event.at - timedelta(seconds=it.talk + it.hold),
        ended=event.at,
        talk=it.talk,
        hold=it.hold,
        transferred=bool(it.transferred),
    )
