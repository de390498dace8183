"""What happens together: transactions that nest by joining, and what runs once they are committed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Literal, Protocol

from polydesk.db.finishing import Late, to_the_end

log = logging.getLogger(__name__)


class Session(Protocol):
    """A backend's side of one transaction; `commit` and `rollback` end it whatever happens."""

    async def run(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]: ...
    async def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None: ...
    async def commit(self) -> None: ...
    async def rollback(self) -> None: ...
    async def lock(self, keys: Sequence[int]) -> None: ...


class Backend(Protocol):
    """A database that is open."""

    @property
    def dialect(self) -> Literal["sqlite", "postgres"]: ...
    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def run(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]: ...
    async def begin(self) -> Session: ...


class TransactionFailed(RuntimeError):
    """A statement of this transaction failed earlier and was swallowed: nothing more can be done in it."""


class Transaction:
    """`async with`; joins the transaction that is open in this task, if any.

    After a failed statement only rollback is possible, on SQLite as on Postgres; use `savepoint()` around a statement
    that is expected to fail.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._session: Session
        self._parent: Transaction | None = None
        self._token: Token[Transaction | None] | None = None
        self._callbacks: list[Callable[[], None]] = []
        self._savepoints = 0
        self.failure: BaseException | None = None
        self.finished = False

    async def __aenter__(self) -> Transaction:
        self._parent = active()
        if self._parent is not None:
            return self._parent
        self._session = await self._backend.begin()
        self._token = current.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._parent is not None:
            if error is not None and self._parent.failure is None:
                self._parent.failure = error
            return
        self.finished = True
        if self._token is not None:
            current.reset(self._token)
        if error is not None or self.failure is not None:
            await self._rollback()
            if error is None:
                raise TransactionFailed(
                    "A statement failed inside this transaction, so it was undone."
                ) from self.failure
            return
        cancelled = False
        try:
            await to_the_end(self._session.commit())
        except Late:
            cancelled = True
        for callback in self._callbacks:
            try:
                callback()
            except Exception:
                log.exception("what was to follow a commit failed")
        if cancelled:
            raise asyncio.CancelledError

    async def _rollback(self) -> None:
        try:
            await to_the_end(self._session.rollback())
        except Late:
            raise asyncio.CancelledError from None
        except Exception:
            # The line to the database is gone, which undoes as well; the first error is the one worth telling.
            log.warning("rolling back failed", exc_info=True)

    async def run(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
        """One statement of this transaction."""
        with self._noting_failure():
            return await self._session.run(sql, args)

    async def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """The same statement for every row."""
        with self._noting_failure():
            await self._session.run_many(sql, rows)

    async def lock(self, keys: Sequence[int]) -> None:
        """Serialise with every transaction that names one of `keys`."""
        with self._noting_failure():
            await self._session.lock(keys)

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call it after COMMIT, in order; dropped on rollback."""
        self._callbacks.append(callback)

    @contextlib.contextmanager
    def _noting_failure(self) -> Iterator[None]:
        if self.failure is not None:
            raise TransactionFailed("An earlier statement failed inside this transaction.") from self.failure
        try:
            yield
        except BaseException as error:
            self.failure = error
            raise

    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that may fail on its own: its error leaves the rest of the transaction usable."""
        self._savepoints += 1
        name, kept = f"pd_{self._savepoints}", len(self._callbacks)
        await self.run(f"SAVEPOINT {name}", ())
        try:
            yield
        except Exception:
            await self._session.run(f"ROLLBACK TO SAVEPOINT {name}", ())
            await self._session.run(f"RELEASE SAVEPOINT {name}", ())
            del self._callbacks[kept:]
            self.failure = None
            raise
        await self.run(f"RELEASE SAVEPOINT {name}", ())


current: ContextVar[Transaction | None] = ContextVar("polydesk_transaction", default=None)


def active() -> Transaction | None:
    """This task's transaction. One that a task inherited from its maker and that has ended since does not count."""
    transaction = current.get()
    return None if transaction is None or transaction.finished else transaction
