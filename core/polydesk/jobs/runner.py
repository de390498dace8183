"""Run the machinery of jobs in this process: relay, carrier, executor."""

from __future__ import annotations

import asyncio
import contextlib

from polydesk import settings as configuration
from polydesk.jobs import kinds, rows
from polydesk.jobs.carrier import Carrier, OutboxWorker, connect, queue_name
from polydesk.jobs.executor import Executor, execute
from polydesk.jobs.relay import Relay

PATIENCE = 1.5


async def run(stop: asyncio.Event, *, execute: bool = True) -> None:
    """Hand out jobs and, with `execute`, run them, until `stop` is set.

    A web process beside workers runs it without `execute`: what it committed is on its way at once.
    """
    settings = configuration.current()
    if settings.embedded:
        await rows.release_all()
    await rows.recall(kinds.known(), kinds.is_off)
    pool = await connect(settings.redis_url, queue_name(configuration.keys(settings)[0] + await rows.installation()))
    carrier = Carrier(pool)
    executor = Executor(settings.concurrency, settings.lease) if execute else None
    relay = Relay(carrier, settings.lease, settings.concurrency, executor if settings.embedded else None)
    parts = [asyncio.create_task(relay.run(), name="jobs: relay")]
    if executor is not None:
        worker = OutboxWorker(carrier, executor, settings.embedded)
        parts.append(asyncio.create_task(worker.main(), name="jobs: arq"))
        parts.append(asyncio.create_task(executor.heartbeat(), name="jobs: heartbeat"))
    stopped = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([*parts, stopped], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopped}:
            # None of the parts ends by itself, so this raises what went wrong.
            task.result()
    finally:
        stopped.cancel()
        for task in parts[:2]:
            task.cancel()
        await asyncio.gather(*parts[:2], return_exceptions=True)
        if executor is not None:
            deliveries = list(worker.tasks.values())
            for task in deliveries:
                task.cancel()
            await asyncio.gather(*deliveries, return_exceptions=True)
            await executor.stop(PATIENCE)
        for task in parts[2:]:
            task.cancel()
        with contextlib.suppress(Exception):
            await pool.aclose()


async def run_due(*, ahead: float = 0.0, limit: int = 10_000) -> int:
    """Run what is due, and what that brings about, one after the other in this task; answers how many ran.

    For tests and for commands that end. Jobs due within the next `ahead` seconds run now, retries included.
    """
    lease = configuration.current().lease
    await rows.recall(kinds.known(), kinds.is_off)
    ran = 0
    while ran < limit:
        handles = await rows.claim(16, lease, ahead)
        if not handles:
            break
        for row in await rows.start(handles, lease):
            await execute(row)
            ran += 1
    return ran
