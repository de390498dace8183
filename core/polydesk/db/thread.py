"""One SQLite connection on a thread of its own: a statement costs one hop there and one back."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import piccolo.engine.sqlite  # noqa: F401  registers the converters that make SQLite answer as Postgres does

# Piccolo's own goes through Decimal, ten times slower, for the sake of floats in integer columns.
sqlite3.register_converter("INTEGER", int)
sqlite3.register_converter("BIGINT", int)

Work = Callable[[sqlite3.Connection], Any]


class ConnectionThread:
    """Runs what it is given in order. The thread is a daemon: an unclosed connection cannot keep a process alive."""

    def __init__(self, path: Path, pragmas: tuple[str, ...]) -> None:
        self._path = path
        self._pragmas = pragmas
        self._queue: queue.SimpleQueue[tuple[Work, asyncio.Future[Any], asyncio.AbstractEventLoop] | None]
        self._queue = queue.SimpleQueue()
        self._connection: sqlite3.Connection
        self._pending = 0
        self._thread = threading.Thread(target=self._loop, name=f"sqlite {path.name}", daemon=True)
        self._thread.start()

    async def open(self) -> None:
        """Connect; raises what SQLite says when the file cannot be used."""
        await self.call(self._connect)

    async def call(self, work: Work) -> Any:
        """Run `work(connection)` there. Cancelling the caller does not stop it: what was begun is finished."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._pending += 1
        self._queue.put((work, future, loop))
        return await future

    @property
    def idle(self) -> bool:
        """Whether the thread has nothing to do, so that `here` may use its connection."""
        return self._pending == 0

    def here(self, work: Work) -> Any:
        """Run `work(connection)` in the caller's own thread; only when `idle`, and only what is quick."""
        return work(self._connection)

    async def close(self) -> None:
        """Finish what is queued, then close."""
        await self.call(lambda connection: connection.close())
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _connect(self, _: sqlite3.Connection) -> None:
        self._connection = sqlite3.connect(
            self._path,
            detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES,
            isolation_level=None,
            cached_statements=512,
            check_same_thread=False,
        )
        for pragma in self._pragmas:
            self._connection.execute(f"PRAGMA {pragma}").fetchall()

    def _loop(self) -> None:
        self._connection = None  # type: ignore[assignment]  # until open()
        while (entry := self._queue.get()) is not None:
            work, future, loop = entry
            try:
                result, error = work(self._connection), None
            except BaseException as raised:
                result, error = None, raised
            # A loop that is gone has nobody waiting.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._settle, future, result, error)
            del entry, work, future, loop, result, error

    def _settle(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        self._pending -= 1
        if future.cancelled():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def execute(connection: sqlite3.Connection, sql: str, args: tuple[Any, ...] | list[Any]) -> list[dict[str, Any]]:
    """One statement, its rows as dicts."""
    cursor = connection.execute(sql, args)
    if cursor.description is None:
        return []
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
