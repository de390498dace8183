"""What this plugin holds of a contact: given out, and erased."""

from __future__ import annotations

from typing import Any

from polydesk import NotFound, db
from polydesk.contacts import identify
from polydesk_webchat import visitors


async def export(contact: int) -> dict[str, Any]:
    """Every visitor they were, with what was said as they saw it."""
    return {
        each.handle: {
            "name": each.called,
            "email": each.reachable,
            "language": each.language,
            "browser": each.browser,
            "page": each.page,
            "first_seen": each.created_at.isoformat(),
            "last_seen": each.seen_at.isoformat(),
            "messages": [
                {"at": row["created_at"].isoformat(), "from": row["direction"], "text": row["text"]}
                for row in await db.fetch(
                    "SELECT created_at, direction, text FROM webchat_message WHERE visitor = {} ORDER BY id", each.id
                )
            ],
        }
        for each in await _visitors(contact)
    }


async def erase(contact: int) -> None:
    """Remove them and what was said."""
    gone = [each.id for each in await _visitors(contact)]
    async with db.transaction():
        await db.fetch("DELETE FROM webchat_file WHERE visitor IN {}", gone)
        await db.fetch("DELETE FROM webchat_message WHERE visitor IN {}", gone)
        await db.fetch("DELETE FROM webchat_token WHERE visitor IN {}", gone)
        await db.fetch("DELETE FROM webchat_visitor WHERE id IN {}", gone)


async def _visitors(contact: int) -> list[visitors.Visitor]:
    """Those a contact is known as; nobody, when the contact is gone."""
    try:
        known = await identify.load(contact)
    except NotFound:
        return []
    return list(await visitors.of_handles(known.client, known.handles))
