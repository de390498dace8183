"""Run jobs that were delivered to this process, a bounded number at a time, and settle each row whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Sequence

from polydesk import db
from polydesk.errors import TryLater
from polydesk.jobs import kinds, rows
from polydesk.jobs.job import Again, Job, Stale
from polydesk.types import JobKind

log = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0


class Executor:
    """`freed` is set whenever there is room again; `expected` are rows that this process sent to itself."""

    def __init__(self, concurrency: int, lease: float) -> None:
        self.lease = lease
        self.expected = 0
        self.freed = asyncio.Event()
        self._slots = asyncio.Semaphore(concurrency)
        self._held: dict[int, rows.Started] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def held(self) -> int:
        """How many rows are running here or about to."""
        return len(self._held)

    async def deliver(self, handles: Sequence[rows.Handle]) -> None:
        """Take rows over and return once the last of them is running: that is the back-pressure."""
        try:
            started = await rows.start(handles, self.lease)
        finally:
            self.expected = max(0, self.expected - len(handles))
        self._held.update({row.id: row for row in started})
        for row in started:
            await self._slots.acquire()
            task = asyncio.create_task(self._hold(row))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def heartbeat(self) -> None:
        """Keep the leases of everything held here; runs until cancelled."""
        while True:
            await asyncio.sleep(self.lease / 3)
            if self._held:
                try:
                    await rows.renew([(row.id, row.token) for row in self._held.values()], self.lease)
                except Exception:
                    # The leases may run out, and then others take over: that is what tokens are for.
                    log.warning("the leases of %d jobs could not be renewed", len(self._held), exc_info=True)

    async def stop(self, patience: float) -> None:
        """Let running jobs end, for `patience` seconds; the rest is queued again for another process."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for row in list(self._held.values()):
            await rows.put_back(row, 0.0, None, counts=False)

    async def _hold(self, row: rows.Started) -> None:
        try:
            await execute(row)
        finally:
            if self._held.get(row.id) is row:
                del self._held[row.id]
            self._slots.release()
            self.freed.set()


async def execute(row: rows.Started) -> None:
    """Run one row's handler and write down how it ended."""
    kind = kinds.find(row.name)
    try:
        if kind is None or kinds.is_off(row.name, row.client, row.market):
            await rows.set_aside(row)
        elif row.attempts > kind.max_attempts and not row.every:
            await _bury(kind, Job(row), "The process running this job was stopped every time it was tried.")
        else:
            await _attempt(kind, Job(row))
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await asyncio.shield(rows.put_back(row, 0.0, None, counts=False))
        raise
    except Exception:
        # The database itself could not be written: the lease runs out, and the job is tried again.
        log.exception("job %d (%s) could not be settled", row.id, row.name)


async def _attempt(kind: JobKind, job: Job) -> None:
    row = job.row
    try:
        await kind.handler(job)
        if not job.completed:
            await job.complete()
    except Stale:
        log.info("job %d (%s) was taken over by another worker", job.id, job.name)
    except Again as again:
        await rows.put_back(row, again.after, str(again) or None, counts=False)
    except Exception as error:
        if job.completed:
            log.exception("job %d (%s) failed after it was complete", job.id, job.name)
            return
        reason = str(error) or type(error).__name__
        log.warning("job %d (%s), attempt %d failed: %s", job.id, job.name, job.attempt, reason, exc_info=True)
        if row.attempts >= kind.max_attempts:
            if row.every:
                await rows.put_back(row, row.every, reason, counts=True)
            else:
                await _bury(kind, job, reason)
            return
        least = error.after if isinstance(error, TryLater) else 0.0
        await rows.put_back(row, max(least, pause(row.attempts)), reason, counts=True)


async def _bury(kind: JobKind, job: Job, reason: str) -> None:
    async with db.transaction():
        if await rows.bury(job.row, reason) and kind.on_dead is not None:
            await kind.on_dead(job, reason)


def pause(attempts: int) -> float:
    """How long to wait after that many failures: 5 s, 15 s, 45 s … an hour, a little uneven so that retries spread."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 3.0 ** (attempts - 1)) * random.uniform(0.9, 1.1)  # noqa: S311 spreading only
