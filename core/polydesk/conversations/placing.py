"""Into a queue and out of it: where a conversation waits, since when, and who hears of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from polydesk import db, events, hooks, jobs, live, plugins
from polydesk.contacts import identify
from polydesk.conversations import service
from polydesk.queues import service as queues
from polydesk.timeline import service as timeline
from polydesk.types import JobKind, Scope, Text


async def enter(row: dict[str, Any], queue: int, reason: Text | None = None) -> None:
    """Let an unassigned conversation wait in a queue, and have an agent looked for; inside a transaction."""
    scope = Scope(row["client"], row["market"])
    await db.fetch(
        "UPDATE pd_conversation SET queue = {}, waiting_since = COALESCE(waiting_since, {}) WHERE id = {}",
        queue,
        datetime.now(UTC),
        row["id"],
    )
    if row["queue"] != queue:
        await events.announce(
            scope, hooks.polydesk_queue_entered, conversation=service.from_row({**row, "queue": queue}), queue=queue
        )
    if reason is not None:
        await timeline.append(
            "queue",
            client=row["client"],
            contact=row["contact"],
            conversation=row["id"],
            data={"queue": queue, "reasons": [reason]},
        )
    if await _somebody_is_ready():
        await jobs.enqueue("queues.assign", {"conversation": row["id"]}, client=row["client"])


async def place(row: dict[str, Any]) -> None:
    """Straight into its queue, or by a job when a plugin wants a word in it; inside a transaction."""
    scope = Scope(row["client"], row["market"])
    if row["queue"] is None and plugins.listeners(scope, hooks.polydesk_choose_queue):
        await jobs.enqueue("queues.place", {"conversation": row["id"]}, client=row["client"])
        return
    await enter(row, row["queue"] or await usual_queue(row))


async def leave(row: dict[str, Any]) -> None:
    """Stop waiting (the queue stays as where it belongs); inside a transaction."""
    if row["waiting_since"] is None:
        return
    await db.fetch("UPDATE pd_conversation SET waiting_since = NULL WHERE id = {}", row["id"])
    if row["queue"] is not None:
        await events.announce(
            Scope(row["client"], row["market"]),
            hooks.polydesk_queue_left,
            conversation=service.from_row(row),
            queue=row["queue"],
        )


async def usual_queue(row: dict[str, Any]) -> int:
    """Where a stored conversation waits when no plugin says otherwise; remembered for some seconds."""
    place = (row["client"], row["market"], row["account"])
    known = _usual.get(place)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    found = await queues.usual_queue(Scope(row["client"], row["market"]), row["account"])
    # Once committed only: a queue made in this transaction may yet be undone.
    db.on_commit(lambda: _usual.update({place: (time.monotonic() + _USUAL_SECONDS, found)}))
    return found


async def _somebody_is_ready() -> bool:
    """Remembered for a second: whoever becomes ready is offered what waits anyway."""
    until, known = _ready.get("", (0.0, False))
    if until > time.monotonic():
        return known
    found = bool(
        await db.fetch("SELECT 1 AS yes FROM pd_person WHERE presence = 'ready' AND active = {} LIMIT 1", True)
    )
    _ready[""] = (time.monotonic() + _READY_SECONDS, found)
    return found


_usual: dict[tuple[int, int | None, int | None], tuple[float, int]] = {}
_ready: dict[str, tuple[float, bool]] = {}
_USUAL_SECONDS, _READY_SECONDS = 10.0, 1.0


def _forget(_signal: live.Signal) -> None:
    _usual.clear()
    _ready.clear()


for _topic in ("queues", "accounts", "presence", "staff", "resync"):
    live.on(_topic, _forget)


async def _place(job: jobs.Job) -> None:
    rows = await db.fetch("SELECT * FROM pd_conversation WHERE id = {}", job.args["conversation"])
    if not rows or rows[0]["queue"] is not None or rows[0]["assignee"] is not None:
        return
    row = rows[0]
    scope = Scope(row["client"], row["market"])
    answer = await plugins.decide(
        scope,
        hooks.polydesk_choose_queue,
        conversation=service.from_row(row),
        contact=await identify.load(row["contact"]),
    )
    async with db.transaction():
        chosen, reason = await usual_queue(row), None
        if answer is not None and answer.value is not None:
            ours = await db.fetch(
                "SELECT id FROM pd_queue WHERE id = {} AND client = {}", answer.value.queue, row["client"]
            )
            if ours:
                chosen, reason = answer.value.queue, answer.value.reason
        await enter(row, chosen, reason)
        await job.complete()


JOBS = (JobKind(name="queues.place", handler=_place),)
