"""What is held of a contact: their ways through menus, with what they typed."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import db


async def export(contact: int) -> dict[str, Any]:
    """Everything, readable."""
    rows = await db.fetch(
        "SELECT conversation, state, outcome, topic, started_at FROM menus_session WHERE contact = {} ORDER BY id",
        contact,
    )
    return {"menus": [{**row, "state": msgspec.json.decode(row["state"] or "{}")} for row in rows]}


async def erase(contact: int) -> None:
    """Leave the counts, take the words."""
    async with db.transaction():
        await db.fetch(
            "DELETE FROM menus_answered WHERE session IN (SELECT id FROM menus_session WHERE contact = {})", contact
        )
        await db.fetch("UPDATE menus_session SET state = {}, topic = {} WHERE contact = {}", "", "", contact)
