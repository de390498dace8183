"""Small things that every screen shows and that hardly ever change, kept in memory until a signal says they did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from polydesk import db, live

T = TypeVar("T")


class Remembered(Generic[T]):
    """One value, read by `read` when it is not known. A signal of `topic`, or a broken line, forgets it everywhere.

    Inside a transaction it is always read: what is not committed must neither be hidden nor remembered.
    """

    def __init__(self, topic: str, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._value: T | None = None
        self._changes = 0
        live.on(topic, self._forget)
        live.on("resync", self._forget)

    async def get(self) -> T:
        """The value as it is now; treat it as read-only."""
        if db.in_transaction():
            return await self._read()
        if self._value is None:
            before = self._changes
            found = await self._read()
            if before != self._changes:
                return found
            self._value = found
        return self._value

    def _forget(self, _signal: live.Signal) -> None:
        self._value = None
        self._changes += 1
