"""Calls sent elsewhere: what is diverted now, and whereto."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from polydesk import db
from polydesk.remembered import Remembered


class Diversion(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of a place (`subject`: a market's id, 0 the whole client), an account or a queue go elsewhere.

    `target` "queue" has `target_queue`, "number" has `target_number`, "message" says that nobody can be reached.
    """

    id: int
    client: int
    market: int | None
    kind: str
    subject: int
    target: str
    target_queue: int | None
    target_number: str
    reason: str
    person: int
    began_at: datetime
    until: datetime | None
    undone_at: datetime | None = None
    undone_by: int | None = None


async def _read() -> list[Diversion]:
    rows = await db.fetch("SELECT * FROM voice_diversion WHERE undone_at IS NULL ORDER BY id DESC")
    return [from_row(row) for row in rows]


def from_row(row: dict[str, object]) -> Diversion:
    """The shape of a stored one."""
    known = {field.name for field in msgspec.structs.fields(Diversion)}
    return msgspec.convert({name: value for name, value in row.items() if name in known}, Diversion)


_known = Remembered("voice.diversions", _read)


async def of_line(*, client: int, market: int | None, account: int) -> Diversion | None:
    """Where calls to a number go instead: what is said of the number itself, then of its market, then of the client."""
    for kind, subject in (("account", account), ("place", market or 0), ("place", 0)):
        if found := await _now(client, kind, subject):
            return found
    return None


async def of_queue(client: int, queue: int) -> Diversion | None:
    """Where what would wait in a queue goes instead."""
    return await _now(client, "queue", queue)


async def in_force() -> list[Diversion]:
    """Everything that holds at this moment."""
    now = datetime.now(UTC)
    return [each for each in await _known.get() if each.until is None or each.until > now]


async def _now(client: int, kind: str, subject: int) -> Diversion | None:
    now = datetime.now(UTC)
    for each in await _known.get():
        if (each.client, each.kind, each.subject) == (client, kind, subject) and (
            each.until is None or each.until > now
        ):
            return each
    return None
