"""What dialling lists hold of a contact. That nobody may call a number is kept: without it they would be called."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import db
from polydesk.types import Contact


async def export(contact: int) -> dict[str, Any]:
    """The lists they are on, with what the file said of them."""
    rows = await db.fetch(
        "SELECT l.name AS list, e.name, e.phone, e.facts, e.attempts, e.outcome, e.result FROM voice_list_entry e "
        "JOIN voice_list l ON l.id = e.list WHERE e.contact = {} ORDER BY e.id",
        contact,
    )
    return {"dialling lists": [{**row, "facts": msgspec.json.decode(row["facts"] or "{}")} for row in rows]}


async def erase(contact: int) -> None:
    """Leave the counts, take who it was; they are not called again."""
    async with db.transaction():
        rows = await db.fetch("SELECT id, state FROM voice_list_entry WHERE contact = {}", contact)
        for row in rows:
            await db.fetch(
                "UPDATE voice_list_entry SET name = '', phone = {}, facts = {}, contact = NULL, state = {} "
                "WHERE id = {}",
                f"erased-{row['id']}",
                "{}",
                "never" if row["state"] in ("waiting", "calling") else row["state"],
                row["id"],
            )
            await db.fetch("UPDATE voice_list_attempt SET remark = '' WHERE entry = {}", row["id"])


async def merged(kept: Contact, merged: int) -> None:
    """Entries follow their contact."""
    await db.fetch("UPDATE voice_list_entry SET contact = {} WHERE contact = {}", kept.id, merged)
