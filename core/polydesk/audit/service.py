"""Write and read the book of changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import db
from polydesk.types import Scope


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the book; `who` is "" when it was done on the command line."""

    id: int
    kind: str
    scope: Scope
    person: int | None
    who: str
    data: dict[str, Any]
    at: datetime
    undone_at: datetime | None


async def record(kind: str, scope: Scope, person: int | None, data: dict[str, Any]) -> int:
    """Write a change down, in the transaction that makes it; its id. Never put a secret into `data`."""
    rows = await db.fetch(
        "INSERT INTO pd_change (kind, client, market, person, data, at) VALUES ({}, {}, {}, {}, {}, {}) RETURNING id",
        kind,
        scope.client,
        scope.market,
        person,
        msgspec.json.encode(data).decode(),
        datetime.now(UTC),
    )
    return int(rows[0]["id"])


async def undone(change: int, person: int | None) -> bool:
    """Mark a change as taken back; False when somebody was faster."""
    rows = await db.fetch(
        "UPDATE pd_change SET undone_at = {}, undone_by = {} WHERE id = {} AND undone_at IS NULL RETURNING id",
        datetime.now(UTC),
        person,
        change,
    )
    return bool(rows)


async def get(change: int) -> Change | None:
    """One change, of any scope: the room it belongs to asks whether the viewer may see it."""
    rows = await db.fetch(f"{_SELECT} WHERE c.id = {{}}", change)
    return _change(rows[0]) if rows else None


async def latest(*kinds: str, bound: str = "TRUE", most: int = 50, offset: int = 0) -> list[Change]:
    """The newest changes of these kinds. `bound` is an SQL condition on `c.client` and `c.market`, as of
    `Viewer.bound("c")`; the installation's own changes (no client) are an owner's to see."""
    wanted = ", ".join("{}" for _kind in kinds)
    rows = await db.fetch(
        f"{_SELECT} WHERE c.kind IN ({wanted}) AND ({bound}) ORDER BY c.id DESC LIMIT {{}} OFFSET {{}}",
        *kinds,
        most,
        offset,
    )
    return [_change(row) for row in rows]


_SELECT = "SELECT c.*, COALESCE(p.name, '') AS who FROM pd_change c LEFT JOIN pd_person p ON p.id = c.person"


def _change(row: dict[str, Any]) -> Change:
    return Change(
        id=row["id"],
        kind=row["kind"],
        scope=Scope(row["client"], row["market"]),
        person=row["person"],
        who=row["who"],
        data=msgspec.json.decode(row["data"]),
        at=row["at"],
        undone_at=row["undone_at"],
    )
