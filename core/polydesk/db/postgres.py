"""PostgreSQL through one pool of connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from polydesk.db.finishing import Late, to_the_end
from polydesk.errors import Conflict, MissingReference

_ALONE = 0x706F6C79
# A machine that lost its power says no goodbye: the server must find out before we stop asking.
_KEEPALIVE = {"tcp_keepalives_idle": "3", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "2"}
_PATIENCE = 10


class _Connection(asyncpg.Connection):
    def get_reset_query(self) -> str:
        # Nothing here changes a connection's state, so the round trip after every use would be for nothing.
        return ""


class Postgres:
    """The database of an installation on a server."""

    dialect: Literal["postgres"] = "postgres"

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._size = size
        self._pool: asyncpg.Pool[Any]

    async def open(self) -> None:
        """Connect; raises what the server says when that fails."""
        self._pool = await asyncpg.create_pool(
            self._url, min_size=1, max_size=self._size, connection_class=_Connection, command_timeout=120
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    async def run(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
        """One statement outside any transaction."""
        async with self._pool.acquire() as connection:
            return await _run(connection, sql, args)

    async def begin(self) -> PostgresSession:
        """Take a connection and begin."""
        connection = await self._pool.acquire()
        try:
            await to_the_end(connection.execute("BEGIN"))
        except Late:
            await PostgresSession(self._pool, connection).rollback()
            raise asyncio.CancelledError from None
        except BaseException:
            await self._pool.release(connection)
            raise
        return PostgresSession(self._pool, connection)


class PostgresSession:
    """One connection, for as long as one transaction lasts."""

    def __init__(self, pool: asyncpg.Pool[Any], connection: PoolConnectionProxy[Any]) -> None:
        self._pool = pool
        self._connection = connection

    async def run(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
        """One statement inside the transaction."""
        return await _run(self._connection, sql, args)

    async def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """The same statement for every row."""
        try:
            await self._connection.executemany(sql, rows)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise _meaning(error) from error

    async def commit(self) -> None:
        """Make it last and give the connection back."""
        await self._end("COMMIT")

    async def rollback(self) -> None:
        """Undo and give the connection back; one that is gone has undone everything already."""
        if self._connection.is_closed():
            await self._pool.release(self._connection)
        else:
            await self._end("ROLLBACK")

    async def lock(self, keys: Sequence[int]) -> None:
        """Wait for every transaction that holds one of `keys`; in one order for all, so no two wait for each other."""
        for key in sorted(set(keys)):
            await self._connection.execute("SELECT pg_advisory_xact_lock($1)", key)

    async def _end(self, statement: str) -> None:
        try:
            await self._connection.execute(statement)
        finally:
            await self._pool.release(self._connection)


@asynccontextmanager
async def holding(url: str) -> AsyncIterator[bool]:
    """Be the one who holds this database, on a connection kept for that; false when somebody else does."""
    connection = await asyncpg.connect(url, server_settings=_KEEPALIVE)
    try:
        held, tries = False, 0
        while not held and tries < _PATIENCE:
            await asyncio.sleep(tries and 1.0)
            held, tries = bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", _ALONE)), tries + 1
        yield held
    finally:
        await connection.close()


async def _run(connection: PoolConnectionProxy[Any], sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
    try:
        return [dict(record) for record in await connection.fetch(sql, *args)]
    except asyncpg.IntegrityConstraintViolationError as error:
        raise _meaning(error) from error


def _meaning(error: asyncpg.IntegrityConstraintViolationError) -> Exception:
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict(str(error))
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return MissingReference(str(error))
    return error
