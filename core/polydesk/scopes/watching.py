"""Every process sees a switch at once: the signal "plugins", or a broken line, has it read them all anew.

Afterwards the process tells itself "switched": whoever remembers what is on listens for that, never for "plugins",
which comes before the switches are known.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from polydesk import db, live
from polydesk.scopes import switches

log = logging.getLogger("polydesk.switches")
_AGAIN = 1.0


class _Watch:
    def __init__(self) -> None:
        self.open = False
        self.due = False
        self.task: asyncio.Task[None] | None = None

    def note(self, _signal: live.Signal) -> None:
        if self.open:
            self.start()

    def start(self) -> asyncio.Task[None]:
        self.due = True
        if self.task is None or self.task.done():
            # Signals pass where a transaction has just ended: the task must not take itself for a part of it.
            self.task = asyncio.get_running_loop().create_task(self.run(), context=contextvars.Context())
        return self.task

    async def run(self) -> None:
        while self.due:
            self.due = False
            try:
                await switches.reload()
            except Exception as error:
                log.warning("the switches could not be read, trying again: %s", error)
                self.due = True
                await asyncio.sleep(_AGAIN)
        live.here("switched")


_watch = _Watch()
for _topic in ("plugins", "scopes", "resync"):
    live.on(_topic, _watch.note)


async def look() -> None:
    """Return when this process sees every switch that was committed before; nothing inside a transaction."""
    if _watch.open and not db.in_transaction():
        await asyncio.shield(_watch.start())


@asynccontextmanager
async def watching(installed: frozenset[str]) -> AsyncIterator[None]:
    """Know the switches, and hear of changes, while this lasts. Signals must be carried by then."""
    await switches.reload(installed)
    _watch.open = True
    live.here("switched")
    try:
        yield
    finally:
        _watch.open = False
        if _watch.task is not None:
            _watch.task.cancel()
            await asyncio.gather(_watch.task, return_exceptions=True)
            _watch.task = None
