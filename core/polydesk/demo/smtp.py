"""Takes mail by real SMTP, from anybody on this machine, and refuses none: who uses it says where mail is kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

LARGEST = 64 * 1024 * 1024


class Server:
    """One that listens."""

    def __init__(self, keep: Callable[[bytes], Awaitable[None]]) -> None:
        self._keep = keep
        self._lines: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where; 0 while it is closed."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server is not None else 0

    async def open(self, port: int) -> None:
        """Listen on this port (0: a free one) of this machine alone."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=LARGEST)

    def close(self) -> None:
        """Listen no more, and cut off who is in the middle of something: what is not kept was not taken."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for line in list(self._lines):
            line.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await _talk(reader, writer, self._keep)
        finally:
            self._lines.discard(writer)
            writer.close()


async def open_server(port: int, keep: Callable[[bytes], Awaitable[None]]) -> Server:
    """Listening on this port; a mail is acknowledged after `keep` has it."""
    server = Server(keep)
    await server.open(port)
    return server


async def _talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keep: Callable[[bytes], Awaitable[None]]
) -> None:
    async def say(line: str) -> None:
        if writer.is_closing():
            raise ConnectionResetError
        writer.write(line.encode() + b"\r\n")
        await writer.drain()

    await say("220 demo.polydesk.example takes the mail of a demo desk")
    while line := (await reader.readline()).decode("utf-8", "replace"):
        verb = line.strip().upper()
        if verb.startswith("EHLO"):
            await say("250-demo.polydesk.example\r\n250-8BITMIME\r\n250 SMTPUTF8")
        elif verb == "DATA":
            await say("354 go ahead")
            data = bytearray()
            while (part := await reader.readline()) not in (b".\r\n", b""):
                data += part[1:] if part.startswith(b"..") else part
            if not part:
                return  # cut off in the middle: it was never handed over
            await keep(bytes(data))
            await say("250 kept")
        elif verb == "QUIT":
            await say("221 goodbye")
            return
        elif verb.startswith(("HELO", "MAIL", "RCPT", "RSET", "NOOP")):
            await say("250 ok")
        else:
            await say("502 not here")
