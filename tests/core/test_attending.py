"""A contact who is there now: opened, asked and handed over at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from polydesk_stranger import plugin as stranger
from tests.board import Board

from polydesk import db
from polydesk.conversations import assigning, attending
from polydesk.conversations import service as conversations
from polydesk.errors import NotFound
from polydesk.queues import service as queues
from polydesk.types import Choice, Handle, Learned, Prompt, Step, Text


async def opened(board: Board, number: str = "+995555000111") -> attending.Opened:
    """Somebody is there."""
    async with db.transaction():
        return await attending.open(
            board.account,
            Handle("phone", number, "Ida"),
            kind="stranger.order",
            direction="in",
            data={"what": "a call"},
        )


async def test_the_same_number_is_the_same_contact_and_each_matter_its_own(board: Board) -> None:
    first, second = await opened(board), await opened(board)
    assert first.contact.id == second.contact.id
    assert first.conversation.id != second.conversation.id
    assert (await conversations.list_conversations(board.owner, "all")).rows[0].contact_name == "Ida"


async def test_plugins_ask_at_once_and_what_was_learned_is_kept(board: Board) -> None:
    it = await opened(board)
    asked = Prompt(text="Which?", choices=(Choice(value="a", label="Orders"),))
    wanted = Step(ask=asked, learned=Learned(category="Parcel", language="fr"))
    stranger.ANSWERS["next_step"] = lambda _conversation, _contact, _item: wanted
    step = await attending.ask(it.conversation, it.contact, it.item)
    assert step is not None
    assert step.ask == asked
    now = await attending.load(it.conversation.id)
    assert (now.category, now.language) == ("Parcel", "fr")
    rows = (await conversations.list_conversations(board.owner, "unassigned")).rows
    assert rows == ()


async def test_whoever_does_not_take_it_gives_it_back_to_its_old_place(board: Board) -> None:
    queue = await queues.save_queue(board.owner, client=board.owner.clients[0], market=None, name="Calls")
    ann = await board.colleague("Ann")
    it = await opened(board)
    since = datetime.now(UTC) - timedelta(minutes=3)
    async with db.transaction():
        await attending.hand_over(it.conversation.id, queue, Text("Because."), since=since)
    assert await assigning.assign(it.conversation.id) == ann.id
    async with db.transaction():
        await attending.give_back(it.conversation.id, ann.id, Text("It rang in vain."), since=since, away=True)
    rows = await db.fetch("SELECT assignee, waiting_since FROM pd_conversation WHERE id = {}", it.conversation.id)
    assert rows[0]["assignee"] is None
    assert db.moment(rows[0]["waiting_since"]) == since
    assert (await db.fetch("SELECT presence FROM pd_person WHERE id = {}", ann.id))[0]["presence"] == "away"


async def test_a_queue_of_another_client_is_not_chosen(board: Board) -> None:
    it = await opened(board)
    chosen, _reason = await attending.queue_for(it.conversation.id, 10_000)
    assert chosen != 10_000
    with pytest.raises(NotFound):
        await attending.load(10_000)
