"""The stranger's chat, and a menu to put before it."""

from __future__ import annotations

from tests.board import Chat

from polydesk_menus import service
from polydesk_menus.starters import starter
from polydesk_menus.tree import Tree
from tests.conftest import board, chat

__all__ = ["board", "chat", "published"]


async def published(chat: Chat, tree: Tree | None = None, share: int = 100) -> int:
    """A menu for the chat's client, live; its id."""
    client = chat.owner.clients[0]
    found = await service.list_menus(chat.owner)
    tree = tree or starter(("en", "fr", "ar"))
    if found:
        menu = found[0].id
        await service.edit(chat.owner, menu, lambda _now: tree)
    else:
        menu = await service.create_menu(chat.owner, client, None, "First contact", tree)
    await service.publish(chat.owner, menu, "for a test", share)
    return menu
