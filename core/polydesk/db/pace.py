"""Which statements are quick enough to run on the event loop's own thread.

Handing a statement to another thread and back costs more than most statements themselves, and with Python's global lock
each hand-over may wait for whoever computes just now. So a statement that has been seen to be quick runs in place; one
that has been slow, or was never seen, goes to its connection's thread.
"""

from __future__ import annotations

import asyncio

QUICK = 0.0006
_STRETCH = 0.003
_REMEMBERED = 2000


class Pace:
    """What was learned of one database's statements, by their text."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._stretch = 0.0

    def quick(self, sql: str) -> bool:
        """Has it been quick of late?"""
        return self._seconds.get(sql, 1.0) < QUICK

    def note(self, sql: str, seconds: float) -> None:
        """Learn: slow at once, quick again only after many quick runs."""
        if len(self._seconds) >= _REMEMBERED and sql not in self._seconds:
            self._seconds.clear()
        self._seconds[sql] = max(seconds, self._seconds.get(sql, 0.0) * 0.9)

    async def breathe(self, seconds: float) -> None:
        """After some milliseconds of statements in place, let other tasks have their turn."""
        self._stretch += seconds
        if self._stretch > _STRETCH:
            self._stretch = 0.0
            await asyncio.sleep(0)
