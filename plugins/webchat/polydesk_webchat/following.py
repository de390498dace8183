"""What the desk does with a chat's conversation, as far as its visitor should know."""

from __future__ import annotations

from polydesk import db, live
from polydesk.staff import service as staff
from polydesk.types import Conversation, Item
from polydesk_webchat import hub, messages
from polydesk_webchat.visitors import Visitor


async def received(conversation: Conversation, item: Item) -> None:
    """The visitor's message is part of a conversation now."""
    if external_id := str(item.data.get("external_id", "")):
        await messages.taken(external_id, conversation.id)


async def assigned(conversation: Conversation, assignee: int | None) -> None:
    """Somebody answers, or nobody does any more."""
    name = (await staff.viewer_by_id(assignee)).name if assignee is not None else ""
    await _told(conversation, name)


async def solved(conversation: Conversation) -> None:
    """The matter is settled: whoever answers the next one is not known yet."""
    await _told(conversation, "")


async def waits(conversation: Conversation) -> None:
    """They wait for somebody: their page asks for their place now, and then every half minute."""
    rows = await db.fetch(
        "SELECT id FROM webchat_visitor WHERE conversation = {} AND client = {}", conversation.id, conversation.client
    )
    for row in rows:
        live.signal(conversation.client, hub.CHANGE, row["id"])


async def typing(visitor: Visitor, author: str) -> None:
    """Whoever types is who answers, assigned or not."""
    if author and author != visitor.agent and visitor.conversation is not None:
        await db.fetch("UPDATE webchat_visitor SET agent = {} WHERE id = {}", author[:200], visitor.id)
        live.signal(visitor.client, hub.CHANGE, visitor.id)


async def _told(conversation: Conversation, agent: str) -> None:
    rows = await db.fetch(
        "UPDATE webchat_visitor SET agent = {} WHERE conversation = {} AND client = {} RETURNING id",
        agent[:200],
        conversation.id,
        conversation.client,
    )
    for row in rows:
        live.signal(conversation.client, hub.CHANGE, row["id"])
