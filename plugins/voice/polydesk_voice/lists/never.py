"""Numbers nobody of a client may call: looked up when a list is read, when somebody is next, and again at dialling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from polydesk import db
from polydesk.errors import NotFound
from polydesk.staff.access import Viewer

PAGE = 50
_CHUNK = 400


class Never(msgspec.Struct, frozen=True, kw_only=True):
    """One such number."""

    id: int
    client: int
    phone: str
    reason: str
    person: int | None
    at: datetime


async def holds(client: int, phone: str) -> bool:
    """May nobody of this client call this number?"""
    return bool(
        await db.fetch("SELECT id FROM voice_do_not_call WHERE client = {} AND phone = {} LIMIT 1", client, phone)
    )


async def among(client: int, phones: Sequence[str]) -> set[str]:
    """Those of `phones` that nobody may call."""
    found: set[str] = set()
    for start in range(0, len(phones), _CHUNK):
        rows = await db.fetch(
            "SELECT phone FROM voice_do_not_call WHERE client = {} AND phone IN {}",
            client,
            tuple(phones[start : start + _CHUNK]),
        )
        found |= {row["phone"] for row in rows}
    return found


async def add(client: int, phones: Sequence[str], reason: str, person: int | None) -> int:
    """Put numbers on the list and take them off every dialling list of the client; how many were new. In a
    transaction."""
    added = 0
    for phone in dict.fromkeys(phones):
        rows = await db.fetch(
            "INSERT INTO voice_do_not_call (client, phone, reason, person, at) VALUES ({}, {}, {}, {}, {}) "
            "ON CONFLICT (client, phone) DO NOTHING RETURNING id",
            client,
            phone[:40],
            db.clean(reason)[:300],
            person,
            datetime.now(UTC),
        )
        added += len(rows)
        await db.fetch(
            "UPDATE voice_list_entry SET state = 'never', held_by = NULL, held_until = NULL WHERE phone = {} AND "
            "state = 'waiting' AND list IN (SELECT id FROM voice_list WHERE client = {})",
            phone,
            client,
        )
    return added


async def remove(viewer: Viewer, number: int) -> None:
    """Take one off again. Lists it was taken off stay as they are: somebody said no to those."""
    rows = await db.fetch("SELECT client FROM voice_do_not_call WHERE id = {}", number)
    if not rows:
        raise NotFound()
    viewer.require("voice.lists", rows[0]["client"])
    await db.fetch("DELETE FROM voice_do_not_call WHERE id = {}", number)


async def listing(viewer: Viewer, client: int, words: str = "", before: int = 0) -> tuple[list[Never], int]:
    """A client's, the latest first; `words` is how a number or a reason begins. And where the next page goes on."""
    viewer.require("voice.lists", client)
    conditions, arguments = ["client = {}"], [client]
    if words.strip():
        begins = words.strip().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        conditions.append("(phone LIKE {} ESCAPE '!' OR reason LIKE {} ESCAPE '!')")
        arguments += [f"%{begins.lstrip('+0')}%", f"{begins}%"]  # type: ignore[list-item]
    if before:
        conditions.append("id < {}")
        arguments.append(before)
    rows = await db.fetch(
        f"SELECT id, client, phone, reason, person, at FROM voice_do_not_call WHERE {' AND '.join(conditions)} "
        f"ORDER BY id DESC LIMIT {PAGE + 1}",
        *arguments,
    )
    shown = [msgspec.convert(row, Never) for row in rows[:PAGE]]
    return shown, shown[-1].id if len(rows) > PAGE else 0
