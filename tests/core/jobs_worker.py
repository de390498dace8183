"""A worker process with one slow kind of job, to be killed by test_jobs."""

import asyncio
import os

from polydesk import db, desk, jobs, serving, settings


async def effect(job: jobs.Job) -> None:
    await asyncio.sleep(0.05)
    async with db.transaction():
        await db.fetch("INSERT INTO pd_test_effect (job) VALUES ({})", job.id)
        await job.complete()


async def main() -> None:
    jobs.register(jobs.JobKind(name="test.effect", handler=effect, max_attempts=50))
    await serving.work(settings.load(os.environ), asyncio.Event())


assert desk
asyncio.run(main())
