"""A bad line between services and the desk: calls come twice, late, in disorder, or their answer is lost."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

HOOKS = b"/hooks/"


class Line:
    """Passes everything on to `desk`; `mischief` counts what it did to webhooks."""

    def __init__(self, port: int, desk: int, dice: random.Random) -> None:
        self.port, self.desk, self.dice = port, desk, dice
        self.twice = self.late = self.unanswered = 0
        self._late: set[asyncio.Task[object]] = set()
        self._serving: set[asyncio.Task[object]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Line]:
        """As long as the block lasts."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=2**20)
        try:
            yield self
        finally:
            server.close()
            # One that was just being taken in is there a moment later.
            await asyncio.sleep(0.1)
            while under_way := [*self._late, *self._serving]:
                for task in under_way:
                    task.cancel()
                await asyncio.gather(*under_way, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = asyncio.current_task()
        assert mine is not None
        self._serving.add(mine)
        try:
            # Cancelled when the line closes: the callback that runs this would complain of it.
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._pass(reader, writer)
        finally:
            self._serving.discard(mine)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request; every answer ends its connection, so that each call is a throw of the dice."""
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")), 0)
        body = await reader.readexactly(length)
        kept = [line for line in lines[1:] if line and not line.lower().startswith(b"connection:")]
        request = b"\r\n".join([lines[0], *kept, b"Connection: close", b"", b""]) + body
        if lines[0].split(b" ")[1].startswith(HOOKS):
            await self._mischief(request)
            if self.dice.random() < 0.1:
                # It reached the desk, but nobody hears so: the service will call again.
                self.unanswered += 1
                self._later(self._until_heard(request))
                return
            if not await self._ask(request, writer):
                self._later(self._until_heard(request))
            return
        await self._ask(request, writer)

    async def _until_heard(self, request: bytes) -> None:
        """A real service tries for days; a make-believe one would give up within a minute."""
        while not await self._ask(request, None):
            await asyncio.sleep(0.5)

    def _later(self, work: Coroutine[object, object, None]) -> None:
        task: asyncio.Task[object] = asyncio.create_task(work)
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _mischief(self, request: bytes) -> None:
        if self.dice.random() < 0.2:
            self.twice += 1
            self._later(self._again(request))
        if self.dice.random() < 0.2:
            self.late += 1
            await asyncio.sleep(self.dice.uniform(0.2, 2.0))

    async def _again(self, request: bytes) -> None:
        await asyncio.sleep(self.dice.uniform(0.0, 3.0))
        await self._ask(request, None)

    async def _ask(self, request: bytes, writer: asyncio.StreamWriter | None) -> bool:
        """Whether the desk answered at all."""
        heard = False
        with contextlib.suppress(ConnectionError, OSError):
            back, out = await asyncio.open_connection("127.0.0.1", self.desk)
            try:
                out.write(request)
                await out.drain()
                while part := await back.read(65536):
                    heard = True
                    if writer is not None:
                        writer.write(part)
                        await writer.drain()
            finally:
                out.close()
                with contextlib.suppress(ConnectionError):
                    await out.wait_closed()
        return heard
