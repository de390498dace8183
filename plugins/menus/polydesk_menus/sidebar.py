"""What the menu asked and heard, beside the conversation."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import db, i18n
from polydesk.types import Scope
from polydesk_menus import engine, flow
from polydesk_menus.tree import pick


async def load(_scope: Scope, context: dict[str, Any]) -> dict[str, Any] | None:
    """The way through the menu, for a conversation that went through one."""
    conversation = context.get("conversation")
    if conversation is None:
        return None
    rows = await db.fetch(
        "SELECT s.state, s.asked, s.outcome, s.wanted_human, v.number, v.tree FROM menus_session s "
        "JOIN menus_version v ON v.id = s.version WHERE s.conversation = {}",
        conversation.id,
    )
    try:
        state = msgspec.json.decode(rows[0]["state"], type=engine.State) if rows else None
        prepared = flow.stored(rows[0]["tree"]) if rows else None
    except msgspec.DecodeError:
        return None
    if state is None or prepared is None:
        return None
    way = [pick(prepared.options[id].words, (i18n.language(),))[0] for id in state.path if id in prepared.options]
    return {
        "way": way,
        "asked": rows[0]["asked"],
        "number": rows[0]["number"],
        "wanted_human": bool(rows[0]["wanted_human"]),
        "outcome": rows[0]["outcome"],
    }
