"""HTTP/1.1 at next to no cost: hundreds of make-believe calls share one process with whatever is tested."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import msgspec

_IDLE_SECONDS = 3.0
"""For how long an unused line is trusted: servers hang up after five."""


class Request(msgspec.Struct):
    """What was asked; header names are lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Response(msgspec.Struct):
    """What is answered. With `broken`, fewer bytes come than were promised and the line is dropped."""

    status: int = 200
    headers: dict[str, str] = {}
    body: bytes = b""
    broken: bool = False


Answers = Callable[[Request], Awaitable[Response]]
Upgrades = Callable[[Request, asyncio.Transport], asyncio.Protocol]


class Server:
    """Answers on a port of this machine until it is closed. `upgrades` takes over lines that become something else."""

    def __init__(self, answers: Answers, upgrades: Upgrades | None = None) -> None:
        self._answers, self._upgrades = answers, upgrades
        self._lines: set[_ServerLine] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    async def open(self, port: int = 0) -> Server:
        """Listen; on any free port unless told which."""
        taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        self.port = taken.getsockname()[1]
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _ServerLine(self._answers, self._lines, self._upgrades), sock=taken
        )
        return self

    async def close(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for line in list(self._lines):
            line.drop()
        if self._server is not None:
            await self._server.wait_closed()
        # The loop closes what was dropped in its next rounds.
        await asyncio.sleep(0)
        await asyncio.sleep(0)


class _ServerLine(asyncio.Protocol):
    def __init__(self, answers: Answers, lines: set[_ServerLine], upgrades: Upgrades | None) -> None:
        self._answers, self._lines, self._upgrades = answers, lines, upgrades
        self._parser: Any = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._url, self._headers, self._body = b"", {}, b""  # type: tuple[bytes, dict[str, str], bytes]
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by name
        self._lines.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self._lines.discard(self)
        if self._task is not None:
            self._task.cancel()

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._upgrades is None:
                self.drop()
        except httptools.HttpParserError:
            self.drop()

    def on_message_begin(self) -> None:
        self._url, self._headers, self._body = b"", {}, b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        path, _mark, query = self._url.decode("latin-1").partition("?")
        request = Request(self._parser.get_method().decode(), path, query, self._headers, self._body)
        if self._upgrades is not None and self._transport is not None and self._parser.should_upgrade():
            self._lines.discard(self)
            self._transport.set_protocol(self._upgrades(request, self._transport))
            return
        self._task = asyncio.get_running_loop().create_task(self._answer(request))

    async def _answer(self, request: Request) -> None:
        answer = await self._answers(request)
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        length = len(answer.body) + (1000 if answer.broken else 0)
        lines = [f"HTTP/1.1 {answer.status} -", f"content-length: {length}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        transport.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + answer.body)
        if answer.broken:
            transport.close()


class Client:
    """Asks, and keeps lines open for the next question."""

    def __init__(self) -> None:
        self._free: dict[tuple[str, int], deque[tuple[float, _ClientLine]]] = defaultdict(deque)
        self._all: set[_ClientLine] = set()

    async def ask(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b"", seconds: float = 15.0
    ) -> Response:
        """One request. Raises `OSError` when nobody answers, `TimeoutError` when nobody does in time."""
        parts = urlsplit(url)
        place = (parts.hostname or "", parts.port or 80)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = [f"{method} {path} HTTP/1.1", f"host: {parts.netloc}", f"content-length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in (headers or {}).items()]
        raw = "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n" + body
        async with asyncio.timeout(seconds):
            line = self._kept(place)
            if line is not None:
                with contextlib.suppress(_HungUp):
                    return await self._through(line, place, raw)
            return await self._through(await self._open(place), place, raw)

    async def _through(self, line: _ClientLine, place: tuple[str, int], raw: bytes) -> Response:
        try:
            answer = await line.ask(raw)
        except BaseException:
            line.close()
            raise
        if line.keeps:
            self._free[place].append((time.monotonic(), line))
        else:
            line.close()
        return answer

    def _kept(self, place: tuple[str, int]) -> _ClientLine | None:
        free = self._free[place]
        while free:
            since, line = free.pop()
            if not line.closed and time.monotonic() - since < _IDLE_SECONDS:
                return line
            line.close()
        return None

    async def _open(self, place: tuple[str, int]) -> _ClientLine:
        _transport, line = await asyncio.get_running_loop().create_connection(_ClientLine, *place)
        self._all.add(line)
        line.lost = self._all.discard
        return line

    async def close(self) -> None:
        """Let go of every line."""
        for line in list(self._all):
            line.close()
        self._free.clear()
        # The loop closes what was let go of in its next round.
        await asyncio.sleep(0)


class _HungUp(ConnectionError):
    """The other side had let go of a kept line before it saw the question."""


class _ClientLine(asyncio.Protocol):
    def __init__(self) -> None:
        self.lost: Callable[[_ClientLine], None] | None = None
        self.closed = self.keeps = False
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Response] | None = None
        self._parser: Any = None
        self._headers: dict[str, str] = {}
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by name

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self.lost is not None:
            self.lost(self)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error if isinstance(error, OSError) else _HungUp("the line was dropped"))

    async def ask(self, raw: bytes) -> Response:
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._parser, self._headers, self._body = httptools.HttpResponseParser(self), {}, b""
        self._transport.write(raw)
        return await self._waiting

    def close(self) -> None:
        self.closed = True
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_exception(ConnectionError(str(error)))
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self.keeps = bool(self._parser.should_keep_alive())
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(Response(self._parser.get_status_code(), self._headers, self._body))
