"""Find due rows and hand them to the carrier. Any number of processes may do this at once."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from datetime import UTC, datetime

from redis.exceptions import RedisError

from polydesk import live
from polydesk.jobs import asking, kinds, rows
from polydesk.jobs.carrier import Carrier
from polydesk.jobs.executor import Executor
from polydesk.jobs.job import PLUGIN_IS_OFF

log = logging.getLogger(__name__)
LOOK = 1.0
HOUSEKEEPING = 60.0
BATCH = 16
CARRIED = 8
SHARES = 4
# A row that arrives alone goes at once; when many come, those of this long are claimed, and committed, together.
GAP = 0.012
POLL_WHEN_FULL = 0.05


class Relay:
    """With an executor of its own process and no Redis, it claims only what that has room for."""

    def __init__(self, carrier: Carrier, lease: float, concurrency: int, executor: Executor | None) -> None:
        self._carrier = carrier
        self._lease = lease
        self._concurrency = concurrency
        self._executor = executor
        self._wake = asyncio.Event()
        self._cleaned = 0.0
        self._looked = 0.0
        self._trouble = False
        self._switched = False

    def look_again(self, _signal: live.Signal) -> None:
        """A plugin was switched: what waited for it goes on at once."""
        self._switched = True
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        asking.wakes(self._wake)
        live.on("switched", self.look_again)
        try:
            while True:
                try:
                    await self._wait(await self._round())
                    self._trouble = False
                except (RedisError, OSError) as error:
                    await self._complain(error)
                except Exception as error:
                    # The database is away or full; the rows are safe in it, so there is only waiting.
                    await self._complain(error)
        finally:
            asking.wakes(self._wake, False)
            live.off("switched", self.look_again)

    async def _complain(self, error: Exception) -> None:
        if not self._trouble:
            log.warning("jobs cannot be handed out, trying again every second: %r", error)
        self._trouble = True
        await asyncio.sleep(LOOK)

    async def _round(self) -> float:
        """Hand out what is due; answers how long to wait for more."""
        self._wake.clear()
        if self._executor is not None:
            self._executor.freed.clear()
        now = time.monotonic()
        if now - self._looked >= LOOK:
            self._looked = now
            await rows.take_over_lapsed()
        if self._switched:
            self._switched = False
            await rows.recall(kinds.known(), kinds.is_off)
            await rows.hurry(PLUGIN_IS_OFF)
        if now - self._cleaned >= HOUSEKEEPING:
            self._cleaned = now
            await rows.recall(kinds.known(), kinds.is_off)
            if await rows.sweep():
                self._cleaned = 0.0
        room = await self._room()
        # Not row by row as they get done: the next batch is fetched when there is room for all of it.
        if room < BATCH:
            return POLL_WHEN_FULL
        due = await rows.next_due()
        if due is None:
            return LOOK
        ahead = (due - datetime.now(UTC)).total_seconds()
        if ahead > 0:
            return min(LOOK, ahead)
        claimed = await rows.claim(room, self._lease)
        # Between processes few rows are shared out, so that several workers have some; a batch costs less per row.
        size = BATCH if self._executor is not None else min(BATCH, max(1, math.ceil(len(claimed) / SHARES)))
        for first in range(0, len(claimed), size):
            await self._send(claimed[first : first + size], claimed[first:])
        await asyncio.sleep(GAP)
        return 0.0

    async def _send(self, batch: list[rows.Handle], rest: list[rows.Handle]) -> None:
        if self._executor is not None:
            self._executor.expected += len(batch)
        try:
            await self._carrier.send(batch)
        except BaseException:
            if self._executor is not None:
                self._executor.expected -= len(batch)
            await rows.give_back(rest)
            raise

    async def _room(self) -> int:
        if self._executor is not None:
            return self._concurrency * 4 + BATCH - self._executor.held - self._executor.expected
        return BATCH * (CARRIED - await self._carrier.waiting())

    async def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            return
        waits = [asyncio.ensure_future(self._wake.wait())]
        if self._executor is not None and seconds == POLL_WHEN_FULL:
            waits.append(asyncio.ensure_future(self._executor.freed.wait()))
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
