"""The line events go out on: in order, late, twice or cut off, as a bad day has it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import msgspec
from websockets.exceptions import InvalidState
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol

from polydesk.testing.telephone.wire import Request


class Mischief(msgspec.Struct, kw_only=True):
    """What goes wrong on the line: `late` is the longest an event is held up, in seconds; the others are chances."""

    late: float = 0.0
    duplicates: float = 0.0
    drops: float = 0.0


class EventLine(asyncio.Protocol):
    """A program that listens. `gone` is told when it does so no more."""

    def __init__(
        self,
        request: Request,
        transport: asyncio.Transport,
        *,
        mischief: Mischief,
        chance: random.Random,
        gone: Callable[[EventLine], None],
    ) -> None:
        self._protocol, self._transport = ServerProtocol(), transport
        self._mischief, self._chance, self._gone = mischief, chance, gone
        self._queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._last = 0.0
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        self._protocol.receive_data(f"GET {request.path}?{request.query} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
        self.handshake = next(each for each in self._protocol.events_received() if isinstance(each, Handshake))
        self._sending: asyncio.Task[None] | None = None
        self.open = False

    def welcome(self) -> None:
        """Take the line."""
        self._protocol.send_response(self._protocol.accept(self.handshake))
        self._flush()
        self.open = True
        self._sending = asyncio.get_running_loop().create_task(self._send())

    def refuse(self, status: int, words: str) -> None:
        """Do not."""
        self._protocol.send_response(self._protocol.reject(status, words))
        self._flush()
        self._transport.close()

    def put(self, event: dict[str, Any]) -> None:
        """Send an event after those before it."""
        if self.open:
            # None overtakes another, but they do not wait in turn either: each has its own way to go.
            now = asyncio.get_running_loop().time()
            self._last = max(self._last, now + self._chance.random() * self._mischief.late)
            self._queue.put_nowait((self._last, msgspec.json.encode(event)))

    def cut(self) -> None:
        """As when a cable is pulled: nothing is said."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        self._protocol.events_received()
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self.open = False
        if self._sending is not None:
            self._sending.cancel()
        self._gone(self)

    async def _send(self) -> None:
        while True:
            due, event = await self._queue.get()
            if (wait := due - asyncio.get_running_loop().time()) > 0:
                await asyncio.sleep(wait)
            for _again in range(2 if self._chance.random() < self._mischief.duplicates else 1):
                try:
                    self._protocol.send_text(event)
                except InvalidState:
                    return
            self._flush()
            if self._chance.random() < self._mischief.drops:
                self.cut()
                return

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                self._transport.close()
