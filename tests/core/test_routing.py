"""Who gets a conversation, exactly once, and why."""

from __future__ import annotations

import asyncio

from polydesk_stranger import plugin as stranger
from tests.board import Board

from polydesk import db, plugins
from polydesk.conversations import assigning, changing
from polydesk.conversations import service as conversations
from polydesk.i18n import render
from polydesk.queues import service as queues
from polydesk.staff import people


async def test_the_agent_who_speaks_the_language_gets_it_and_the_reason_can_be_read(board: Board) -> None:
    await board.colleague("Ann", speaks=("en",))
    ben = await board.colleague("Ben", speaks=("en", "fr"))
    chloe = await board.colleague("Chloe", speaks=("fr", "en"))
    await board.write("luc", "Bonjour, où est mon colis s'il vous plaît ?")
    opened = await board.the_conversation()
    assert opened.assignee_name == "Chloe"
    why = [render(reason) for reason in next(e for e in opened.entries if e.kind == "assigned").reasons]
    assert "French is their first language" in why
    assert "Ann: does not speak French" in why
    await assigning.set_presence(chloe, "away")
    await board.write("lea", "Bonjour, je voudrais savoir où est ma commande", id="other")
    rows = (await conversations.list_conversations(board.owner, "all")).rows
    assert rows[0].assignee == ben.id


async def test_the_least_loaded_agent_is_preferred_and_a_full_one_is_passed_over(board: Board) -> None:
    ann = await board.colleague("Ann")
    ben = await board.colleague("Ben")
    await people.update_person(board.owner, ann.id, name="Ann", speaks=("en",), capacity=1, active=True)
    for number in range(4):
        await board.write(f"person-{number}", "Hello there, where is my parcel please?")
    rows = (await conversations.list_conversations(board.owner, "all")).rows
    assert sorted(row.assignee_name for row in rows) == ["Ann", "Ben", "Ben", "Ben"]
    assert ben.id in [row.assignee for row in rows]


async def test_nobody_ready_means_it_waits_until_somebody_is(board: Board) -> None:
    ann = await board.colleague("Ann", ready=False)
    await board.write("bob", "Hello there, where is my parcel please?")
    assert (await board.the_conversation()).conversation.assignee is None
    await assigning.set_presence(ann, "ready")
    await board.desk.work()
    assert (await board.the_conversation()).conversation.assignee == ann.id


async def test_two_workers_never_give_one_conversation_twice(board: Board) -> None:
    for number in range(5):
        await board.colleague(f"Agent{number}", ready=False)
    await board.write("bob", "Hello there, where is my parcel please?")
    await db.fetch("UPDATE pd_person SET presence = 'ready' WHERE is_owner = {}", False)
    number = (await board.the_conversation()).conversation.id
    given = await asyncio.gather(*(assigning.assign(number) for _ in range(10)))
    assert len([person for person in given if person is not None]) == 1
    opened = await board.the_conversation()
    assert [entry.kind for entry in opened.entries].count("assigned") == 1


async def test_capacity_holds_when_many_are_given_at_once(board: Board) -> None:
    ann = await board.colleague("Ann", ready=False)
    await people.update_person(board.owner, ann.id, name="Ann", speaks=("en",), capacity=2, active=True)
    for number in range(6):
        await board.drop(f"person-{number}", "Hello there, where is my parcel please?")
    await board.desk.work()
    await assigning.set_presence(ann, "ready")
    rows = (await conversations.list_conversations(board.owner, "all")).rows
    await asyncio.gather(*(assigning.assign(row.id) for row in rows))
    rows = (await conversations.list_conversations(board.owner, "all")).rows
    assert len([row for row in rows if row.assignee == ann.id]) == 2


async def test_a_strategy_weighs_as_the_queue_says(board: Board) -> None:
    await board.colleague("Ann", speaks=("en",))
    await board.colleague("Chloe", speaks=("fr",))
    queue = await queues.save_queue(
        board.owner, client=board.owner.clients[0], market=None, name="All", weights={"routing.language": 0}
    )
    assert queue
    await board.write("luc", "Bonjour, où est mon colis s'il vous plaît ?")
    opened = await board.the_conversation()
    why = [render(reason) for reason in next(e for e in opened.entries if e.kind == "assigned").reasons]
    assert not any("language" in reason for reason in why)


async def test_a_broken_strategy_is_left_out_and_named(board: Board) -> None:
    ann = await board.colleague("Ann")
    stranger.ANSWERS["strategy_raises"] = True
    await board.write("bob", "Hello there, where is my parcel please?")
    assert (await board.the_conversation()).conversation.assignee == ann.id
    assert ("stranger", "stranger.veteran.score") in [(f.plugin, f.hook) for f in await plugins.recorded()]


async def test_only_members_of_a_queue_are_given_its_conversations(board: Board) -> None:
    await board.colleague("Ann")
    ben = await board.colleague("Ben")
    await queues.save_queue(board.owner, client=board.owner.clients[0], market=None, name="Experts", members=(ben.id,))
    for number in range(3):
        await board.write(f"person-{number}", "Hello there, where is my parcel please?")
    rows = (await conversations.list_conversations(board.owner, "all")).rows
    assert {row.assignee for row in rows} == {ben.id}


async def test_a_plugin_may_choose_the_queue(board: Board) -> None:
    await queues.save_queue(board.owner, client=board.owner.clients[0], market=None, name="First")
    vip = await queues.save_queue(board.owner, client=board.owner.clients[0], market=None, name="VIP")
    stranger.ANSWERS["choose_queue"] = vip
    await board.write("bob", "Hi")
    opened = await board.the_conversation()
    assert opened.queue_name == "VIP"
    assert ("queue_entered", vip) in stranger.HEARD


async def test_given_back_it_waits_again(board: Board) -> None:
    ann = await board.colleague("Ann", ready=False)
    await board.write("bob", "Hi")
    number = (await board.the_conversation()).conversation.id
    await changing.assign(board.owner, number, ann.id)
    assert (await conversations.list_conversations(ann, "mine")).rows
    await changing.assign(board.owner, number, None)
    assert (await conversations.list_conversations(board.owner, "unassigned")).rows


async def test_whoever_is_engaged_just_now_is_passed_over_with_the_reason(board: Board) -> None:
    await board.colleague("Ann")
    await board.write("bob", "Hello there, where is my parcel please?")
    number = (await board.the_conversation()).conversation.id
    await changing.assign(board.owner, number, None)
    await changing.set_tags(board.owner, number, ("fishing",))
    assert await assigning.assign(number) is None
    assert (await board.the_conversation()).conversation.assignee is None
    await changing.set_tags(board.owner, number, ())
    assert await assigning.assign(number) is not None


async def test_one_whom_nobody_understands_does_not_hold_up_the_others(board: Board) -> None:
    ann = await board.colleague("Ann", speaks=("en",), ready=False)
    await board.write("luc", "Bonjour, où est mon colis s'il vous plaît ?")
    await board.write("bob", "Hello there, where is my parcel please?", id="second")
    await assigning.set_presence(ann, "ready")
    await board.desk.work()
    rows = (await conversations.list_conversations(board.owner, "all")).rows
    assert {row.language: row.assignee_name for row in rows} == {"fr": "", "en": "Ann"}
