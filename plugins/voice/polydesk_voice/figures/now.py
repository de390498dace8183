"""The service level as it stands, for the live floor: one query for all queues of a client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from polydesk import db
from polydesk.queues.service import Queue
from polydesk.types import Scope
from polydesk_voice import items, places
from polydesk_voice.figures import formulas
from polydesk_voice.figures.formulas import Ratio, Tally
from polydesk_voice.figures.intervals import midnight
from polydesk_voice.queueing import settings as queueing

LATELY = timedelta(minutes=30)


class Now(msgspec.Struct, kw_only=True):
    """A queue's waits that are over: of those that began today, on its own clocks, and of the last half hour."""

    targets: tuple[tuple[int, int], ...]
    today: Tally
    lately: Tally

    def levels(self) -> list[tuple[tuple[int, int], Ratio, Ratio]]:
        """Each target with the service level today and lately."""
        return [
            (each, formulas.service_level(self.today, each[1]), formulas.service_level(self.lately, each[1]))
            for each in self.targets
        ]


class _Told(msgspec.Struct):
    queue: int | None = None
    queued_at: datetime | None = None
    waited: float = 0.0
    why: str = ""


_decode = msgspec.json.Decoder(_Told).decode


async def levels(queues: Sequence[Queue], now: datetime | None = None) -> dict[int, Now]:
    """By queue; the caller has chosen queues that the viewer may see."""
    now = now or datetime.now(UTC)
    found: dict[int, Now] = {}
    begins: dict[int, datetime] = {}
    shorts: dict[int, int] = {}
    for queue in queues:
        zone, settings = await places.zone_of(Scope(queue.client, queue.market)), await queueing.of(queue.id)
        found[queue.id] = Now(targets=settings.targets, today=Tally(), lately=Tally())
        begins[queue.id], shorts[queue.id] = midnight(now.astimezone(zone).date(), zone), settings.short_abandon
    if not found:
        return {}
    rows = await db.fetch(
        "SELECT kind, occurred_at, data FROM pd_item WHERE client IN {} AND kind IN {} AND occurred_at >= {}",
        tuple({queue.client for queue in queues}),
        (items.ANSWERED, items.LEFT),
        min(now - LATELY, *begins.values()),
    )
    for row in rows:
        told = _decode(row["data"])
        queue_now = found.get(told.queue or 0)
        if queue_now is None or (row["kind"] == items.LEFT and told.why != "abandoned"):
            continue
        entered = told.queued_at or (db.moment(row["occurred_at"]) or now) - timedelta(seconds=told.waited)
        answered, short = row["kind"] == items.ANSWERED, shorts[told.queue or 0]
        if entered >= begins[told.queue or 0]:
            _count(queue_now.today, queue_now.targets, told.waited, answered, short)
        if entered >= now - LATELY:
            _count(queue_now.lately, queue_now.targets, told.waited, answered, short)
    return found


def _count(tally: Tally, targets: Sequence[tuple[int, int]], waited: float, answered: bool, short: int) -> None:
    if answered:
        tally.answered += 1
        counts = tally.within
    else:
        tally.abandoned += 1
        tally.short += waited <= short
        counts = tally.lost_within
    for _percent, seconds in targets:
        counts[seconds] = counts.get(seconds, 0) + (waited <= seconds)
