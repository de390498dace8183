"""What recordings hold of a contact: given out as a list, erased with their sound."""

from __future__ import annotations

from typing import Any

from polydesk import N_, Text, db
from polydesk.i18n import kept
from polydesk.types import Contact
from polydesk_voice.recordings import keeping

ERASED = Text(N_("Erased with everything about the contact."))


async def export(contact: int) -> dict[str, Any]:
    """Every recording with what is said of it; the sound itself is downloaded from its own page."""
    rows = await db.fetch(
        "SELECT id, kind, state, reason, seconds, topic, tags, outcome, began_at FROM voice_recording "
        "WHERE contact = {} ORDER BY id",
        contact,
    )
    return {
        "recordings": [
            {**row, "reason": kept(row["reason"]), "sound": f"/p/voice/recordings/{row['id']}/sound"} for row in rows
        ]
    }


async def erase(contact: int) -> None:
    """Take the sound and the words; that there were calls, and for how long, stays."""
    async with db.transaction():
        rows = await db.fetch(
            "SELECT id, client, state, storage_key FROM voice_recording WHERE contact = {} AND state <> 'erased'",
            contact,
        )
        await keeping.erase(rows, ERASED)
        await db.fetch("UPDATE voice_recording SET words = '', tags = '', topic = '' WHERE contact = {}", contact)


async def merged(kept: Contact, merged: int) -> None:
    """Recordings follow their contact."""
    await db.fetch("UPDATE voice_recording SET contact = {} WHERE contact = {}", kept.id, merged)
