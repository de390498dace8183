"""Takes the mail a demo desk sends, by real SMTP, and keeps it in the data directory: nobody is written to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from polydesk.demo import smtp
from polydesk.settings import Settings

log = logging.getLogger("polydesk.demo")


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

    async def keep(mail: bytes) -> None:
        await asyncio.to_thread((folder / f"{secrets.token_hex(8)}.eml").write_bytes, mail)

    server = await smtp.open_server(port, keep)
    try:
        yield server.port
    finally:
        server.close()
