"""Start and stop make-believe people in the process that serves the demo desk."""

from __future__ import annotations

import asyncio
import logging
from typing import Literal

from polydesk import live
from polydesk import settings as configuration
from polydesk.demo.post_office import is_demo
from polydesk.simulate import world

log = logging.getLogger("polydesk.simulate")
_task: asyncio.Task[None] | None = None


def state() -> Literal["", "off", "on"]:
    """ "" where it is not offered: make-believe people write to a demo desk of one process only."""
    settings = configuration.current()
    if not settings.embedded or not is_demo(settings):
        return ""
    return "on" if _task is not None and not _task.done() else "off"


def start() -> None:
    """Bring the desk to life; again is once."""
    global _task  # noqa: PLW0603 one world per process
    if state() == "off":
        _task = asyncio.create_task(world.run(configuration.current()), name="simulation")
        _task.add_done_callback(_ended)
        live.signal(0, "health")


async def stop() -> None:
    """Everybody falls silent."""
    global _task  # noqa: PLW0603
    ending = _task
    if ending is None:
        return
    # Whoever stops it again meanwhile (a second press, the end of the desk) waits for the same end.
    if not ending.cancelling():
        ending.cancel()
    await asyncio.wait({ending})
    if _task is ending:
        _task = None
        live.signal(0, "health")


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the simulation ended: %s", error, exc_info=error)
