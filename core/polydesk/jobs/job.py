"""A job as its handler sees it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from polydesk import db
from polydesk.jobs import rows

PLUGIN_IS_OFF = "its plugin is switched off here, or not available"
"""The reason of an `Again` that is over as soon as a plugin is switched on."""


class Again(Exception):
    """Raised by a handler to run once more `after` seconds from now; it does not count as a failure."""

    def __init__(self, after: float, reason: str = "") -> None:
        super().__init__(reason)
        self.after = after


class Stale(RuntimeError):
    """Another worker took this job over (its lease ran out): whatever this one did in a transaction is undone."""


class Job:
    """`attempt` begins at 1. `idempotency_key` stays the same on every attempt, for services that take one."""

    def __init__(self, row: rows.Started) -> None:
        self.id = row.id
        self.name = row.name
        self.args: dict[str, Any] = row.args
        self.attempt = row.attempts
        self.client = row.client
        self.market = row.market
        self.created_at = row.created_at
        self.row = row
        self.completed = False
        self._told = 0.0

    @property
    def idempotency_key(self) -> str:
        """The name of this job for the world outside."""
        return f"pd:{self.id}"

    async def complete(self) -> None:
        """Inside the handler's own `db.transaction()`: its effects and the end of the job are one."""
        if not await rows.finish(self.row):
            raise Stale(f"job {self.id} ({self.name}) belongs to another worker now")
        db.on_commit(self._note_completed)

    async def progress(self, done: int, total: int) -> None:
        """Tell how far a long job is; written at most twice a second."""
        now = time.monotonic()
        if now - self._told >= 0.5 or done >= total:
            self._told = now
            await rows.note_progress(self.row, done, total)

    @property
    def age(self) -> float:
        """Seconds since it was asked for."""
        return (datetime.now(UTC) - self.created_at).total_seconds()

    def _note_completed(self) -> None:
        self.completed = True
