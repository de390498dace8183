"""How agents' time divides into calls and readiness, interval by interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from polydesk_voice.figures.intervals import Grid, Interval

BUSY = frozenset({"talking", "wrapping_up"})
# A phone that rings belongs to somebody who is still free.
IDLE = frozenset({"ready", "ringing"})

Span = tuple[str, datetime, datetime | None]


def divided(spans: Iterable[Span], grid: Grid, now: datetime) -> Iterator[tuple[Interval, float, float]]:
    """One agent's busy and idle seconds by interval; a second counts once, however many calls there were in it."""
    busy = _merged([(began, ended or now) for state, began, ended in spans if state in BUSY])
    idle = _without(_merged([(began, ended or now) for state, began, ended in spans if state in IDLE]), busy)
    found: dict[datetime, list[float]] = {}
    for place, some in ((0, busy), (1, idle)):
        for began, ended in some:
            for interval, seconds in _cut(began, ended, grid):
                found.setdefault(interval.begins, [0.0, 0.0])[place] += seconds
    for begins, (worked, free) in found.items():
        of = grid.find(begins)
        assert of is not None
        yield of, worked, free


def _merged(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for began, ended in sorted(spans):
        if found and began <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ended))
        elif began < ended:
            found.append((began, ended))
    return found


def _without(
    spans: list[tuple[datetime, datetime]], taken: list[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    found, place = [], 0
    for began, ended in spans:
        at = began
        while place < len(taken) and taken[place][1] <= at:
            place += 1
        following = place
        while following < len(taken) and taken[following][0] < ended:
            if at < taken[following][0]:
                found.append((at, taken[following][0]))
            at = max(at, taken[following][1])
            following += 1
        if at < ended:
            found.append((at, ended))
    return found


def _cut(began: datetime, ended: datetime, grid: Grid) -> Iterator[tuple[Interval, float]]:
    at, ended = max(began, grid.begins), min(ended, grid.ends)
    while at < ended and (interval := grid.find(at)) is not None:
        until = min(ended, interval.ends)
        yield interval, (until - at).total_seconds()
        at = until
