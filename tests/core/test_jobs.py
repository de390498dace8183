"""Work that was asked for is done: once for the database, at least once for the world, whatever is killed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from polydesk import db, jobs
from polydesk.errors import TryLater
from polydesk.jobs import rows
from polydesk.jobs.carrier import Carrier, connect, queue_name
from polydesk.jobs.executor import Executor, pause
from polydesk.testing.fixtures import KEY, TestDesk

from .test_migrations import environment

WORKER = Path(__file__).with_name("jobs_worker.py")


@pytest.fixture
def ran(desk: TestDesk) -> list[Any]:
    """What the handler of the job "note" was given, in order."""
    noted: list[Any] = []

    async def note(job: jobs.Job) -> None:
        noted.append(job.args["text"])

    jobs.register(jobs.JobKind(name="note", handler=note))
    return noted


def handles(name: str, handler: Any, **more: Any) -> None:
    jobs.register(jobs.JobKind(name=name, handler=handler, **more))


async def state_of(name: str) -> dict[str, Any]:
    return (await db.fetch("SELECT * FROM pd_job WHERE name = {}", name))[0]


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(jobs.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def becomes(condition: Any, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_work_exists_exactly_when_its_cause_does(desk: TestDesk, ran: list[Any]) -> None:
    async with db.transaction():
        await jobs.enqueue("note", {"text": "committed"})
    with pytest.raises(KeyError):
        async with db.transaction():
            await jobs.enqueue("note", {"text": "undone"})
            raise KeyError
    await desk.work()
    assert ran == ["committed"]


async def test_a_key_is_taken_until_its_job_is_finished(desk: TestDesk, ran: list[Any]) -> None:
    for text in ("first", "second"):
        await jobs.enqueue("note", {"text": text}, key="the same")
    await desk.work()
    await jobs.enqueue("note", {"text": "third"}, key="the same")
    await desk.work()
    assert ran == ["first", "third"]


async def test_later_work_waits_and_urgent_work_goes_first(desk: TestDesk, ran: list[Any]) -> None:
    await jobs.enqueue("note", {"text": "in an hour"}, after=3600)
    await jobs.enqueue("note", {"text": "now"})
    await jobs.enqueue("note", {"text": "urgent"}, after=-60)
    await desk.work()
    assert ran == ["urgent", "now"]
    await desk.work(ahead=4000)
    assert ran == ["urgent", "now", "in an hour"]


async def test_what_fails_is_tried_again_and_then_lies_dead_with_its_reason(desk: TestDesk) -> None:
    attempts: list[int] = []
    buried: list[str] = []

    async def fail(job: jobs.Job) -> None:
        attempts.append(job.attempt)
        raise RuntimeError("the moon is full")

    async def on_dead(job: jobs.Job, reason: str) -> None:
        buried.append(f"{job.args['who']}: {reason}")

    handles("fail", fail, max_attempts=3, on_dead=on_dead)
    await jobs.enqueue("fail", {"who": "wolf"})
    await desk.work()
    assert [job.reason for job in await jobs.listing("failing")] == ["the moon is full"]
    await desk.work(ahead=1e6)
    assert attempts == [1, 2, 3]
    assert buried == ["wolf: the moon is full"]
    (dead,) = await jobs.listing("dead")
    assert (dead.name, dead.reason, dead.attempts) == ("fail", "the moon is full", 3)

    async def succeed(job: jobs.Job) -> None:
        attempts.append(job.attempt)

    handles("fail", succeed)
    assert await jobs.retry(dead.id)
    assert not await jobs.retry(dead.id + 999)
    await desk.work()
    assert attempts[-1] == 1
    assert (await jobs.counts())["dead"] == 0


async def test_a_service_that_says_when_is_not_asked_before(desk: TestDesk) -> None:
    async def busy(job: jobs.Job) -> None:
        raise TryLater("come back in an hour", after=3600)

    handles("busy", busy)
    await jobs.enqueue("busy")
    await desk.work()
    row = await state_of("busy")
    assert (row["run_at"] - row["created_at"]).total_seconds() > 3500


def test_pauses_grow_to_an_hour() -> None:
    assert 4 < pause(1) < 6
    assert 13 < pause(2) < 17
    assert 3200 < pause(20) < 4000


async def test_again_is_no_failure(desk: TestDesk) -> None:
    seen: list[int] = []

    async def poll(job: jobs.Job) -> None:
        seen.append(job.attempt)
        if len(seen) < 20:
            raise jobs.Again(after=1)

    handles("poll", poll)
    await jobs.enqueue("poll")
    await desk.work(ahead=60)
    assert seen == [1] * 20


async def test_work_for_a_missing_plugin_waits_for_it(desk: TestDesk, ran: list[Any]) -> None:
    jobs.forget("note")
    await jobs.enqueue("note", {"text": "patience"})
    await desk.work()
    assert [job.name for job in await jobs.listing("waiting")] == ["note"]
    noted: list[str] = []

    async def note(job: jobs.Job) -> None:
        noted.append(job.args["text"])

    handles("note", note)
    async with running():
        await becomes(lambda: _value(noted))
    assert noted == ["patience"]


async def _value(value: Any) -> Any:
    return value


async def test_only_the_latest_holder_can_finish_a_job(desk: TestDesk) -> None:
    await db.fetch("DELETE FROM pd_job")
    await jobs.enqueue("slow")
    (first,) = await rows.claim(10, 30.0)
    (started,) = await rows.start([first], 0.0)
    assert await rows.take_over_lapsed() == 1
    (second,) = await rows.claim(10, 30.0)
    assert second == (first[0], first[1] + 1)
    assert await rows.start([first], 30.0) == []
    (theirs,) = await rows.start([second], 30.0)
    ours = jobs.Job(started)
    with pytest.raises(jobs.Stale):
        async with db.transaction():
            await db.fetch("UPDATE pd_job SET error = 'effect' WHERE id = {}", ours.id)
            await ours.complete()
    assert (await state_of("slow"))["error"] == ""
    await jobs.Job(theirs).complete()
    assert (await state_of("slow"))["state"] == "done"


async def test_a_handler_that_completes_in_its_transaction_undoes_both_or_neither(desk: TestDesk) -> None:
    tries: list[int] = []

    async def work(job: jobs.Job) -> None:
        tries.append(job.attempt)
        async with db.transaction():
            await db.fetch("UPDATE pd_job SET error = {} WHERE id = {}", f"by attempt {job.attempt}", job.id)
            await job.complete()
            if job.attempt == 1:
                raise RuntimeError("the power went")

    handles("work", work)
    await jobs.enqueue("work")
    await desk.work(ahead=60)
    row = await state_of("work")
    assert (tries, row["state"], row["error"]) == ([1, 2], "done", "by attempt 2")


async def test_schedules_come_round_again_and_survive_failures(desk: TestDesk) -> None:
    rang: list[int] = []

    async def ring(job: jobs.Job) -> None:
        rang.append(job.attempt)
        if len(rang) == 1:
            raise RuntimeError("cracked")

    handles("ring", ring, max_attempts=1)
    jobs.schedule(jobs.Schedule(name="bells", job="ring", every=0.05))
    await jobs.plant_schedules()
    await jobs.plant_schedules()
    try:
        async with running():
            await becomes(lambda: _value(len(rang) >= 4))
    finally:
        jobs.forget("bells")
    assert len(await db.fetch("SELECT id FROM pd_job WHERE name = 'ring'")) == 1
    assert (await jobs.counts())["dead"] == 0


async def test_a_running_desk_does_new_work_at_once_and_tells_how_far_it_is(desk: TestDesk) -> None:
    go = asyncio.Event()

    async def long(job: jobs.Job) -> None:
        await job.progress(3, 7)
        await go.wait()

    handles("long", long)
    async with running():
        await jobs.enqueue("long", client=5)

        async def shown() -> bool:
            return any(job.progress_done == 3 and job.progress_total == 7 for job in await jobs.listing("running"))

        await becomes(shown)
        assert (await jobs.counts(client=5))["running"] == 1
        assert (await jobs.counts(client=6))["running"] == 0
        go.set()
        await becomes(lambda: _done("long"))


async def _done(name: str) -> bool:
    return bool((await state_of(name))["state"] == "done")


async def test_stopping_puts_unfinished_work_back_without_counting_it(desk: TestDesk) -> None:
    begun = asyncio.Event()

    async def endless(job: jobs.Job) -> None:
        begun.set()
        await asyncio.Event().wait()

    handles("endless", endless)
    await jobs.enqueue("endless")
    async with running():
        await begun.wait()
    row = await state_of("endless")
    assert (row["state"], row["attempts"]) == ("queued", 0)


async def test_a_hundred_jobs_at_once_run_side_by_side_and_once_each(desk: TestDesk, ran: list[Any]) -> None:
    async with running():
        async with db.transaction():
            for number in range(100):
                await jobs.enqueue("note", {"text": number})
        await becomes(lambda: _value(len(ran) >= 100))
    assert sorted(ran) == list(range(100))


async def test_a_flushed_redis_loses_nothing(desk: TestDesk, ran: list[Any]) -> None:
    if not desk.settings.redis_url:
        pytest.skip("needs POLYDESK_TEST_REDIS")
    for number in range(20):
        await jobs.enqueue("note", {"text": number})
    await db.fetch("DELETE FROM pd_job WHERE every > 0")
    # On their way, and then the messenger forgets them.
    assert len(await rows.claim(20, 0.2)) == 20
    redis.Redis.from_url(desk.settings.redis_url).flushdb()
    async with running():
        await becomes(lambda: _value(len(ran) >= 20))
    assert sorted(ran) == list(range(20))


async def test_killed_processes_lose_nothing_and_do_nothing_twice(desk: TestDesk) -> None:
    chance = random.Random(7)
    await db.fetch("CREATE TABLE pd_test_effect (job BIGINT NOT NULL)")
    env = environment(desk.settings) | {"POLYDESK_LEASE": "1.5", "POLYDESK_REDIS_URL": desk.settings.redis_url}
    try:
        async with db.transaction():
            for number in range(150):
                await jobs.enqueue("test.effect", {"number": number})
        kills = 0

        async def finished() -> bool:
            return not await db.fetch("SELECT id FROM pd_job WHERE name = 'test.effect' AND state <> 'done' LIMIT 1")

        while not await finished():
            process = await asyncio.create_subprocess_exec(sys.executable, str(WORKER), env=env, stderr=-1)
            try:
                async with asyncio.timeout(0.7 + chance.random() if kills < 4 else 60):
                    while not await finished():
                        assert process.returncode is None, (await process.stderr.read()).decode()  # type: ignore[union-attr]
                        await asyncio.sleep(0.02)
            except TimeoutError:
                kills += 1
            os.kill(process.pid, signal.SIGKILL)
            await process.communicate()
        assert kills >= 2
        assert len(await db.fetch("SELECT job FROM pd_test_effect")) == 150
        assert len(await db.fetch("SELECT DISTINCT job FROM pd_test_effect")) == 150
    finally:
        await db.fetch("DROP TABLE pd_test_effect")


async def test_what_killed_workers_had_fetched_does_not_clog_the_way(desk: TestDesk, ran: list[Any]) -> None:
    if not desk.settings.redis_url:
        pytest.skip("needs POLYDESK_TEST_REDIS")
    carrier = Carrier(await connect(desk.settings.redis_url, queue_name(KEY + await rows.installation())))
    long_ago = (time.time() - 3600) * 1000
    for number in range(50):
        await carrier.pool.zadd(carrier.pool.default_queue_name, {f"left behind {number}": long_ago})
    await jobs.enqueue("note", {"text": "through"})
    async with running():
        await becomes(lambda: _value(ran))
    assert ran == ["through"]
    await carrier.pool.aclose()


async def test_a_batch_that_is_delivered_twice_runs_once(desk: TestDesk, ran: list[Any]) -> None:
    await jobs.enqueue("note", {"text": "once"}, after=-60)
    handles = await rows.claim(1, 30.0)
    executor = Executor(2, 30.0)
    await asyncio.gather(executor.deliver(handles), executor.deliver(handles))
    await executor.stop(5.0)
    assert ran == ["once"]
