"""The tallies of queues, interval by interval, counted from the timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo

import msgspec

from polydesk import db
from polydesk import hours as business
from polydesk.queues.service import Queue
from polydesk.staff.access import Viewer
from polydesk.types import Scope
from polydesk_voice import places
from polydesk_voice.figures import hours, occupying, reading, resolving
from polydesk_voice.figures.events import CalledBack, Sorter, Wait
from polydesk_voice.figures.formulas import Tally
from polydesk_voice.figures.intervals import Grid
from polydesk_voice.queueing import settings as queueing
from polydesk_voice.queueing.settings import QueueSettings

Key = tuple[date, str, bool]


class Cells(msgspec.Struct):
    """A queue for the time of a report: one tally for each interval in which something happened."""

    queue: Queue
    settings: QueueSettings
    grid: Grid
    zone: tzinfo
    open: list[business.Period]
    holidays: frozenset[str]
    people: set[int]
    tallies: dict[Key, Tally] = {}

    def at(self, moment: datetime) -> Tally | None:
        """The tally of a moment; None when that is outside."""
        interval = self.grid.find(moment)
        if interval is None:
            return None
        return self.tallies.setdefault(interval.key, Tally())


async def of(queue: Queue, first: date, last: date, minutes: int) -> Cells:
    """A queue's, still empty, on the clocks of its own place."""
    scope = Scope(queue.client, queue.market)
    zone, place = await places.zone_of(scope), await places.of(scope)
    return Cells(
        queue=queue,
        settings=await queueing.of(queue.id),
        grid=Grid(first, last, zone, minutes),
        zone=zone,
        open=business.read(place.hours),
        holidays=business.read_holidays(place.holidays),
        people=set(queue.members) or await _everybody(scope),
    )


async def _everybody(scope: Scope) -> set[int]:
    """Who works in a queue that names nobody."""
    rows = await db.fetch("SELECT person, market FROM pd_membership WHERE client = {}", scope.client)
    return {row["person"] for row in rows if None in (row["market"], scope.market) or row["market"] == scope.market}


async def fill(
    viewer: Viewer | None,
    client: int,
    found: Mapping[int, Cells],
    seconds: Sequence[int],
    days: int,
    now: datetime,
) -> None:
    """Count a client's events into the cells of some of its queues; `seconds` are the targets to count for."""
    sorter = Sorter()
    begins = min(one.grid.begins for one in found.values())
    ends = min(now, max(one.grid.ends for one in found.values()) + reading.TAIL)
    async for event in reading.events(client, begins, ends, viewer):
        come = sorter.feed(event)
        if come is not None and come.queue in found:
            _count(found[come.queue], come, seconds)
    for wait in sorter.still_waiting():
        if wait.queue in found and now - wait.entered < reading.TAIL:
            _count(found[wait.queue], wait, seconds)
    await _parts(sorter, found)
    await _resolutions(viewer, client, sorter, found, days, now)


def _count(place: Cells, come: Wait | CalledBack, seconds: Sequence[int]) -> None:
    if isinstance(come, CalledBack):
        tally = place.at(come.asked)
        if tally is not None:
            until = come.asked + timedelta(seconds=come.seconds)
            tally.called_back.append(hours.within(place.open, place.holidays, place.zone, come.asked, until))
        return
    tally = place.at(come.entered)
    if tally is not None:
        match come.end:
            case "answered":
                tally.answered += 1
                for each in seconds:
                    tally.within[each] = tally.within.get(each, 0) + (come.waited <= each)
            case "abandoned":
                tally.abandoned += 1
                tally.short += come.waited <= place.settings.short_abandon
                tally.lost.append(come.waited)
                for each in seconds:
                    tally.lost_within[each] = tally.lost_within.get(each, 0) + (come.waited <= each)
            case "left":
                tally.left += 1
                tally.callbacks += come.why == "callback"
            case "blocked":
                tally.blocked += 1
            case "waiting":
                tally.waiting += 1
    if come.end == "answered" and come.at is not None and (tally := place.at(come.at)) is not None:
        tally.waits.append(come.waited)


async def _parts(sorter: Sorter, found: Mapping[int, Cells]) -> None:
    """What agents did in incoming calls, where they answered; calls they made themselves are another matter."""
    async for part in reading.unhurried(sorter.parts):
        place = found.get(part.queue or 0)
        if place is None or sorter.directions.get(part.call) == "out" or (tally := place.at(part.began)) is None:
            continue
        limit = place.settings.wrap_up_seconds
        after = min(part.after, float(limit)) if limit else part.after
        tally.talk += part.talk
        tally.hold += part.hold
        tally.after += after
        tally.parts.append(part.talk + part.hold + after)
        tally.handled.add(part.call)
        if part.transferred:
            tally.transferred.add(part.call)
        if part.resolved is not None:
            tally.asked += 1
            tally.ticked += part.resolved
        if part.person is not None and not place.queue.members:
            place.people.add(part.person)


async def _resolutions(
    viewer: Viewer | None, client: int, sorter: Sorter, found: Mapping[int, Cells], days: int, now: datetime
) -> None:
    """Each call counts for the queue whose agent had it last."""
    last = {
        part.call: part
        async for part in reading.unhurried(sorter.parts)
        if part.queue in found and sorter.directions.get(part.call) != "out" and part.call in sorter.ends
    }
    if not last:
        return
    topics = {part.call: part.topic for part in sorter.parts if part.topic}
    handled = [
        resolving.Handled(
            call=call,
            contact=part.contact,
            ended=sorter.ends[call].at,
            topic=topics.get(call, ""),
            dropped=sorter.ends[call].told.by == "service",
        )
        async for call, part in reading.unhurried(last.items())
    ]
    ends = min(now, max(each.ended for each in handled) + timedelta(days=days, seconds=1))
    again = await reading.contacts_again(
        client, min(each.ended for each in handled), ends, viewer, {each.contact for each in handled}
    )
    async for each, resolved, final in reading.unhurried(resolving.judge(handled, again, now, days)):
        part = last[each.call]
        tally = found[part.queue or 0].at(part.began)
        if tally is not None:
            tally.eligible += 1
            tally.once += resolved
            tally.provisional += not final


Time = dict[tuple[int, Key], tuple[float, float]]


async def time_of(found: Mapping[int, Cells], now: datetime) -> Time:
    """Busy and idle seconds of everybody concerned, on the clocks of the first queue they work in."""
    seen: dict[int, Cells] = {}
    for place in found.values():
        for person in place.people:
            seen.setdefault(person, place)
    if not seen:
        return {}
    begins = min(place.grid.begins for place in found.values())
    ends = max(place.grid.ends for place in found.values())
    spans = await reading.agents_time(list(seen), begins, ends)
    return {
        (person, interval.key): (busy, idle)
        for person, theirs in spans.items()
        for interval, busy, idle in occupying.divided(theirs, seen[person].grid, now)
    }
