"""The visitor has gone: what they have not seen reaches them by mail, once."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from polydesk import db
from polydesk.channels import service as channels
from polydesk.conversations import service as conversations
from polydesk.testing.fixtures import TestDesk
from polydesk.types import Account
from polydesk_webchat import hub, identity, personal, visitors

from .conftest import SECRET, Chat, Visitor


@pytest.fixture
async def mailbox(chat: Chat) -> Account:
    """A mailbox of the same client, which nothing leaves in this test."""
    return await connect_mailbox(chat)


async def connect_mailbox(chat: Chat) -> Account:
    found = channels.find_channel("email")
    assert found is not None
    settings = msgspec.structs.replace(
        found[1].settings(), address="help@acme.example", imap_host="127.0.0.1", imap_port=1, smtp_host="127.0.0.1"
    )
    account = await channels.save_account(
        chat.owner, channel="email", client=chat.owner.clients[0], market=None, name="Mail", settings=settings
    )
    return await channels.load(account)


async def later(minutes: int) -> None:
    """Let this much time have passed in the chat."""
    ago = datetime.now(UTC) - timedelta(minutes=minutes)
    await db.fetch("UPDATE webchat_message SET created_at = {}", ago)
    await db.fetch("UPDATE webchat_visitor SET seen_at = {}", ago)
    await db.fetch("UPDATE pd_job SET run_at = {} WHERE name = 'webchat.unseen'", ago)


async def mailed(chat: Chat, number: int, mailbox: Account) -> list[tuple[str, str]]:
    """What went out by mail in a conversation: to whom, and the words."""
    entries = (await conversations.open_conversation(chat.owner, number)).entries
    return [
        (each.data["to"][0]["value"], each.text)
        for each in entries
        if each.kind == "message" and each.direction == "out" and each.data.get("account") == mailbox.id
    ]


async def test_unseen_answers_follow_by_mail_once(
    desk: TestDesk, chat: Chat, client: httpx.AsyncClient, mailbox: Account
) -> None:
    ann = Visitor(client)
    await ann.say("Où est mon colis, s'il vous plaît ?", name="Ann", email="ann@mail.example")
    await desk.work()
    (number,) = await chat.numbers()
    await chat.answer(number, "Il arrive demain.")
    await chat.answer(number, "Avant midi.")
    await db.fetch("UPDATE pd_job SET run_at = {} WHERE name = 'webchat.unseen'", datetime.now(UTC))
    await desk.work()
    assert await mailed(chat, number, mailbox) == []
    await later(10)
    await desk.work()
    ((to, text),) = await mailed(chat, number, mailbox)
    assert to == "ann@mail.example"
    assert "Il arrive demain." in text
    assert "Avant midi." in text
    await later(10)
    await desk.work()
    assert len(await mailed(chat, number, mailbox)) == 1
    # What comes after that is new, and only that is sent.
    await chat.answer(number, "Voici le lien.")
    await desk.work()
    await later(10)
    await desk.work()
    assert "Il arrive" not in (await mailed(chat, number, mailbox))[1][1]


async def test_what_could_not_be_mailed_yet_is_mailed_as_soon_as_it_can(
    desk: TestDesk, chat: Chat, client: httpx.AsyncClient
) -> None:
    ann = Visitor(client)
    await ann.say("I have a question about it", email="ann@mail.example")
    await desk.work()
    (number,) = await chat.numbers()
    await chat.answer(number, "Here is the answer")
    await desk.work()
    await later(10)
    await desk.work()
    mailbox = await connect_mailbox(chat)
    for _ in range(2):
        await later(10)
        await desk.work()
    ((_to, text),) = await mailed(chat, number, mailbox)
    assert "Here is the answer" in text


async def test_what_was_seen_is_not_mailed_nor_to_nobody(
    desk: TestDesk, chat: Chat, client: httpx.AsyncClient, mailbox: Account
) -> None:
    seen, silent = Visitor(client), Visitor(client)
    await seen.say("I have a question about it", email="ann@mail.example")
    await silent.say("I have a question about it")
    await desk.work()
    for number in await chat.numbers():
        await chat.answer(number, "Here is the answer")
    await desk.work()
    await seen.sign(seen=(await seen.look())["messages"][-1]["id"])
    await later(10)
    await desk.work()
    assert [await mailed(chat, number, mailbox) for number in await chat.numbers()] == [[], []]


async def test_the_proven_address_is_used_before_the_typed_one(
    desk: TestDesk, chat: Chat, client: httpx.AsyncClient, mailbox: Account
) -> None:
    known = identity.sign({"sub": "1", "email": "ann@proven.example", "exp": int(time.time()) + 600}, SECRET)
    await Visitor(client, known).say("I have a question about it", email="other@typed.example")
    await desk.work()
    (number,) = await chat.numbers()
    await chat.answer(number, "Here is the answer")
    await desk.work()
    await later(10)
    await desk.work()
    assert [to for to, _text in await mailed(chat, number, mailbox)] == ["ann@proven.example"]


async def test_the_transcript_only_after_an_answer_and_not_without_end(
    desk: TestDesk, chat: Chat, client: httpx.AsyncClient, mailbox: Account
) -> None:
    ann = Visitor(client)
    ask = {"email": "ann@mail.example"}
    path = f"/p/webchat/{chat.account.address}/transcript"
    await ann.say("Please write this to my victim")
    await desk.work()
    (number,) = await chat.numbers()
    assert (await client.post(path, data=ask, headers=ann.headers)).status_code == 422
    await chat.answer(number, "How may I help?")
    await desk.work()
    codes = [(await client.post(path, data=ask, headers=ann.headers)).status_code for _ in range(5)]
    assert codes == [202, 202, 202, 429, 429]
    sent = await mailed(chat, number, mailbox)
    assert sent[0][0] == "ann@mail.example"
    assert "How may I help?" in sent[0][1]
    assert "Please write this" in sent[0][1]


async def test_what_is_held_of_a_visitor_is_given_out_and_erased(
    desk: TestDesk, chat: Chat, client: httpx.AsyncClient
) -> None:
    ann = Visitor(client)
    await ann.say("My name is Ann", name="Ann", files=[("files", ("a.txt", b"x", "text/plain"))])
    await desk.work()
    (number,) = await chat.numbers()
    contact = (await conversations.open_conversation(chat.owner, number)).contact.id
    (known,) = (await personal.export(contact)).values()
    assert (known["name"], known["messages"][0]["text"]) == ("Ann", "My name is Ann")
    await personal.erase(contact)
    assert (await ann.look())["known"] is False
    assert not await db.fetch("SELECT id FROM webchat_file")


async def test_presence_is_kept_for_many_at_once(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    ann = Visitor(client)
    await ann.say("I have a question about it")
    visitor = await visitors.by_id(1)
    assert visitor is not None
    assert visitor.here
    await visitors.left([1])
    gone = await visitors.by_id(1)
    assert gone is not None
    assert not gone.here
    assert visitors.GONE_AFTER.total_seconds() > hub.HEARTBEAT_SECONDS
