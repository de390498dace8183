"""Replies: sent once, back to the agent when they fail, never lost when the service is down."""

from __future__ import annotations

import json

import pytest
from polydesk_stranger import plugin as stranger
from polydesk_stranger.channel import BOARD
from tests.board import Board

from polydesk import Invalid, OutcomeUnknown, Refused, TryLater, db
from polydesk.conversations import replying
from polydesk.conversations import service as conversations


async def _asked(board: Board) -> int:
    await board.write("bob", "Hi", subject="Parcel")
    return (await board.the_conversation()).conversation.id


async def test_a_reply_reaches_the_channel_and_waits_for_the_contact(board: Board) -> None:
    conversation = await _asked(board)
    await replying.reply(board.owner, conversation, "Hello Bob")
    await board.desk.work()
    opened = await board.the_conversation()
    assert [sent.text for sent in BOARD.pinned] == ["Hello Bob"]
    assert [handle.value for handle in BOARD.pinned[0].to] == ["bob"]
    assert opened.conversation.status == "waiting"
    assert opened.conversation.assignee == board.owner.id
    assert next(entry for entry in opened.entries if entry.direction == "out").delivery == "sent"


async def test_pressing_send_twice_sends_once(board: Board) -> None:
    conversation = await _asked(board)
    first = await replying.reply(board.owner, conversation, "Hello", once="press")
    assert await replying.reply(board.owner, conversation, "Hello", once="press") == first
    await board.desk.work()
    assert len(BOARD.pinned) == 1


async def test_a_refused_reply_comes_back_with_the_services_words(board: Board) -> None:
    conversation = await _asked(board)
    BOARD.answers.append(Refused("550 no such board"))
    await replying.reply(board.owner, conversation, "Hello", solve=True)
    await board.desk.work()
    opened = await board.the_conversation()
    entry = next(entry for entry in opened.entries if entry.direction == "out")
    assert (entry.delivery, entry.delivery_reason) == ("failed", "550 no such board")
    assert opened.conversation.status == "open"
    assert opened.has_failure
    assert ("message_failed", "550 no such board") in stranger.HEARD


@pytest.mark.parametrize("trouble", [TryLater("421 busy"), OutcomeUnknown("line broke"), RuntimeError("bug")])
async def test_a_reply_that_cannot_go_now_goes_later(board: Board, trouble: Exception) -> None:
    conversation = await _asked(board)
    BOARD.answers.append(trouble)
    await replying.reply(board.owner, conversation, "Hello")
    await board.desk.work()
    assert BOARD.pinned == []
    entry = next(entry for entry in (await board.the_conversation()).entries if entry.direction == "out")
    assert str(trouble) in entry.delivery_reason
    await db.fetch("UPDATE pd_job SET run_at = created_at")
    await board.desk.work()
    assert [sent.external_id for sent in BOARD.pinned] == [f"board-{conversation}-{entry.id}"]
    # Only when the first attempt may have reached the service is the agent told that it went twice.
    assert BOARD.pinned[0].again is isinstance(trouble, OutcomeUnknown)
    told = [e for e in (await board.the_conversation()).entries if e.kind == "delivery" and e.data.get("again")]
    assert bool(told) is isinstance(trouble, OutcomeUnknown)


async def test_news_of_a_failure_reaches_the_message_it_is_about(board: Board) -> None:
    conversation = await _asked(board)
    item = await replying.reply(board.owner, conversation, "Hello")
    await board.desk.work()
    news = {"status_of": f"board-{conversation}-{item}", "state": "failed", "reason": "board burnt", "recipient": "bob"}
    await board.arrive("bounce", json.dumps(news).encode())
    await board.desk.work()
    opened = await board.the_conversation()
    entry = next(entry for entry in opened.entries if entry.direction == "out")
    assert (entry.delivery, entry.delivery_reason) == ("failed", "board burnt")
    assert opened.conversation.status == "open"


async def test_late_news_does_not_undo_what_is_known(board: Board) -> None:
    conversation = await _asked(board)
    item = await replying.reply(board.owner, conversation, "Hello")
    await board.desk.work()
    for name, state in (("1", "read"), ("2", "delivered"), ("3", "read")):
        news = f'{{"status_of": "board-{conversation}-{item}", "state": "{state}"}}'
        await board.arrive(name, news.encode())
        await board.desk.work()
    entry = next(entry for entry in (await board.the_conversation()).entries if entry.direction == "out")
    assert entry.delivery == "read"


async def test_drafts_and_their_files_survive_and_leave_with_the_reply(board: Board) -> None:
    conversation = await _asked(board)
    await replying.save_draft(board.owner, conversation, "reply", "Dear B")
    await replying.add_file(board.owner, conversation, "plan.txt", "text/plain", b"A plan")
    draft = (await board.the_conversation()).composer.draft
    assert (draft.text, [file.name for file in draft.files]) == ("Dear B", ["plan.txt"])
    await replying.reply(board.owner, conversation, "Dear Bob")
    await board.desk.work()
    assert [(file.name, file.data) for file in BOARD.pinned[0].files] == [("plan.txt", b"A plan")]
    assert (await board.the_conversation()).composer.draft.text == ""


async def test_a_note_stays_inside(board: Board) -> None:
    conversation = await _asked(board)
    await replying.note(board.owner, conversation, "He is angry")
    await board.desk.work()
    opened = await board.the_conversation()
    assert [entry.text for entry in opened.entries if entry.kind == "note"] == ["He is angry"]
    assert BOARD.pinned == []
    assert opened.conversation.status == "open"


async def test_what_speaks_against_a_reply_is_said(board: Board) -> None:
    conversation = await _asked(board)
    with pytest.raises(Invalid, match="Write something"):
        await replying.reply(board.owner, conversation, "  ")
    with pytest.raises(Invalid, match="5000"):
        await replying.reply(board.owner, conversation, "x" * 5001)
    with pytest.raises(Invalid, match="Mind your language"):
        await replying.reply(board.owner, conversation, "damn")
    await board.desk.work()
    assert BOARD.pinned == []


async def test_the_list_continues_where_it_stopped(board: Board) -> None:
    for number in range(60):
        await board.drop(f"person-{number}", f"Message {number}")
    await board.desk.work()
    seen: list[int] = []
    cursor = ""
    while True:
        page = await conversations.list_conversations(board.owner, "all", cursor)
        seen += [row.id for row in page.rows]
        cursor = page.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 60
