"""Takes the mail a demo desk sends, by real SMTP, and keeps it in the data directory: nobody is written to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from polydesk.settings import Settings

log = logging.getLogger("polydesk.demo")
_LARGEST = 64 * 1024 * 1024


def _memory(settings: Settings) -> Path:
    return settings.data_dir / "demo" / "port"


def is_demo(settings: Settings) -> bool:
    """Whether this desk was filled by `polydesk demo`."""
    return _memory(settings).exists()


def remember(settings: Settings, port: int) -> None:
    """Let `polydesk serve` open the post office on the same port from now on."""
    _memory(settings).write_text(str(port))


@asynccontextmanager
async def reopened(settings: Settings) -> AsyncIterator[None]:
    """Open it again if this desk is a demo; otherwise do nothing."""
    memory = _memory(settings)
    if not memory.exists():
        yield
        return
    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(opened(settings, int(memory.read_text())))
        except OSError as error:
            log.warning("the demo's post office is closed, replies will wait: %s", error)
        yield


@asynccontextmanager
async def opened(settings: Settings, port: int) -> AsyncIterator[int]:
    """Take mail on this port (0: a free one) of this machine alone."""
    folder = settings.data_dir / "demo" / "outbox"
    folder.mkdir(parents=True, exist_ok=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await _talk(reader, writer, folder)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=_LARGEST)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, folder: Path) -> None:
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
            await asyncio.to_thread((folder / f"{secrets.token_hex(8)}.eml").write_bytes, bytes(data))
            await say("250 kept")
        elif verb == "QUIT":
            await say("221 goodbye")
            return
        elif verb.startswith(("HELO", "MAIL", "RCPT", "RSET", "NOOP")):
            await say("250 ok")
        else:
            await say("502 not here")
