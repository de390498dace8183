"""The recordings of a conversation beside it; each is fetched with the rights of whoever looks."""

from __future__ import annotations

from typing import Any

from polydesk import db
from polydesk.types import Scope

_MOST = 5


async def load(_scope: Scope, context: dict[str, Any]) -> dict[str, Any] | None:
    """The latest ones; nothing where nothing was recorded."""
    conversation = context.get("conversation")
    if conversation is None or conversation.channel != "voice":
        return None
    rows = await db.fetch(
        f"SELECT id FROM voice_recording WHERE conversation = {{}} ORDER BY id DESC LIMIT {_MOST}", conversation.id
    )
    return {"recordings": [row["id"] for row in rows]} if rows else None
