"""SQLite for many tasks and several processes: one writer behind a fair queue, readers that never wait for it."""

from __future__ import annotations

import asyncio
import fcntl
import re
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, Literal, TypeVar

from polydesk.db.finishing import Late, to_the_end
from polydesk.db.thread import ConnectionThread, execute
from polydesk.errors import Conflict, MissingReference

T = TypeVar("T")
READERS = 3
# busy_timeout comes first: switching to WAL itself may have to wait for another process.
PRAGMAS = (
    "busy_timeout=15000",
    "journal_mode=WAL",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "cache_size=-16000",
    "mmap_size=268435456",
    "journal_size_limit=67108864",
)
_WRITES = re.compile(r"\b(insert|update|delete|replace)\b", re.IGNORECASE)


class SQLite:
    """The database of an installation in one file."""

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(self, path: Path, synchronous: str) -> None:
        self._path = path
        self._synchronous = synchronous
        self._lock = asyncio.Lock()
        self._readers: asyncio.Queue[ConnectionThread] = asyncio.Queue()
        self._all: list[ConnectionThread] = []
        self._lock_file: IO[bytes]
        self._writer: ConnectionThread

    async def open(self) -> None:
        """Open the writer, then the readers, which may only read."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = open(f"{self._path}.lock", "ab")  # noqa: SIM115, ASYNC230 kept open as long as the database
        self._writer = await self._connect(f"synchronous={self._synchronous}")
        for _ in range(READERS):
            self._readers.put_nowait(await self._connect("query_only=ON"))

    async def close(self) -> None:
        """Close every connection; the last one folds the log into the file."""
        for thread in reversed(self._all):
            await thread.close()
        self._all.clear()
        self._lock_file.close()

    async def _connect(self, *more: str) -> ConnectionThread:
        thread = ConnectionThread(self._path, PRAGMAS + more)
        await thread.open()
        self._all.append(thread)
        return thread

    async def run(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
        """One statement outside any transaction, by a reader if it only reads."""
        given = tuple(args)
        if _only_reads(sql):
            reader = await self._readers.get()
            try:
                return await _mapped(reader, lambda connection: execute(connection, sql, given))
            finally:
                self._readers.put_nowait(reader)
        async with self._lock:
            return await _mapped(self._writer, lambda connection: self._write(connection, sql, given))

    async def begin(self) -> SQLiteSession:
        """Take the writer, first come first served in this process and between processes."""
        await self._lock.acquire()
        try:
            await to_the_end(self._writer.call(self._begin))
        except Late:
            await SQLiteSession(self).rollback()
            raise asyncio.CancelledError from None
        except BaseException:
            self._lock.release()
            raise
        return SQLiteSession(self)

    def _write(self, connection: sqlite3.Connection, sql: str, args: tuple[Any, ...]) -> list[dict[str, Any]]:
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            return execute(connection, sql, args)
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    def _begin(self, connection: sqlite3.Connection) -> None:
        # SQLite alone lets a busy neighbour win again and again; the kernel's queue is fair, and freed by kill -9.
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)
            raise

    def _end(self, connection: sqlite3.Connection, statement: str) -> None:
        try:
            if connection.in_transaction:
                connection.execute(statement)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)


class SQLiteSession:
    """The writer, for as long as one transaction lasts."""

    def __init__(self, database: SQLite) -> None:
        self._database = database

    async def run(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
        """One statement inside the transaction."""
        given = tuple(args)
        return await _mapped(self._database._writer, lambda connection: execute(connection, sql, given))

    async def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """The same statement for every row."""
        await _mapped(self._database._writer, lambda connection: connection.executemany(sql, rows))

    async def commit(self) -> None:
        """Make it last, and let the next one write; when that fails, nothing was written."""
        await self._end("COMMIT")

    async def rollback(self) -> None:
        """Undo, and let the next one write."""
        await self._end("ROLLBACK")

    async def lock(self, keys: Sequence[int]) -> None:
        """Nothing to do: there is one writer."""

    async def _end(self, statement: str) -> None:
        database = self._database
        try:
            await database._writer.call(lambda connection: database._end(connection, statement))
        finally:
            database._lock.release()


def _only_reads(sql: str) -> bool:
    start = sql.lstrip()[:6].upper()
    return start == "SELECT" or (start.startswith("WITH") and not _WRITES.search(sql))


async def _mapped(thread: ConnectionThread, work: Callable[[sqlite3.Connection], T]) -> T:
    try:
        result: T = await thread.call(work)
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
            raise Conflict(str(error)) from error
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            raise MissingReference(str(error)) from error
        raise
    return result
