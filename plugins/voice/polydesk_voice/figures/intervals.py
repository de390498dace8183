"""Days cut into quarters or halves of an hour, on the clocks of a queue's own place."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import msgspec

MINUTES = (15, 30)


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """From `begins` to `ends` in UTC; `day` and `clock` as people there read them, `again` the second time in a night
    whose clocks are set back."""

    begins: datetime
    ends: datetime
    day: date
    clock: str
    again: bool = False

    @property
    def key(self) -> tuple[date, str, bool]:
        """The same wherever it is this time of that day."""
        return self.day, self.clock, self.again


class Grid:
    """The intervals of some days in one place; a day has as many as it has: 46, 48 or 50 half hours."""

    def __init__(self, first: date, last: date, at: tzinfo, minutes: int = 30) -> None:
        self.intervals: list[Interval] = []
        day = first
        while day <= last:
            self.intervals += _day(day, at, minutes)
            day += timedelta(days=1)
        self._starts = [each.begins for each in self.intervals]

    @property
    def begins(self) -> datetime:
        """The first moment."""
        return self.intervals[0].begins

    @property
    def ends(self) -> datetime:
        """The moment after the last."""
        return self.intervals[-1].ends

    def find(self, moment: datetime) -> Interval | None:
        """Which one it falls into; None before and after them all."""
        if moment >= self.ends:
            return None
        place = bisect_right(self._starts, moment) - 1
        return self.intervals[place] if place >= 0 else None


def midnight(day: date, at: tzinfo) -> datetime:
    """When a day begins, in UTC: a midnight that is skipped maps forward, one that comes twice is the first."""
    return datetime.combine(day, time(), at).astimezone(UTC)


def _day(day: date, at: tzinfo, minutes: int) -> list[Interval]:
    begins, end = midnight(day, at), midnight(day + timedelta(days=1), at)
    step, found, seen = timedelta(minutes=minutes), list[Interval](), set[str]()
    while begins < end:
        clock = begins.astimezone(at).strftime("%H:%M")
        ends = min(begins + step, end)
        found.append(Interval(begins=begins, ends=ends, day=day, clock=clock, again=clock in seen))
        seen.add(clock)
        begins = ends
    return found
