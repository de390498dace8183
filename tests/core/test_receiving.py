"""What a contact and an agent notice when messages arrive: once, in the right conversation, in any order."""

from __future__ import annotations

import json

from polydesk_stranger import plugin as stranger
from tests.board import Board

from polydesk import db
from polydesk.conversations import changing, replying
from polydesk.conversations import service as conversations
from polydesk.inbound import service as inbound


async def test_a_message_becomes_a_conversation_in_the_list(board: Board) -> None:
    await board.write("bob", "Hello, where is my parcel please?", name="Bob", subject="Parcel", files={"a.txt": "x"})
    opened = await board.the_conversation()
    assert opened.contact.name == "Bob"
    assert opened.conversation.subject == "Parcel"
    assert opened.conversation.language == "en"
    assert [entry.text for entry in opened.entries if entry.kind == "message"] == ["Hello, where is my parcel please?"]
    assert opened.entries[0].files[0].name == "a.txt"


async def test_the_same_delivery_twice_counts_once(board: Board) -> None:
    raw = json.dumps({"id": "n", "from": "bob", "text": "Hi"}).encode()
    assert await board.arrive("same", raw) == 1
    assert await board.arrive("same", raw) == 0
    await board.desk.work()
    assert len((await board.the_conversation()).entries) == 1


async def test_the_same_message_by_two_ways_counts_once(board: Board) -> None:
    raw = json.dumps({"id": "n", "from": "bob", "text": "Hi"}).encode()
    await board.arrive("by one way", raw)
    await board.arrive("by another", raw)
    await board.desk.work()
    assert len((await board.the_conversation()).entries) == 1


async def test_a_reply_joins_its_conversation_and_reopens_it(board: Board) -> None:
    await board.write("bob", "Hi")
    opened = await board.the_conversation()
    item = await replying.reply(board.owner, opened.conversation.id, "Hello Bob", solve=True)
    await board.desk.work()
    assert (await board.the_conversation()).conversation.status == "solved"
    await board.write("bob", "One more thing", reply_to=[f"board-{opened.conversation.id}-{item}"])
    again = await board.the_conversation()
    assert again.conversation.status == "open"
    assert [entry.text for entry in again.entries if entry.kind == "message"] == ["Hi", "Hello Bob", "One more thing"]
    assert "conversation_reopened" in [what for what, _ in stranger.HEARD]


async def test_an_answer_that_arrives_before_its_question_is_one_conversation(board: Board) -> None:
    await board.write("bob", "And another thing", id="second", reply_to=["first"])
    await board.write("bob", "Hi", id="first")
    opened = await board.the_conversation()
    assert [entry.text for entry in opened.entries if entry.kind == "message"] == ["And another thing", "Hi"]


async def test_a_stranger_in_a_thread_is_marked_as_unverified(board: Board) -> None:
    await board.write("bob", "Hi", id="first")
    await board.write("eve", "I am Bob's sister", id="second", reply_to=["first"])
    opened = await board.the_conversation()
    assert [handle.value for handle in opened.unverified] == ["eve"]
    await changing.verify_participant(board.owner, opened.conversation.id, "board", "eve")
    assert (await board.the_conversation()).unverified == ()


async def test_a_ticket_number_is_believed_only_from_who_takes_part(board: Board) -> None:
    await board.write("bob", "Hi")
    number = (await board.the_conversation()).conversation.id
    await board.write("bob", "About my ticket", ticket=number)
    assert len((await board.the_conversation()).entries) == 2
    await board.write("eve", "About that ticket", ticket=number)
    assert len((await conversations.list_conversations(board.owner, "all")).rows) == 2


async def test_an_automatic_answer_is_stored_but_wakes_nobody(board: Board) -> None:
    await board.write("bob", "Hi", id="first")
    opened = await board.the_conversation()
    await changing.set_status(board.owner, opened.conversation.id, "solved")
    await board.write("bob", "I am on holiday", reply_to=["first"], automatic="out of office")
    again = await board.the_conversation()
    assert again.conversation.status == "solved"
    assert again.entries[-1].data["automatic"] == "out of office"


async def test_what_cannot_be_read_is_kept_in_sight_and_stops_nothing(board: Board) -> None:
    await board.arrive("broken", b"{")
    await board.arrive("crash", b'{"crash": "boo"}')
    await board.write("bob", "Hi")
    await board.the_conversation()
    shown = {each.reason for each in await inbound.list_unreadable(board.owner)}
    assert "RuntimeError: boo" in shown
    assert any(reason.startswith("This is not a notice") for reason in shown)
    broken = next(each for each in await inbound.list_unreadable(board.owner) if "notice" in each.reason)
    assert await inbound.raw(board.owner, broken.id) == b"{"
    await inbound.replay(board.owner, broken.id)
    assert len(await inbound.list_unreadable(board.owner)) == 1
    await board.desk.work()
    assert len(await inbound.list_unreadable(board.owner)) == 2


async def test_a_plugin_may_recognise_the_sender_and_the_thread(board: Board) -> None:
    await board.write("bob", "Hi")
    opened = await board.the_conversation()
    stranger.ANSWERS.update(match_contact=opened.contact.id, thread_message=opened.conversation.id)
    await board.write("bob-at-work", "It is me")
    again = await board.the_conversation()
    assert {handle.value for handle in again.contact.handles} == {"bob", "bob-at-work"}


async def test_the_connection_secret_is_not_readable_in_the_database(board: Board) -> None:
    stored = (await db.fetch("SELECT settings FROM pd_account"))[0]["settings"]
    assert "s3cret" not in stored
    assert board.account.settings.token == "s3cret"
