"""What is held of a contact: which of their numbers asked for no more text messages."""

from __future__ import annotations

from typing import Any

from polydesk import NotFound, db
from polydesk.contacts import identify
from polydesk_sms import numbers


async def export(contact: int) -> dict[str, Any]:
    """The last wish of each number."""
    client, phones = await _phones(contact)
    rows = await db.fetch(
        "SELECT phone, purpose, stopped, source, at FROM sms_consent WHERE client = {} AND phone IN {} ORDER BY phone",
        client,
        phones,
    )
    return {
        row["phone"]: {
            "purpose": row["purpose"],
            "stopped": bool(row["stopped"]),
            "told_by": row["source"],
            "at": row["at"].isoformat(),
        }
        for row in rows
    }


async def erase(contact: int) -> None:
    """Forget their wishes with their numbers: what the gateway itself keeps, it goes on refusing."""
    client, phones = await _phones(contact)
    await db.fetch("DELETE FROM sms_consent WHERE client = {} AND phone IN {}", client, phones)


async def _phones(contact: int) -> tuple[int, list[str]]:
    try:
        known = await identify.load(contact)
    except NotFound:
        return 0, []
    return known.client, [each.value for each in known.handles if each.kind == numbers.PHONE]
