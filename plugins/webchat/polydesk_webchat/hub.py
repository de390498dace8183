"""Who has a chat open in this process: each hears only what concerns them, and the desk hears who is there.

Core's `live.listen` would wake every visitor for every change of their client.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

from polydesk import live
from polydesk_webchat import visitors
from polydesk_webchat.visitors import Visitor

log = logging.getLogger("polydesk.webchat")
HEARTBEAT_SECONDS = 15.0
_GRACE_SECONDS = 8.0
_KEEP_SECONDS = 25.0
_MOST_PAGES = 12
CHANGE, TYPING = "webchat", "webchat.typing"


class _Line:
    """One open stream."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.topics: set[str] = set()
        self.ended = False

    def tell(self, topic: str) -> None:
        self.topics.add(topic)
        self.event.set()


class _Hub:
    def __init__(self) -> None:
        self.lines: dict[int, list[_Line]] = {}
        self.gone: dict[int, float] = {}
        self.keeper: asyncio.Task[None] | None = None

    def hear(self, signal: live.Signal) -> None:
        for line in self.lines.get(signal.id, ()):
            line.tell(signal.topic)

    def resync(self, _signal: live.Signal) -> None:
        for lines in self.lines.values():
            for line in lines:
                line.tell(CHANGE)

    def join(self, visitor: int, line: _Line, stopping: asyncio.Event) -> None:
        if self.keeper is None or self.keeper.done():
            self.keeper = asyncio.create_task(self._keep(stopping), name="webchat presence")
        lines = self.lines.setdefault(visitor, [])
        lines.append(line)
        # Nobody looks at more pages than this: the one opened first ends.
        for old in lines[:-_MOST_PAGES]:
            old.ended = True
            old.event.set()
        self.gone.pop(visitor, None)

    def leave(self, visitor: int, line: _Line) -> None:
        lines = self.lines.get(visitor, [])
        if line in lines:
            lines.remove(line)
        if not lines:
            self.lines.pop(visitor, None)
            # Whoever goes to another page of the site is back at once.
            self.gone[visitor] = time.monotonic() + _GRACE_SECONDS

    async def _keep(self, stopping: asyncio.Event) -> None:
        """Write down who is there, many at a time, for as long as anybody is."""
        kept = time.monotonic()
        while (self.lines or self.gone) and not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2.0):
                    await stopping.wait()
            if stopping.is_set():
                break
            now = time.monotonic()
            left = [visitor for visitor, when in self.gone.items() if when <= now]
            try:
                if left:
                    for visitor in left:
                        self.gone.pop(visitor)
                    await visitors.left(left)
                if self.lines and now - kept >= _KEEP_SECONDS:
                    kept = now
                    await visitors.still_here(list(self.lines))
            except Exception:
                log.exception("who is in the chats could not be written down")
        # A desk that stops says nothing of its visitors: they come back as soon as it does.
        for lines in self.lines.values():
            for line in lines:
                line.event.set()
        self.gone.clear()


_hub = _Hub()
live.on(CHANGE, _hub.hear)
live.on(TYPING, _hub.hear)
live.on("resync", _hub.resync)


async def stream(visitor: Visitor, stopping: asyncio.Event) -> AsyncIterator[bytes]:
    """Server-sent events: that something changed, that an agent is typing, and a sign of life now and then."""
    line = _Line()
    _hub.join(visitor.id, line, stopping)
    try:
        await visitors.arrived(visitor)
        yield b"retry: 2000\nevent: hello\ndata: {}\n\n"
        while not stopping.is_set() and not line.ended:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await line.event.wait()
            except TimeoutError:
                yield b": still here\n\n"
                continue
            topics, line.topics = line.topics, set()
            line.event.clear()
            for topic in sorted(topics):
                yield b"event: typing\ndata: {}\n\n" if topic == TYPING else b"event: change\ndata: {}\n\n"
    finally:
        _hub.leave(visitor.id, line)
