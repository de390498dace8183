"""The figures of a scope as one number each, for whoever asks the desk for metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from polydesk import db
from polydesk.queues.service import Queue
from polydesk.types import Metric, Scope
from polydesk_voice import places
from polydesk_voice.figures import resolving
from polydesk_voice.figures.columns import Column, columns, value
from polydesk_voice.figures.report import Asked, report

_UNITS = {"share": "ratio", "seconds": "s", "count": ""}
TARGETS = ((80, 20), (90, 60))


def metrics() -> list[Metric]:
    """One for each figure, named `voice.<figure>`. A figure of nothing is None."""
    return [
        Metric(name=f"voice.{each.name}", label=each.label, unit=_UNITS[each.unit], compute=_computing(each))
        for each in columns(TARGETS, resolving.DAYS)
    ]


def _computing(column: Column) -> Callable[[Scope, datetime, datetime], Awaitable[float | None]]:
    async def compute(scope: Scope, since: datetime, until: datetime) -> float | None:
        """Of all queues of the scope, over the whole days of its place that the period touches."""
        zone = await places.zone_of(scope)
        first, last = since.astimezone(zone).date(), (until - timedelta(microseconds=1)).astimezone(zone).date()
        asked = Asked(
            queues=tuple(await _queues(scope)),
            first=first,
            last=last,
            by="queue",
            seconds=tuple(seconds for _percent, seconds in TARGETS),
        )
        found = await report(None, asked)
        return value(column, found.total.tally)

    return compute


async def _queues(scope: Scope) -> list[Queue]:
    rows = await db.fetch("SELECT id, client, market, name, position, assigns FROM pd_queue ORDER BY id")
    return [
        Queue(
            id=row["id"],
            client=row["client"],
            market=row["market"],
            name=row["name"],
            position=row["position"],
            assigns=bool(row["assigns"]),
            weights={},
        )
        for row in rows
        if scope.client in (None, row["client"]) and scope.market in (None, row["market"])
    ]
