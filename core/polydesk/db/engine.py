"""The one engine every Piccolo table finds: it passes statements on to the database that is open at the moment."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from piccolo.engine.base import Engine
from piccolo.querystring import QueryString

from polydesk.db.transaction import Backend, Transaction, active, current


class DatabaseClosed(RuntimeError):
    """A query came before the database was opened or after it was closed."""


class PolydeskEngine(Engine[Any]):
    """Piccolo's side of the database; tables keep it for good, while what is behind it may be reopened elsewhere."""

    def __init__(self) -> None:
        # Not Engine.__init__: it runs queries on a loop of its own, before there is a database.
        self.backend: Backend | None = None
        self.query_id = 0
        self.log_queries = self.log_responses = False
        self.min_version_number = 0
        self.current_transaction: ContextVar[Any] = current

    @property
    def engine_type(self) -> str:  # type: ignore[override]
        """Which SQL Piccolo writes; before a database is open, the common kind."""
        return self.backend.dialect if self.backend else "sqlite"

    @property
    def database(self) -> Backend:
        """What is open."""
        if self.backend is None:
            raise DatabaseClosed("The database is not open.")
        return self.backend

    async def run(self, sql: str, args: Any = ()) -> list[dict[str, Any]]:
        """One statement in this task's transaction, or by itself when there is none."""
        transaction = active()
        if transaction is not None:
            return await transaction.run(sql, args)
        return await self.database.run(sql, args)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[dict[str, Any]]:
        """Piccolo's select, insert, update, delete and raw."""
        return await self.run(*querystring.compile_string(engine_type=self.engine_type))

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[dict[str, Any]]:
        """Piccolo's create and alter."""
        return await self.run(ddl)

    def transaction(self, *_: Any, **__: Any) -> Transaction:
        """Joins the open one."""
        return Transaction(self.database)

    def transaction_exists(self) -> bool:
        """Whether this task is inside a transaction."""
        return active() is not None

    async def get_version(self) -> float:
        """Recent enough for everything Piccolo asks about."""
        return self.get_version_sync()

    def get_version_sync(self) -> float:
        """Recent enough for everything Piccolo asks about."""
        return 99.0

    async def prep_database(self) -> None:
        """Nothing."""

    def atomic(self) -> Any:
        """Not offered: `async with db.transaction()` says the same."""
        raise NotImplementedError("Use db.transaction().")

    async def batch(self, *_: Any, **__: Any) -> Any:
        """Not offered: Piccolo's swallows exceptions."""
        raise NotImplementedError("Use keyset pagination.")
