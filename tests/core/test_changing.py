"""Status, snooze, tags, priority and category: each change shows, and is written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.board import Board

from polydesk import Invalid, db, jobs
from polydesk.conversations import changing, merging
from polydesk.conversations import service as conversations


async def test_snoozed_comes_back_by_itself(board: Board) -> None:
    await board.write("bob", "Hi")
    number = (await board.the_conversation()).conversation.id
    with pytest.raises(Invalid, match="future"):
        await changing.set_status(board.owner, number, "snoozed", until=datetime.now(UTC) - timedelta(minutes=1))
    await changing.set_status(board.owner, number, "snoozed", until=datetime.now(UTC) + timedelta(hours=1))
    assert [row.id for row in (await conversations.list_conversations(board.owner, "snoozed")).rows] == [number]
    await db.fetch("UPDATE pd_conversation SET snoozed_until = {}", datetime.now(UTC) - timedelta(seconds=1))
    await jobs.enqueue("conversations.wake", {})
    await board.desk.work()
    assert (await board.the_conversation()).conversation.status == "open"


async def test_changes_are_items_of_the_timeline(board: Board) -> None:
    await board.write("bob", "Hi")
    number = (await board.the_conversation()).conversation.id
    await changing.set_priority(board.owner, number, 2)
    await changing.set_tags(board.owner, number, ("Lost parcel", "#VIP", "vip"))
    await changing.set_category(board.owner, number, "Delivery / lost")
    await changing.set_status(board.owner, number, "solved")
    opened = await board.the_conversation()
    assert opened.conversation.tags == ("lost-parcel", "vip")
    assert (opened.conversation.priority, opened.conversation.category) == (2, "Delivery / lost")
    kinds = [(entry.kind, entry.person_name) for entry in opened.entries[1:]]
    assert kinds == [(kind, "Mara Olsen") for kind in ("priority", "tags", "category", "status")]


async def test_two_contacts_become_one_with_one_history(board: Board) -> None:
    await board.write("bob", "Hi", name="Bob")
    await board.write("bob-at-work", "Hi again", name="Bob Smith")
    rows = (await conversations.list_conversations(board.owner, "all")).rows
    other, one = rows[0].contact, rows[1].contact
    await merging.merge(board.owner, one, other)
    entries, _ = await conversations.contact_timeline(board.owner, one)
    assert [entry.text for entry in entries if entry.kind == "message"] == ["Hi", "Hi again"]
    await board.write("bob-at-work", "Third")
    assert (await conversations.list_conversations(board.owner, "all")).rows[0].contact == one
