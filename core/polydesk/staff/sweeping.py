"""Forget sessions and links whose time is over."""

from __future__ import annotations

from datetime import UTC, datetime

from polydesk import db, jobs
from polydesk.types import JobKind, Schedule


async def _sweep(_job: jobs.Job) -> None:
    for table in ("pd_session", "pd_link"):
        await db.fetch(f"DELETE FROM {table} WHERE expires_at < {{}}", datetime.now(UTC))


JOBS = (JobKind(name="staff.sweep", handler=_sweep),)
SCHEDULES = (Schedule(name="staff.sweep", job="staff.sweep", every=6 * 3600.0),)
