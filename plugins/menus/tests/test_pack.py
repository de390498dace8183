"""A menu goes along when a market is copied or packed, and hands over to the queues of where it comes to."""

from __future__ import annotations

import pytest
from tests.board import Chat

from polydesk import Invalid
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.types import Scope
from polydesk_menus import pack, service
from polydesk_menus.starters import starter
from polydesk_menus.tree import HandOver, walk

from .conftest import published


async def test_a_menu_comes_along_with_its_queue_by_name(chat: Chat) -> None:
    client = chat.owner.clients[0]
    queue = await queues.save_queue(chat.owner, client=client, market=None, name="Parcels")
    menu = await published(chat, starter(("en", "fr"), queue))
    said = await pack.read(Scope(client))
    assert "Parcels" in str(said)
    assert str(queue) not in [str(part) for part in said["menu"]]
    market = await scopes.create_market(client, code="fr", name="France", languages=("fr",), time_zone="UTC")
    own = await queues.save_queue(chat.owner, client=client, market=market, name="Parcels")
    await pack.write(Scope(client, market), "menu", said["menu"], chat.owner.id)
    made = next(each for each in await service.list_menus(chat.owner) if each.market == market)
    assert made.live is not None
    live = made.version(made.live)
    assert live is not None
    assert live.tree is not None
    assert {line.queue for line, _ in walk(live.tree.steps) if isinstance(line, HandOver)} <= {own, None}
    assert await pack.read(Scope(client, market)) == said
    # Again the same is no new version.
    await pack.write(Scope(client, market), "menu", said["menu"], chat.owner.id)
    made = await service.get_menu(chat.owner, made.id)
    assert len(made.versions) == 1
    await pack.write(Scope(client, market), "menu", None, chat.owner.id)
    assert [each.id for each in await service.list_menus(chat.owner)] == [menu]


@pytest.mark.parametrize(
    "values",
    [
        {"name": "M", "live": {"steps": [{"type": "handover", "id": "s1", "queue": "Nowhere"}]}},
        {"name": "M", "live": {"steps": [{"type": "sing", "id": "s1"}]}},
        {"name": "M", "live": {"steps": []}},
        {"live": None},
        "a menu",
    ],
)
async def test_what_is_no_menu_is_refused(chat: Chat, values: object) -> None:
    with pytest.raises(Invalid):
        await pack.write(Scope(chat.owner.clients[0]), "menu", values, None)
