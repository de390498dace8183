"""A small HTTP/1.1 client over asyncio streams: at concurrency 8 a large one would measure itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """Status, header lines in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Line:
    """One kept-alive connection."""

    def __init__(self, url: str, cookie: str = "") -> None:
        parts = urlsplit(url)
        self.host, self.port, self.cookie = parts.hostname or "", parts.port or 80, cookie
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        """Send one request and read its answer whole."""
        if self._writer is None or self._writer.is_closing():
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        assert self._reader is not None
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nAccept: text/html\r\n"
        head += f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        head += f"Content-Type: {kind}\r\n" if kind else ""
        self._writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await self._writer.drain()
        raw = await self._reader.readuntil(b"\r\n\r\n")
        lines = raw.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if headers.get("transfer-encoding") == "chunked":
            content = b""
            while size := int((await self._reader.readline()).strip(), 16):
                content += await self._reader.readexactly(size)
                await self._reader.readline()
            await self._reader.readline()
        else:
            content = await self._reader.readexactly(int(headers.get("content-length") or 0))
        return Answer(int(lines[0].split()[1]), headers, content)

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()


async def hammer(
    lines: list[Line], seconds: float, one: Callable[[Line, int], Awaitable[None]]
) -> tuple[float, list[float]]:
    """Let every line do `one(line, number)` again and again; how many a second, and how long each took in ms."""
    took: list[float] = []
    number = 0
    end = time.perf_counter() + seconds

    async def work(line: Line) -> None:
        nonlocal number
        while time.perf_counter() < end:
            number += 1
            begun = time.perf_counter()
            await one(line, number)
            took.append((time.perf_counter() - begun) * 1000)

    begun = time.perf_counter()
    await asyncio.gather(*(work(line) for line in lines))
    return len(took) / (time.perf_counter() - begun), took


def percentile(values: list[float], share: float) -> float:
    """The value below which this share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")
