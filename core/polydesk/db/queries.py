"""Raw SQL, for what Piccolo cannot say or says too slowly."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from polydesk.db.engine import PolydeskEngine
from polydesk.db.transaction import active
from polydesk.errors import NotFound
from polydesk.i18n import N_
from polydesk.types import Text

engine = PolydeskEngine()
_LARGEST = 2**63


async def fetch(sql: str, *args: Any) -> list[dict[str, Any]]:
    """Rows of one statement; each `{}` takes the next argument, any other brace is left alone.

    A list or tuple becomes `(…, …)`, so `id IN {}` works on both databases, also when it is empty.
    """
    shape = tuple(len(arg) if isinstance(arg, (list, tuple)) else -1 for arg in args)
    flat = args if max(shape, default=-1) < 0 else tuple(_flat(args))
    if any(type(arg) is int and not -_LARGEST <= arg < _LARGEST for arg in flat):
        # An id from a URL that no row can have.
        raise NotFound(Text(N_("There is nothing here, or it is not yours to see.")))
    return await engine.run(_compiled(sql, shape, engine.engine_type), flat)


async def run_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """The same statement for every row, fast; inside a transaction only."""
    transaction = active()
    if transaction is None:
        raise RuntimeError("run_many() belongs inside db.transaction().")
    await transaction.run_many(_compiled(sql, (-1,) * sql.count("{}"), engine.engine_type), rows)


async def lock(*keys: str) -> None:
    """Until the transaction ends, let no other one that names an equal key go beyond this point."""
    transaction = active()
    if transaction is None:
        raise RuntimeError("lock() belongs inside db.transaction().")
    hashed = [int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), signed=True) for key in keys]
    await transaction.lock(hashed)


def clean(text: str) -> str:
    """Text that both databases can hold: without NUL, and without halves of surrogate pairs."""
    if text.isascii():
        return text.replace("\x00", "") if "\x00" in text else text
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def moment(value: datetime | str | None) -> datetime | None:
    """A time out of raw SQL: SQLite gives text for expressions such as max(occurred_at)."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value is not None and value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return value


@lru_cache(maxsize=2048)
def _compiled(sql: str, shape: tuple[int, ...], dialect: str) -> str:
    parts = sql.split("{}")
    if len(parts) != len(shape) + 1:
        raise ValueError(f"{len(parts) - 1} places for {len(shape)} arguments in: {sql}")
    text, number = [parts[0]], 0
    for length, part in zip(shape, parts[1:], strict=True):
        holes = []
        for _ in range(1 if length < 0 else length):
            number += 1
            holes.append("?" if dialect == "sqlite" else f"${number}")
        text.append(holes[0] if length < 0 else f"({', '.join(holes) or 'NULL'})")
        text.append(part)
    return "".join(text)


def _flat(args: Sequence[Any]) -> Any:
    for arg in args:
        if isinstance(arg, (list, tuple)):
            yield from arg
        else:
            yield arg


async def tables_with(column: str) -> list[str]:
    """Every table that has a column of this name, plugins' as well, as the database itself lists them."""
    if engine.engine_type == "postgres":
        rows = await fetch(
            "SELECT table_name AS name FROM information_schema.columns WHERE table_schema = current_schema() "
            "AND column_name = {} ORDER BY 1",
            column,
        )
    else:
        rows = await fetch(
            "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = {} "
            "ORDER BY 1",
            column,
        )
    return [row["name"] for row in rows]
