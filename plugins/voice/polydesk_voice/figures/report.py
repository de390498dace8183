"""Figures of some queues over some days: a row for each interval, day or queue, and one for all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Literal

import msgspec

from polydesk.queues.service import Queue
from polydesk.staff.access import Viewer
from polydesk_voice.figures import cells, formulas, resolving
from polydesk_voice.figures.cells import Cells, Key, Time
from polydesk_voice.figures.formulas import Ratio, Tally
from polydesk_voice.figures.reading import unhurried

By = Literal["interval", "day", "queue"]
MOST_DAYS: dict[By, int] = {"interval": 7, "day": 92, "queue": 92}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What to report: whole days, first and last of them included, on the clocks of each queue's own place.

    `seconds` are counted for besides the queues' own targets.
    """

    queues: tuple[Queue, ...]
    first: date
    last: date
    by: By = "day"
    minutes: int = 30
    days: int = resolving.DAYS
    seconds: tuple[int, ...] = ()


class Row(msgspec.Struct, kw_only=True):
    """One line. `met` is, by target, in how many intervals it was met, of those in which anybody called."""

    day: date | None = None
    clock: str = ""
    again: bool = False
    queue: Queue | None = None
    tally: Tally
    met: dict[tuple[int, int], Ratio] = {}


class Report(msgspec.Struct, kw_only=True):
    """The answer, as of a moment. `targets` are those of any of the queues, `goals` those of all of them."""

    asked: Asked
    rows: list[Row]
    total: Row
    targets: tuple[tuple[int, int], ...]
    goals: frozenset[tuple[int, int]]
    shorts: tuple[int, ...]
    zones: tuple[str, ...]
    as_of: datetime


async def report(viewer: Viewer | None, asked: Asked, now: datetime | None = None) -> Report:
    """Everything asked for; the caller has chosen queues that the viewer may see."""
    now = now or datetime.now(UTC)
    found = {queue.id: await cells.of(queue, asked.first, asked.last, asked.minutes) for queue in asked.queues}
    targets = tuple(dict.fromkeys(each for one in found.values() for each in one.settings.targets))
    seconds = tuple(dict.fromkeys((*(each for _percent, each in targets), *asked.seconds)))
    for client in dict.fromkeys(queue.client for queue in asked.queues):
        theirs = {id: one for id, one in found.items() if one.queue.client == client}
        await cells.fill(viewer, client, theirs, seconds, asked.days, now)
    time = await cells.time_of(found, now)
    rows = [
        _row(row, some, within, time) async for row, some, within in unhurried(_groups(found, asked.by, now), each=1)
    ]
    return Report(
        asked=asked,
        rows=[row for row in rows if asked.by != "interval" or _tells(row.tally)],
        total=_row(Row(tally=Tally()), list(found.values()), None, time),
        targets=targets,
        goals=frozenset(each for each in targets if all(each in one.settings.targets for one in found.values())),
        shorts=tuple(dict.fromkeys(one.settings.short_abandon for one in found.values())),
        zones=tuple(dict.fromkeys(str(one.zone) for one in found.values())),
        as_of=now,
    )


def _groups(
    found: Mapping[int, Cells], by: By, now: datetime
) -> Iterator[tuple[Row, list[Cells], dict[Key, None] | None]]:
    """Each row with its queues and its intervals (None: all of them). What has not come yet has no row."""
    some = list(found.values())
    if by == "queue":
        yield from ((Row(queue=one.queue, tally=Tally()), [one], None) for one in some)
        return
    keys = dict.fromkeys(each.key for one in some for each in one.grid.intervals if each.begins <= now)
    ordered = list(keys) if len({str(one.zone) for one in some}) == 1 else sorted(keys)
    grouped: dict[Key, dict[Key, None]] = {}
    for key in ordered:
        grouped.setdefault(key if by == "interval" else (key[0], "", False), {})[key] = None
    for (day, clock, again), within in grouped.items():
        yield Row(day=day, clock=clock, again=again, tally=Tally()), some, within


def _row(row: Row, some: list[Cells], within: dict[Key, None] | None, time: Time) -> Row:
    parts = [
        (one, tally)
        for one in some
        for tally in (
            one.tallies.values() if within is None else [one.tallies[key] for key in within if key in one.tallies]
        )
    ]
    row.tally = formulas.total(tally for _one, tally in parts)
    people = {person for one in some for person in one.people}
    spent = time.items() if within is None else [((p, k), time[p, k]) for p in people for k in within if (p, k) in time]
    for (person, _key), (busy, idle) in spent:
        if person in people:
            row.tally.busy += busy
            row.tally.idle += idle
    for target in dict.fromkeys(each for one in some for each in one.settings.targets):
        levels = [
            formulas.service_level(tally, target[1]).value for one, tally in parts if target in one.settings.targets
        ]
        known = [level for level in levels if level is not None]
        row.met[target] = Ratio(sum(level * 100 >= target[0] for level in known), len(known))
    return row


def _tells(tally: Tally) -> bool:
    """Did anything happen at all?"""
    return bool(tally.offered or tally.blocked or tally.parts or tally.busy or tally.idle)
