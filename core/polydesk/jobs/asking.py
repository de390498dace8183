"""Ask for work: an insert in the caller's transaction, so the work exists exactly when its cause does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from polydesk import db
from polydesk.jobs.kinds import schedules

_wakers: set[asyncio.Event] = set()


async def enqueue(
    name: str,
    args: dict[str, Any] | None = None,
    *,
    key: str | None = None,
    after: float = 0.0,
    client: int | None = None,
    market: int | None = None,
) -> None:
    """Run the job `name` later with `args` (JSON), `after` seconds from the commit; a negative `after` jumps the queue.

    While a job with the same `key` is unfinished, nothing is added. `client` and `market` say whose work it is: where
    its plugin is off, it waits.
    """
    now = datetime.now(UTC)
    await db.fetch(
        "INSERT INTO pd_job (name, args, state, run_at, token, attempts, uniq, every, client, market, error,"
        " progress_done, progress_total, created_at)"
        " VALUES ({}, {}, 'queued', {}, 0, 0, {}, 0, {}, {}, '', 0, 0, {})"
        " ON CONFLICT (uniq) DO NOTHING",
        name,
        msgspec.json.encode(args or {}).decode(),
        now + timedelta(seconds=after),
        key,
        client,
        market,
        now,
    )
    db.on_commit(wake)


def wake() -> None:
    """Tell the relays of this process that there is work."""
    for event in _wakers:
        event.set()


def wakes(event: asyncio.Event, on: bool = True) -> None:
    """Let `event` be set whenever this process committed new work."""
    (_wakers.add if on else _wakers.discard)(event)


async def plant_schedules() -> None:
    """Make a row for each schedule, or give the existing row its present interval."""
    now = datetime.now(UTC)
    async with db.transaction():
        for entry in schedules():
            await db.fetch(
                "INSERT INTO pd_job (name, args, state, run_at, token, attempts, uniq, every, error, progress_done,"
                " progress_total, created_at) VALUES ({}, {}, 'queued', {}, 0, 0, {}, {}, '', 0, 0, {})"
                " ON CONFLICT (uniq) DO UPDATE SET every = EXCLUDED.every, args = EXCLUDED.args, name = EXCLUDED.name",
                entry.job,
                msgspec.json.encode(entry.args).decode(),
                now,
                f"schedule:{entry.name}",
                entry.every,
                now,
            )
        db.on_commit(wake)
