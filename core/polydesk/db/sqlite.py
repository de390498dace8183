"""SQLite for many tasks and several processes: one writer behind a fair queue, readers that never wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import re
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Literal

from polydesk.db.finishing import Late, to_the_end
from polydesk.db.pace import Pace
from polydesk.db.thread import ConnectionThread, execute
from polydesk.errors import Conflict, MissingReference

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
        self._pace = Pace()
        self._readers: asyncio.Queue[ConnectionThread] = asyncio.Queue()
        self._all: list[ConnectionThread] = []
        self._lock_file: IO[bytes]
        self._writer: ConnectionThread

    async def open(self) -> None:
        """Open the writer, then the readers, which may only read."""
        # A connection's thread asks for Python's lock at the start and end of each piece of work, while a transaction
        # holds the writer; under load Python's usual 5 ms for each would be most of what a transaction takes.
        sys.setswitchinterval(0.0005)
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
                return await self._run(reader, sql, given)
            finally:
                self._readers.put_nowait(reader)
        async with self._lock:
            with _mapped():
                found: list[dict[str, Any]] = await self._writer.call(lambda each: self._write(each, sql, given))
                return found

    async def _run(self, thread: ConnectionThread, sql: str, args: tuple[Any, ...]) -> list[dict[str, Any]]:
        """In place if it is known to be quick, else on the connection's thread."""
        with _mapped():
            if thread.idle and self._pace.quick(sql):
                begun = time.perf_counter()
                found: list[dict[str, Any]] = thread.here(lambda connection: execute(connection, sql, args))
                seconds = time.perf_counter() - begun
                self._pace.note(sql, seconds)
                await self._pace.breathe(seconds)
            else:
                found, seconds = await thread.call(lambda connection: _timed(connection, sql, args))
                self._pace.note(sql, seconds)
        return found

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
        return await self._database._run(self._database._writer, sql, tuple(args))

    async def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """The same statement for every row."""
        with _mapped():
            await self._database._writer.call(lambda connection: connection.executemany(sql, rows))

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


def _timed(connection: sqlite3.Connection, sql: str, args: tuple[Any, ...]) -> tuple[list[dict[str, Any]], float]:
    # The thread's own time: waiting for Python's lock, which is most of it under load, says nothing of the statement.
    begun = time.thread_time()
    return execute(connection, sql, args), time.thread_time() - begun


@contextlib.contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
            raise Conflict(str(error)) from error
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            raise MissingReference(str(error)) from error
        raise
