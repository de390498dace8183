"""The generic cell rate algorithm (ITU-T I.371), one conditional statement a bucket."""

from __future__ import annotations

import time

from polydesk import db, jobs
from polydesk.types import JobKind, Schedule


async def reserve(name: str, *, every: float, burst: int = 1) -> float:
    """Take one place in a bucket that gains one `every` seconds and holds `burst`: 0.0, or seconds until there is one.

    Nothing is taken when the answer is not 0.0: raise `TryLater(…, after=answer)` and ask again then.
    """
    now = time.time()
    rows = await db.fetch(
        "INSERT INTO pd_pace (name, due) VALUES ({}, {}) ON CONFLICT (name) DO UPDATE SET "
        "due = CASE WHEN pd_pace.due > {} THEN pd_pace.due ELSE {} END + {} "
        "WHERE pd_pace.due <= {} RETURNING due",
        name[:200],
        now + every,
        now,
        now,
        every,
        now + every * (burst - 1) + 1e-6,
    )
    if rows:
        return 0.0
    held = await db.fetch("SELECT due FROM pd_pace WHERE name = {}", name[:200])
    return max(0.01, float(held[0]["due"]) - every * (burst - 1) - now) if held else 0.01


async def hold(name: str, seconds: float, *, every: float = 0.0, burst: int = 1) -> None:
    """Let nothing through for a while, since the service said that it was too much; then its burst is used up.

    `every` and `burst` are those of the bucket.
    """
    until = time.time() + seconds + every * (burst - 1)
    await db.fetch(
        "INSERT INTO pd_pace (name, due) VALUES ({}, {}) ON CONFLICT (name) DO UPDATE SET "
        "due = CASE WHEN pd_pace.due > {} THEN pd_pace.due ELSE {} END",
        name[:200],
        until,
        until,
        until,
    )


async def _forget(_job: jobs.Job) -> None:
    """Buckets that are full again need no row."""
    await db.fetch("DELETE FROM pd_pace WHERE due < {}", time.time() - 3600.0)


JOBS = (JobKind(name="pacing.forget", handler=_forget),)
SCHEDULES = (Schedule(name="pacing.forget", job="pacing.forget", every=3600.0),)
