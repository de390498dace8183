"""The processes of one desk, killed at random and started again."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from typing import IO

import redis
from bench.places import REDIS, Place


class Victims:
    """`polydesk serve` alone on SQLite; a web and a worker process on Postgres with Redis."""

    def __init__(self, place: Place, log: IO[bytes], dice: random.Random) -> None:
        self.place, self.log, self.dice = place, log, dice
        embedded = place.kind == "sqlite"
        self.commands = [("serve",)] if embedded else [("serve", "--no-jobs"), ("worker",)]
        self.processes: list[subprocess.Popen[bytes]] = []
        self.kills = self.flushes = 0

    def start(self) -> None:
        """Start them all."""
        self.processes = [self._start(command) for command in self.commands]

    async def torment(self, stop: asyncio.Event) -> None:
        """Until `stop`: kill -9 one of them every few seconds, and flush Redis now and then.

        What is not up yet is let come up: on a busy machine nothing would ever be under way otherwise.
        """
        while not stop.is_set():
            await self._up()
            try:
                await asyncio.wait_for(stop.wait(), self.dice.uniform(1.0, 4.0))
            except TimeoutError:
                self._kill_one()

    async def _up(self) -> None:
        for _try in range(300):
            try:
                _reader, writer = await asyncio.open_connection(
                    "127.0.0.1", int(self.place.environment["POLYDESK_PORT"])
                )
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return

    def end(self) -> list[int]:
        """Stop them as an admin would; their exit codes."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        return [process.wait(30) for process in self.processes]

    def _kill_one(self) -> None:
        chosen = self.dice.randrange(len(self.processes))
        self.processes[chosen].kill()
        self.processes[chosen].wait()
        self.kills += 1
        if self.place.kind == "postgres" and self.dice.random() < 0.4:
            redis.Redis.from_url(REDIS).flushdb()
            self.flushes += 1
        self.processes[chosen] = self._start(self.commands[chosen])

    def _start(self, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "polydesk", *command],
            env={**os.environ, **self.place.environment},
            stdout=self.log,
            stderr=self.log,
        )
