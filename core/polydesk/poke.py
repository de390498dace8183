"""Without Redis there is one process, and commands beside it: what a command changed, the process is told by a file."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from polydesk import live
from polydesk.settings import Settings

_EVERY = 0.5


def poke(settings: Settings) -> None:
    """Have a desk that is served from this data directory read anew what it remembers."""
    if settings.embedded:
        _file(settings).touch()


async def watch(settings: Settings) -> None:
    """Look until cancelled; only one process serves a data directory without Redis."""
    seen = _touched(settings)
    while True:
        await asyncio.sleep(_EVERY)
        if (now := _touched(settings)) != seen:
            seen = now
            live.here("resync")


def _touched(settings: Settings) -> int:
    with suppress(OSError):
        return _file(settings).stat().st_mtime_ns
    return 0


def _file(settings: Settings) -> Path:
    return settings.data_dir / "changed"
