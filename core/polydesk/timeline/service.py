"""Append to the spine. Reading belongs to whoever shows it; nothing here changes or removes a row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import db


async def append(
    kind: str,
    *,
    client: int,
    contact: int | None = None,
    conversation: int | None = None,
    direction: str = "",
    person: int | None = None,
    text: str = "",
    html: str = "",
    data: dict[str, Any] | None = None,
    occurred_at: datetime | None = None,
) -> int:
    """Add one item and return its id; call it inside the transaction that does what the item tells."""
    now = datetime.now(UTC)
    rows = await db.fetch(
        "INSERT INTO pd_item (client, contact, conversation, kind, direction, person, text, html, data, "
        "occurred_at, recorded_at) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}) RETURNING id",
        client,
        contact,
        conversation,
        kind,
        direction,
        person,
        db.clean(text),
        db.clean(html),
        db.clean(msgspec.json.encode(data or {}).decode()),
        occurred_at or now,
        now,
    )
    return int(rows[0]["id"])
