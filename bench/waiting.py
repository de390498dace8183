"""How long things wait: a job from commit to start, a change until it shows on open screens."""

from __future__ import annotations

import asyncio
import time

from bench.http import percentile
from polydesk import db, jobs, live
from polydesk.types import JobKind

_JOBS = 200
_SCREENS = 100
_CHANGES = 50


async def job_start() -> float:
    """p95 in ms from the commit that asks for a job to its first line, one job every 10 ms."""
    began: dict[int, float] = {}
    asked: dict[int, float] = {}

    async def note(job: jobs.Job) -> None:
        began[job.args["number"]] = time.perf_counter()

    jobs.register(JobKind(name="bench.note", handler=note))
    stop = asyncio.Event()
    worker = asyncio.create_task(jobs.run(stop))
    await asyncio.sleep(0.5)
    for number in range(_JOBS):
        async with db.transaction():
            await jobs.enqueue("bench.note", {"number": number})
        asked[number] = time.perf_counter()
        await asyncio.sleep(0.01)
    while len(began) < _JOBS:  # noqa: ASYNC110 - a counter, not an event
        await asyncio.sleep(0.02)
    stop.set()
    await worker
    return percentile([max(0.0, (began[number] - asked[number]) * 1000) for number in asked], 0.95)


async def change_shown() -> float:
    """p95 in ms from a signal to each of 100 listening screens, the SSE generator included."""
    stop = asyncio.Event()
    took: list[float] = []
    sent: dict[int, float] = {}

    async def screen() -> None:
        async for signal in live.listen(None, stop):
            if signal is not None and signal.topic == "bench":
                took.append((time.perf_counter() - sent[signal.id]) * 1000)

    screens = [asyncio.create_task(screen()) for _ in range(_SCREENS)]
    await asyncio.sleep(0.2)
    for number in range(_CHANGES):
        sent[number] = time.perf_counter()
        live.signal(0, "bench", number)
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.5)
    stop.set()
    await asyncio.gather(*screens)
    if len(took) < _SCREENS * _CHANGES:
        raise SystemExit(f"{_SCREENS * _CHANGES - len(took)} signals did not arrive")
    return percentile(took, 0.95)
