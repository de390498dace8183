"""A menu in a real conversation, through the stranger's chat."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from polydesk_stranger.chat import CHAT
from tests.board import Chat

from polydesk import db, jobs
from polydesk.contacts import identify
from polydesk.conversations import assigning, changing
from polydesk.errors import NotFound
from polydesk.queues import service as queues
from polydesk.types import Item
from polydesk_menus import outcomes, personal, service, sessions
from polydesk_menus.starters import starter
from polydesk_menus.tree import Ask, HandOver, Option, Tree

from .conftest import published


async def rows(sql: str, *args: object) -> list[dict[str, Any]]:
    return await db.fetch(sql, *args)


async def the_session() -> dict[str, Any]:
    found = await rows("SELECT * FROM menus_session")
    assert len(found) == 1
    return found[0]


async def test_a_first_message_is_asked_about_and_the_answers_are_kept(chat: Chat) -> None:
    queue = await queues.save_queue(chat.owner, client=chat.owner.clients[0], market=None, name="Orders")
    await published(chat, starter(("en",), queue))
    await chat.say("ida", "hello")
    prompt = CHAT.pinned[-1]
    assert "What is it about?" in prompt.text
    assert "Talk to a person" in prompt.text
    opened = await chat.the_conversation()
    assert opened.conversation.queue is None
    await chat.say("ida", "1")
    await chat.say("ida", "48207")
    opened = await chat.the_conversation()
    assert opened.conversation.queue == queue
    assert opened.conversation.category == "Order"
    assert opened.conversation.attributes == {"order number": "48207"}
    assert (await the_session())["outcome"] == "human"


async def test_without_a_menu_a_message_goes_straight_to_people(chat: Chat) -> None:
    await chat.say("ida", "hello")
    assert CHAT.pinned == []
    assert (await chat.the_conversation()).conversation.queue is not None


async def test_a_courier_known_by_type_is_not_asked_anything(chat: Chat) -> None:
    await published(chat)
    await chat.say("bo", "agent")
    await rows("UPDATE pd_contact SET kind = 'courier'")
    await changing.set_status(chat.owner, (await chat.the_conversation()).conversation.id, "solved")
    await rows("UPDATE pd_conversation SET solved_at = {}, last_at = {}", *[datetime(2020, 1, 1, tzinfo=UTC)] * 2)
    before = len(CHAT.pinned)
    await chat.say("bo", "my bike broke")
    said = CHAT.pinned[before:]
    assert [each.prompt for each in said] == [None]
    assert "A colleague will answer you here." in said[0].text


async def test_asked_twice_about_the_same_message_it_answers_the_same(chat: Chat) -> None:
    await published(chat)
    await chat.say("ida", "hello")
    conversation = (await chat.the_conversation()).conversation
    contact = await identify.load(conversation.contact)
    found = (await rows("SELECT * FROM pd_item WHERE kind = 'message' AND direction = 'in' ORDER BY id"))[0]
    item = Item(
        id=found["id"], client=conversation.client, kind="message", direction="in", text="2",
        occurred_at=conversation.opened_at, recorded_at=conversation.opened_at,
    )  # fmt: skip
    first = await sessions.next_step(conversation, contact, item)
    assert first is not None
    assert first.ask is not None
    assert first == await sessions.next_step(conversation, contact, item)
    assert (await the_session())["asked"] == 1


async def test_a_helpful_answer_solves_the_conversation(chat: Chat) -> None:
    menu = await published(chat)
    await chat.say("ida", "hi")
    await chat.say("ida", "2")
    await chat.say("ida", "yes, thank you")
    assert (await chat.the_conversation()).conversation.status == "solved"
    live = (await service.get_menu(chat.owner, menu)).live
    assert live is not None
    found = await outcomes.outcome(live, (await rows("SELECT started_at FROM menus_session"))[0]["started_at"])
    assert (found.started, found.solved, found.human) == (1, 1, 0)


async def test_a_queue_that_was_deleted_leads_to_the_usual_one_and_says_so(chat: Chat) -> None:
    tree = Tree(steps=(HandOver(id="s1", queue=4711),), counter=1)
    await published(chat, tree)
    await chat.say("ida", "hello")
    assert (await chat.the_conversation()).conversation.queue is not None
    step = (await rows("SELECT step FROM menus_answered"))[0]["step"]
    assert "is gone" in step


async def test_a_tree_that_cannot_be_read_never_stops_a_message(chat: Chat) -> None:
    await published(chat)
    await rows("UPDATE menus_version SET tree = {}", '{"steps": 7}')
    await chat.say("ida", "hello")
    assert (await chat.the_conversation()).conversation.queue is not None
    assert CHAT.pinned == []


async def test_a_colleague_who_takes_over_ends_the_menu(chat: Chat) -> None:
    await published(chat)
    await chat.say("ida", "hello")
    conversation = (await chat.the_conversation()).conversation.id
    await assigning.set_presence(chat.owner, "ready")
    await changing.assign(chat.owner, conversation, chat.owner.id)
    await jobs.enqueue("menus.settle", {})
    await chat.desk.work()
    before = len(CHAT.pinned)
    await chat.say("ida", "1")
    assert len(CHAT.pinned) == before
    assert (await the_session())["outcome"] == "human"


async def test_the_narrowest_menu_is_used_and_one_taken_off_asks_nobody(chat: Chat) -> None:
    everywhere = await service.create_menu(chat.owner, None, None, "Everywhere", starter(("en",)))
    await service.publish(chat.owner, everywhere, "")
    own = Tree(steps=(Ask(id="s1", words={"en": "Ours?"}, options=(Option(id="s2", words={"en": "Yes"}),)),), counter=2)
    menu = await published_here(chat, own)
    await chat.say("ida", "hello")
    assert "Ours?" in CHAT.pinned[-1].text
    await service.take_off(chat.owner, menu)
    await chat.say("bo", "hello")
    assert "What is it about?" in CHAT.pinned[-1].text


async def published_here(chat: Chat, tree: Tree) -> int:
    menu = await service.create_menu(chat.owner, chat.owner.clients[0], None, "Ours", tree)
    await service.publish(chat.owner, menu, "")
    return menu


async def test_a_share_gets_the_other_version_and_always_the_same(chat: Chat) -> None:
    menu = await published(chat)
    other = Tree(
        steps=(Ask(id="s1", words={"en": "New?"}, options=(Option(id="s2", words={"en": "Yes"}),)),), counter=2
    )
    await published(chat, other, share=40)
    found = await service.get_menu(chat.owner, menu)
    assert found.rival is not None
    assert (found.version(found.live), found.version(found.rival)) != (None, None)
    given = [sessions.gets_rival(menu, found.rival, contact, 40) for contact in range(2000)]
    assert 700 < sum(given) < 900
    assert given == [sessions.gets_rival(menu, found.rival, contact, 40) for contact in range(2000)]


async def test_roll_back_gives_everyone_the_earlier_version(chat: Chat) -> None:
    menu = await published(chat)
    first = (await service.get_menu(chat.owner, menu)).live
    assert first is not None
    await published(chat, Tree(steps=(HandOver(id="s1"),), counter=1))
    await service.put_live(chat.owner, menu, first)
    found = await service.get_menu(chat.owner, menu)
    assert (found.live, found.rival, len(found.versions)) == (first, None, 2)
    assert (await service.publications(chat.owner, menu))[0].live == first


async def test_an_agent_may_not_see_menus_and_another_client_s_do_not_exist(chat: Chat) -> None:
    menu = await published(chat)
    agent = await chat.colleague("Tove", ready=False)
    assert await service.list_menus(agent) == []
    with pytest.raises(NotFound):
        await service.get_menu(agent, menu)


async def test_what_a_contact_told_a_menu_can_be_given_out_and_erased(chat: Chat) -> None:
    await published(chat)
    await chat.say("ida", "hello")
    await chat.say("ida", "1")
    await chat.say("ida", "48207")
    contact = (await chat.the_conversation()).conversation.contact
    assert "48207" in str(await personal.export(contact))
    await personal.erase(contact)
    assert "48207" not in str(await personal.export(contact))
    assert "48207" not in str(await rows("SELECT step FROM menus_answered"))
