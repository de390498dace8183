"""Every statement that moves a job from one state to the next. A token that is not the latest changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from polydesk import db

Handle = tuple[int, int]
KEEP_DONE = timedelta(days=1)


class Started(msgspec.Struct, frozen=True):
    """A row that is ours to run."""

    id: int
    token: int
    name: str
    args: dict[str, Any]
    attempts: int
    every: float
    client: int | None
    market: int | None
    created_at: datetime


async def next_due() -> datetime | None:
    """When the next job is due; a plain read, so that looking costs no write."""
    found = await db.fetch("SELECT run_at FROM pd_job WHERE state = 'queued' ORDER BY run_at, id LIMIT 1")
    return db.moment(found[0]["run_at"]) if found else None


async def claim(limit: int, lease: float, ahead: float = 0.0) -> list[Handle]:
    """Take due jobs for delivery, oldest first; `ahead` adds what is due within so many seconds, schedules excepted."""
    now = datetime.now(UTC)
    due, times = "run_at <= {}", [now]
    if ahead:
        due, times = "(run_at <= {} OR (every = 0 AND run_at <= {}))", [now, now + timedelta(seconds=ahead)]
    skip = " FOR UPDATE SKIP LOCKED" if db.dialect() == "postgres" else ""
    claimed = await db.fetch(
        "UPDATE pd_job SET state = 'leased', token = token + 1, lease_until = {} WHERE id IN (SELECT id FROM pd_job"
        f" WHERE state = 'queued' AND {due} ORDER BY run_at, id LIMIT {{}}{skip}) RETURNING id, token, run_at",
        now + timedelta(seconds=lease),
        *times,
        limit,
    )
    claimed.sort(key=lambda row: (row["run_at"], row["id"]))
    return [(row["id"], row["token"]) for row in claimed]


async def start(handles: Sequence[Handle], lease: float) -> list[Started]:
    """Begin what was delivered and count the attempt; what came before, or is another's by now, is left out."""
    ours = " OR ".join(["(id = {} AND token = {})"] * len(handles))
    found = await db.fetch(
        "UPDATE pd_job SET state = 'running', attempts = attempts + 1, lease_until = {}"
        f" WHERE state = 'leased' AND ({ours})"
        " RETURNING id, token, name, args, attempts, every, client, market, created_at",
        _until(lease),
        *(value for handle in handles for value in handle),
    )
    started = {
        row["id"]: Started(
            row["id"],
            row["token"],
            row["name"],
            msgspec.json.decode(row["args"]),
            row["attempts"],
            row["every"],
            row["client"],
            row["market"],
            row["created_at"],
        )
        for row in found
    }
    return [started[id] for id, _ in handles if id in started]


async def renew(ids: Sequence[Handle], lease: float) -> None:
    """Say that these are still being worked on."""
    async with db.transaction():
        await db.run_many(
            "UPDATE pd_job SET lease_until = {} WHERE id = {} AND token = {} AND state = 'running'",
            [(_until(lease), id, token) for id, token in ids],
        )


async def finish(row: Started) -> bool:
    """Done; a schedule waits for its next time. False when the row belongs to someone else by now."""
    now = datetime.now(UTC)
    if row.every > 0:
        done = await db.fetch(
            "UPDATE pd_job SET state = 'queued', run_at = {}, attempts = 0, error = '', lease_until = NULL"
            " WHERE id = {} AND token = {} AND state = 'running' RETURNING id",
            now + timedelta(seconds=row.every),
            row.id,
            row.token,
        )
    else:
        done = await db.fetch(
            "UPDATE pd_job SET state = 'done', uniq = NULL, finished_at = {}, lease_until = NULL"
            " WHERE id = {} AND token = {} AND state = 'running' RETURNING id",
            now,
            row.id,
            row.token,
        )
    return bool(done)


async def put_back(row: Started, after: float, error: str | None, *, counts: bool) -> None:
    """Queue it again; without `counts` the attempt is forgotten."""
    await db.fetch(
        "UPDATE pd_job SET state = 'queued', run_at = {}, lease_until = NULL, attempts = attempts - {},"
        " error = CASE WHEN {} = 1 THEN {} ELSE error END WHERE id = {} AND token = {} AND state = 'running'",
        datetime.now(UTC) + timedelta(seconds=after),
        0 if counts else 1,
        0 if error is None else 1,
        db.clean(error or ""),
        row.id,
        row.token,
    )


async def bury(row: Started, reason: str) -> bool:
    """No more attempts; it stays, with the reason, until somebody retries it."""
    buried = await db.fetch(
        "UPDATE pd_job SET state = 'dead', uniq = NULL, error = {}, finished_at = {}, lease_until = NULL"
        " WHERE id = {} AND token = {} AND state = 'running' RETURNING id",
        db.clean(reason),
        datetime.now(UTC),
        row.id,
        row.token,
    )
    return bool(buried)


async def set_aside(row: Started) -> None:
    """Nobody here knows how to do this, or may do it for this client: it waits for its plugin."""
    await db.fetch(
        "UPDATE pd_job SET state = 'waiting', attempts = attempts - 1, lease_until = NULL WHERE id = {} AND token = {}",
        row.id,
        row.token,
    )


async def note_progress(row: Started, done: int, total: int) -> None:
    """How far a long job is."""
    await db.fetch(
        "UPDATE pd_job SET progress_done = {}, progress_total = {} WHERE id = {} AND token = {}",
        done,
        total,
        row.id,
        row.token,
    )


async def give_back(handles: Sequence[Handle]) -> None:
    """Claimed, but it could not be delivered."""
    async with db.transaction():
        await db.run_many(
            "UPDATE pd_job SET state = 'queued', lease_until = NULL WHERE id = {} AND token = {} AND state = 'leased'",
            list(handles),
        )


async def take_over_lapsed() -> int:
    """Queue again what a relay or a worker left behind."""
    now = datetime.now(UTC)
    lapsed = "state IN ('leased', 'running') AND lease_until < {}"
    if not await db.fetch(f"SELECT id FROM pd_job WHERE {lapsed} LIMIT 1", now):
        return 0
    taken = await db.fetch(f"UPDATE pd_job SET state = 'queued', lease_until = NULL WHERE {lapsed} RETURNING id", now)
    return len(taken)


async def installation() -> str:
    """What tells this database from every other one: when its first migration ran, to the microsecond."""
    found = await db.fetch("SELECT name, ran_on FROM migration ORDER BY id LIMIT 1")
    return f"{found[0]['name']} {found[0]['ran_on']}" if found else ""


async def release_all() -> None:
    """At start, when this is provably the only process: nobody is working on anything."""
    await db.fetch("UPDATE pd_job SET state = 'queued', lease_until = NULL WHERE state IN ('leased', 'running')")


async def recall(names: Sequence[str], off: Callable[[str, int | None, int | None], bool]) -> int:
    """Queue what was set aside and can be done now: it is known here, and its plugin is on for its client."""
    if not names:
        return 0
    aside = "state = 'waiting' AND name IN {}"
    recalled = 0
    for row in await db.fetch(f"SELECT DISTINCT name, client, market FROM pd_job WHERE {aside}", list(names)):
        if off(row["name"], row["client"], row["market"]):
            continue
        recalled += len(
            await db.fetch(
                "UPDATE pd_job SET state = 'queued' WHERE state = 'waiting' AND name = {} AND COALESCE(client, 0) = {}"
                " AND COALESCE(market, 0) = {} RETURNING id",
                row["name"],
                row["client"] or 0,
                row["market"] or 0,
            )
        )
    return recalled


async def hurry(reason: str) -> None:
    """What waits for this reason is due now."""
    now = datetime.now(UTC)
    await db.fetch(
        "UPDATE pd_job SET run_at = {} WHERE state = 'queued' AND run_at > {} AND error = {}", now, now, reason
    )


async def sweep(limit: int = 500) -> int:
    """Delete what was done long ago, but never the highest id: SQLite would give it out again."""
    gone = await db.fetch(
        "DELETE FROM pd_job WHERE id IN (SELECT id FROM pd_job WHERE state = 'done' AND finished_at < {}"
        " AND id < (SELECT max(id) FROM pd_job) LIMIT {}) RETURNING id",
        datetime.now(UTC) - KEEP_DONE,
        limit,
    )
    return len(gone)


def _until(lease: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=lease)
