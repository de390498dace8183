"""How long people wait once a menu has handed them over, and where they leave, by channel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.board import Chat

from polydesk import db, jobs
from polydesk.conversations import assigning, attending, changing, replying
from polydesk_menus import outcomes, service, waits

from .conftest import published

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def _version(chat: Chat) -> int:
    live = (await service.get_menu(chat.owner, await published(chat))).live
    assert live is not None
    return live


async def _session(
    chat: Chat, version: int, channel: str, *, waited: float | None, outcome: str = "human", node: str = "s3",
    status: str = "open", kind: str = "message",
) -> None:  # fmt: skip
    """Somebody who was asked for half a minute, and answered so many seconds later."""
    client = chat.owner.clients[0]
    contact = (await db.fetch("INSERT INTO pd_contact (client, name) VALUES ({}, 'Ida') RETURNING id", client))[0]["id"]
    conversation = (
        await db.fetch(
            "INSERT INTO pd_conversation (client, contact, channel, status) VALUES ({}, {}, {}, {}) RETURNING id",
            client,
            contact,
            channel,
            status,
        )
    )[0]["id"]
    session = (
        await db.fetch(
            "INSERT INTO menus_session (conversation, contact, version, node, outcome, started_at, last_at, seconds) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, 30) RETURNING id",
            conversation,
            contact,
            version,
            node,
            outcome,
            BEGAN,
            BEGAN,
        )
    )[0]["id"]
    for again in range(2):
        await db.fetch(
            "INSERT INTO menus_answered (session, item, version, node, step, at) VALUES ({}, {}, {}, {}, '', {})",
            session,
            session * 10 + again,
            version,
            node,
            BEGAN,
        )
    if waited is not None:
        for later in (waited, waited + 500):
            await db.fetch(
                "INSERT INTO pd_item (client, contact, conversation, kind, direction, person, occurred_at) "
                "VALUES ({}, {}, {}, {}, 'out', {}, {})",
                client,
                contact,
                conversation,
                kind,
                chat.owner.id,
                BEGAN + timedelta(seconds=30 + later),
            )


async def test_waits_are_counted_from_the_end_of_the_menu_to_the_first_answer(chat: Chat) -> None:
    version = await _version(chat)
    for seconds in (10, 20, 30, 40, 500):
        await _session(chat, version, "voice", waited=seconds, kind="call.answered")
    await _session(chat, version, "voice", waited=None, status="solved")
    await _session(chat, version, "voice", waited=5, kind="call.rang")
    await _session(chat, version, "sms", waited=3600)
    await _session(chat, version, "sms", waited=-20)
    found = {each.channel: each for each in await waits.waits(version, BEGAN)}
    calls, texts, everybody = found["voice"], found["sms"], found[""]
    assert (calls.handed_over, calls.answered, calls.gave_up) == (7, 5, 1)
    assert (calls.median, calls.long) == (30, 500)
    assert calls.lost.value == 1 / 7
    assert (texts.answered, texts.median) == (2, 3600)
    assert (everybody.handed_over, everybody.answered) == (9, 7)
    assert [each.channel for each in await waits.waits(version, BEGAN, "sms")] == ["", "sms"]
    assert await waits.waits(version, BEGAN + timedelta(days=1)) == ()


async def test_steps_count_people_and_those_who_left_there(chat: Chat) -> None:
    version = await _version(chat)
    for channel, outcome, node in (("voice", "left", "s3"), ("voice", "human", "s6"), ("sms", "left", "s3")):
        await _session(chat, version, channel, waited=None, outcome=outcome, node=node)
    everywhere = await outcomes.outcome(version, BEGAN)
    assert everywhere.came == {"s3": 2, "s6": 1}
    assert everywhere.asked == {"s3": 4, "s6": 2}
    assert everywhere.dropped == {"s3": 2}
    by_phone = await outcomes.outcome(version, BEGAN, channel="voice")
    assert (by_phone.started, by_phone.came, by_phone.dropped) == (2, {"s3": 1, "s6": 1}, {"s3": 1})
    assert await outcomes.channels([version], BEGAN) == ["sms", "voice"]


async def test_whoever_is_gone_before_anybody_had_them_has_left(chat: Chat) -> None:
    version = await _version(chat)
    await chat.say("ida", "hello")
    conversation = (await chat.the_conversation()).conversation.id
    async with db.transaction():
        await attending.settle(conversation)
    await jobs.enqueue("menus.settle", {})
    await chat.desk.work()
    found = await outcomes.outcome(version, datetime(2020, 1, 1, tzinfo=UTC))
    assert (found.left, found.human) == (1, 0)
    assert sum(found.dropped.values()) == 1


async def test_an_agents_reply_is_an_answer(chat: Chat) -> None:
    version = await _version(chat)
    await chat.say("ida", "hello")
    await chat.say("ida", "agent")
    conversation = (await chat.the_conversation()).conversation.id
    await assigning.set_presence(chat.owner, "ready")
    await changing.assign(chat.owner, conversation, chat.owner.id)
    before = await waits.waits(version, datetime(2020, 1, 1, tzinfo=UTC))
    assert (before[0].handed_over, before[0].answered) == (1, 0)
    await replying.reply(chat.owner, conversation, "Here I am.")
    after = await waits.waits(version, datetime(2020, 1, 1, tzinfo=UTC))
    assert after[0].answered == 1
    assert after[0].median is not None
    assert after[0].median < 60
