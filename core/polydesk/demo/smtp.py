"""Takes mail by real SMTP, from anybody on this machine, and refuses none: who uses it says where mail is kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

LARGEST = 64 * 1024 * 1024


async def open_server(port: int, keep: Callable[[bytes], Awaitable[None]]) -> asyncio.Server:
    """Listen on this port (0: a free one) of this machine alone; a mail is acknowledged after `keep` has it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await _talk(reader, writer, keep)
        finally:
            writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", port, limit=LARGEST)


async def _talk(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keep: Callable[[bytes], Awaitable[None]]
) -> None:
    async def say(line: str) -> None:
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
