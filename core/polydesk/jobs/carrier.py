"""arq, kept thin: it carries `(id, token)` pairs from the relay of any process to a worker with room."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import msgspec
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Worker, func
from redis.exceptions import RedisError

from polydesk.jobs.executor import Executor
from polydesk.jobs.rows import Handle

if TYPE_CHECKING:
    from arq.typing import WorkerCoroutine

log = logging.getLogger(__name__)
POLL = 0.04
BATCHES = 2
FORGOTTEN = 60.0


def queue_name(installation: str) -> str:
    """Installations may share a Redis: each has a queue of its own."""
    return f"polydesk:{hashlib.sha256(installation.encode()).hexdigest()[:12]}:jobs"


async def connect(url: str, queue: str) -> ArqRedis:
    """Redis, or a stand-in within this process: it holds nothing that the table does not."""
    if url:
        pool = await create_pool(RedisSettings.from_dsn(url), default_queue_name=queue)
    else:
        from fakeredis import FakeServer
        from fakeredis.aioredis import FakeAsyncRedisConnection
        from redis.asyncio import ConnectionPool

        pool = ArqRedis(
            ConnectionPool(connection_class=FakeAsyncRedisConnection, server=FakeServer(), db=0, encoding="utf8"),
            default_queue_name=queue,
        )
    # Set before the first job: arq's own default is pickle, which must never be read from a shared Redis.
    pool.job_serializer = msgspec.json.encode
    pool.job_deserializer = msgspec.json.decode
    return pool


class Carrier:
    """`sent` is set when this process handed something over, so that its own worker need not wait for its next look."""

    def __init__(self, pool: ArqRedis) -> None:
        self.pool = pool
        self.sent = asyncio.Event()

    async def send(self, handles: Sequence[Handle]) -> None:
        """Put one batch on the way."""
        await self.pool.enqueue_job("deliver", handles, _job_id=uuid.uuid4().hex)
        self.sent.set()

    async def waiting(self) -> int:
        """How many batches are on their way; what a killed worker left behind stops counting after a while."""
        since = (time.time() - FORGOTTEN) * 1000
        return int(await self.pool.zcount(self.pool.default_queue_name, since, "+inf"))


class OutboxWorker(Worker):
    """arq's worker with our loop: it outlives a Redis that goes away, and sleeps until there is something to fetch."""

    def __init__(self, carrier: Carrier, executor: Executor, embedded: bool) -> None:
        async def deliver(_: dict[Any, Any], handles: list[Handle]) -> None:
            await executor.deliver([(id, token) for id, token in handles])

        super().__init__(
            [func(cast("WorkerCoroutine", deliver), name="deliver", max_tries=1)],
            queue_name=carrier.pool.default_queue_name,
            redis_pool=carrier.pool,
            handle_signals=False,
            max_jobs=BATCHES,
            job_timeout=86400,
            keep_result=0,
            max_tries=1,
            log_results=False,
            job_serializer=msgspec.json.encode,
            job_deserializer=msgspec.json.decode,
        )
        # How long a killed worker's batches stay its own. Delivering one a second time does nothing.
        self.in_progress_timeout_s = FORGOTTEN
        self._carrier = carrier
        self._pause = 1.0 if embedded else POLL
        self._lost = False

    async def main(self) -> None:
        """Fetch and run until cancelled."""
        while True:
            self._carrier.sent.clear()
            try:
                await self._poll_iteration()
                self._lost = False
            except (RedisError, OSError) as error:
                if not self._lost:
                    log.warning("Redis cannot be reached, trying again every second: %s", error)
                self._lost = True
                await asyncio.sleep(1.0)
                continue
            if self.tasks:
                await asyncio.wait([*self.tasks.values()], timeout=POLL, return_when=asyncio.FIRST_COMPLETED)
                continue
            try:
                async with asyncio.timeout(self._pause):
                    await self._carrier.sent.wait()
            except TimeoutError:
                continue
