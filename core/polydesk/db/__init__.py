"""The database: open and close it, what happens together, raw SQL, migrations."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Literal

# Piccolo asks this variable where the engine is, the first time a table is used.
os.environ["PICCOLO_CONF"] = "polydesk.piccolo_conf"

from polydesk.db.backup import before_migrating
from polydesk.db.migrations import leave_out, migrate, pending
from polydesk.db.postgres import Postgres
from polydesk.db.queries import clean, engine, fetch, lock, moment, run_many, tables_with
from polydesk.db.sqlite import SQLite
from polydesk.db.transaction import Backend, Transaction, TransactionFailed, active
from polydesk.settings import Settings

__all__ = [
    "Transaction",
    "TransactionFailed",
    "before_migrating",
    "clean",
    "close",
    "dialect",
    "engine",
    "fetch",
    "in_transaction",
    "leave_out",
    "lock",
    "migrate",
    "moment",
    "on_commit",
    "open",
    "pending",
    "run_many",
    "savepoint",
    "tables_with",
    "transaction",
]


async def open(settings: Settings) -> None:
    """Connect to the database `settings` names; from here on every table uses it, in this event loop only."""
    if engine.backend is not None:
        raise RuntimeError("A database is open already; close it first.")
    backend: Backend
    if settings.dialect == "postgres":
        backend = Postgres(settings.database_url, settings.pool)
    else:
        backend = SQLite(settings.sqlite_path, settings.synchronous)
    await backend.open()
    engine.backend = backend


async def close() -> None:
    """Close the database, if one is open."""
    backend, engine.backend = engine.backend, None
    if backend is not None:
        await backend.close()


def dialect() -> Literal["sqlite", "postgres"]:
    """Which database is open."""
    return engine.database.dialect


def transaction() -> Transaction:
    """`async with db.transaction():` commits at the end or undoes everything; nested ones join the outer one."""
    return Transaction(engine.database)


def in_transaction() -> bool:
    """Whether this task is inside a transaction."""
    return active() is not None


def on_commit(callback: Callable[[], None]) -> None:
    """Call it once this transaction is committed, at once when there is none, never when it is undone."""
    current = active()
    if current is None:
        callback()
    else:
        current.on_commit(callback)


def savepoint() -> AbstractAsyncContextManager[None]:
    """Inside a transaction: a part that may fail by itself (a unique key that may be taken)."""
    current = active()
    if current is None:
        raise RuntimeError("savepoint() belongs inside db.transaction().")
    return current.savepoint()
