"""What someone who waits for an agent may be told: their place, and how long it took others today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from polydesk import db
from polydesk.types import Scope

_LOOK_BACK = timedelta(hours=1)
_MOST_COUNTED = 500


class Waiting(msgspec.Struct, frozen=True):
    """`position` counts from 1; `expected_seconds` is None while too few were served lately to tell."""

    position: int
    expected_seconds: int | None


async def place_in_queue(conversation: int) -> Waiting | None:
    """Where a conversation stands in its queue; None when it does not wait for anybody.

    Expected wait is the position divided by the rate at which the queue's conversations were taken in the last hour.
    """
    rows = await db.fetch(
        "SELECT queue, priority, waiting_since FROM pd_conversation WHERE id = {} AND waiting_since IS NOT NULL "
        "AND assignee IS NULL",
        conversation,
    )
    if not rows or rows[0]["queue"] is None:
        return None
    row = rows[0]
    before = await db.fetch(
        "SELECT COUNT(*) AS count FROM (SELECT 1 FROM pd_conversation WHERE queue = {} AND waiting_since IS NOT NULL "
        "AND assignee IS NULL AND (priority > {} OR (priority = {} AND (waiting_since < {} "
        f"OR (waiting_since = {{}} AND id < {{}})))) LIMIT {_MOST_COUNTED}) AS counted",
        row["queue"],
        row["priority"],
        row["priority"],
        row["waiting_since"],
        row["waiting_since"],
        conversation,
    )
    taken = await db.fetch(
        "SELECT COUNT(*) AS count FROM (SELECT 1 FROM pd_item i JOIN pd_conversation v ON v.id = i.conversation "
        "WHERE i.client = v.client AND v.queue = {} AND i.kind = 'assigned' AND i.occurred_at > {} "
        f"AND i.client = (SELECT client FROM pd_conversation WHERE id = {{}}) LIMIT {_MOST_COUNTED}) AS counted",
        row["queue"],
        datetime.now(UTC) - _LOOK_BACK,
        conversation,
    )
    position = int(before[0]["count"]) + 1
    served = int(taken[0]["count"])
    expected = round(position * _LOOK_BACK.total_seconds() / served) if served >= 3 else None
    return Waiting(position, expected)


async def ready_agents(scope: Scope) -> int:
    """How many who could answer there are ready now."""
    rows = await db.fetch(
        "SELECT COUNT(*) AS count FROM pd_person p WHERE p.presence = 'ready' AND p.active = {} AND (p.is_owner = {} "
        "OR EXISTS (SELECT 1 FROM pd_membership m WHERE m.person = p.id AND m.client = {} "
        "AND (m.market IS NULL OR m.market = {})))",
        True,
        True,
        scope.client,
        scope.market,
    )
    return int(rows[0]["count"])
