"""Replies that plugins offer to start from."""

from __future__ import annotations

from polydesk import hooks, plugins
from polydesk.conversations.views import Opened
from polydesk.types import Item, Scope, Suggestion


async def suggestions(opened: Opened) -> list[Suggestion]:
    """For the last message that came in; none when nothing came in. A plugin that fails is left out."""
    last = next((entry for entry in reversed(opened.entries) if entry.direction == "in"), None)
    if last is None:
        return []
    found = opened.conversation
    item = Item(
        id=last.id,
        client=found.client,
        contact=found.contact,
        conversation=found.id,
        kind=last.kind,
        direction="in",
        occurred_at=last.occurred_at,
        recorded_at=last.recorded_at,
        text=last.text,
    )
    answers = await plugins.ask(
        Scope(found.client, found.market), hooks.polydesk_suggest_replies, conversation=found, item=item
    )
    return [suggestion for answer in answers for suggestion in answer.value or ()]
