"""What calls hold of a contact: given out as a list, and without their number once they want to be forgotten."""

from __future__ import annotations

from typing import Any

from polydesk import db
from polydesk.types import Contact


async def export(contact: int) -> dict[str, Any]:
    """Every call, when, between which numbers, and what became of it."""
    rows = await db.fetch(
        "SELECT id, direction, caller, called, state, outcome, language, began_at, answered_at, ended_at "
        "FROM voice_call WHERE contact = {} ORDER BY id",
        contact,
    )
    listed = await db.fetch(
        "SELECT e.name, e.phone, e.facts, e.state, e.outcome, e.attempts, e.last_at FROM voice_list_entry e "
        "WHERE e.contact = {} ORDER BY e.id",
        contact,
    )
    return {"calls": rows, "dialling_lists": listed}


async def erase(contact: int) -> None:
    """Numbers and answers go; that there were calls, when and for how long, stays for the figures."""
    async with db.transaction():
        await db.fetch(
            "UPDATE voice_leg SET endpoint = '' WHERE role = 'contact' "
            "AND call IN (SELECT id FROM voice_call WHERE contact = {} AND state = 'ended')",
            contact,
        )
        await db.fetch(
            "UPDATE voice_call SET caller = CASE WHEN direction = 'in' THEN '' ELSE caller END, "
            "called = CASE WHEN direction = 'out' THEN '' ELSE called END, prompt = '', details = '{ }' "
            "WHERE contact = {}",
            contact,
        )
        await db.fetch(
            "UPDATE voice_list_entry SET name = '', phone = 'erased-' || id, facts = '{ }', "
            "state = CASE WHEN state = 'waiting' THEN 'never' ELSE state END WHERE contact = {}",
            contact,
        )


async def merged(kept: Contact, merged: int) -> None:
    """Calls follow their contact."""
    async with db.transaction():
        await db.fetch("UPDATE voice_call SET contact = {} WHERE contact = {}", kept.id, merged)
        await db.fetch("UPDATE voice_list_entry SET contact = {} WHERE contact = {}", kept.id, merged)
