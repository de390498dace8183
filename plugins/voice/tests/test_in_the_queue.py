"""Whoever waits: places kept, calls back, hours, overflow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from polydesk import db, jobs
from polydesk.conversations import service as conversations
from polydesk.queues import service as queues
from polydesk.types import Scope
from polydesk_voice import places
from polydesk_voice.figures.report import Asked, report
from polydesk_voice.happenings import MessageTaken, Ready
from polydesk_voice.phones import service as phones
from polydesk_voice.plan import HangUp, TakeMessage, Wait
from polydesk_voice.queueing import settings as queueing
from polydesk_voice.queueing.settings import QueueSettings

from .shared import data_of


async def test_hanging_up_while_the_agents_phone_rings_frees_the_agent(office: Any) -> None:
    agent = await office.agent("Ann")
    caller = await office.rings()
    assert (await phones.of(agent.id)).state == "ringing"
    await office.over(caller)
    assert (await phones.of(agent.id)).state == "idle"
    assert (await office.call())["outcome"] == "abandoned"
    assert await office.tell(Ready(leg="leg-late", key="k", token=office.provider.dialled[-1].token)) == (HangUp(),)


async def test_closed_leaves_a_message_that_waits_for_agents(office: Any) -> None:
    await places.keep(Scope(office.owner.clients[0]), hours="mon 09:00-09:01", holidays="")
    caller = await office.rings()
    acts = await office.plan(caller)
    assert isinstance(acts[-1], TakeMessage)
    await office.tell(MessageTaken(leg=caller, key="m", seconds=12))
    assert isinstance((await office.plan(caller))[-1], HangUp)
    await office.over(caller)
    row = await office.call()
    assert row["outcome"] == "voicemail"
    opened = await conversations.open_conversation(office.owner, row["conversation"])
    assert opened.conversation.status == "open"
    assert opened.conversation.queue == office.queue


async def test_a_callback_keeps_the_place(office: Any) -> None:
    await queueing.save(office.queue, QueueSettings(callback_after=1, announce_every=1))
    caller = await office.rings()
    past = datetime.now(UTC) - timedelta(seconds=30)
    await db.fetch("UPDATE voice_call SET queued_at = {}, said_at = {}", past, past)
    (music,) = await office.waits(caller)
    assert isinstance(music, Wait)
    assert music.keys == "1"
    assert any("back" in each.text for each in music.says)
    acts = await office.presses(caller, "1")
    assert isinstance(acts[-1], HangUp)
    await office.over(caller)
    assert (await office.call())["outcome"] == "callback"
    agent = await office.agent("Ann")
    await office.picks_up()
    back = await office.call()
    assert (back["direction"], back["state"], back["called"]) == ("out", "dialling", "+995555000111")
    assert office.provider.dialled[-1].endpoint == "number:+995555000111"
    theirs = await office.picks_up()
    row = await office.call()
    assert (row["state"], row["person"]) == ("talking", agent.id)
    await office.over(theirs)
    assert len(await db.fetch("SELECT id FROM pd_conversation")) == 1


async def test_too_long_in_the_queue_does_what_the_queue_says(office: Any) -> None:
    await queueing.save(office.queue, QueueSettings(most_seconds=10, then="voicemail"))
    caller = await office.rings()
    await db.fetch("UPDATE voice_call SET entered_at = {}", datetime.now(UTC) - timedelta(seconds=11))
    acts = await office.waits(caller)
    assert isinstance(acts[-1], TakeMessage)
    assert (await data_of("call.left"))["why"] == "voicemail"
    await office.over(caller)
    assert (await office.call())["outcome"] == "abandoned"


async def test_whom_a_full_queue_cannot_take_goes_elsewhere_and_is_counted(office: Any) -> None:
    other = await queues.save_queue(office.owner, client=office.owner.clients[0], market=None, name="Second")
    await queueing.save(office.queue, QueueSettings(most_waiting=1, then="queue", then_queue=other))
    await queueing.save(other, QueueSettings(most_waiting=1, then="hang_up"))
    await office.rings()
    await office.rings("+995555000222")
    last = await office.rings("+995555000333")
    assert isinstance((await office.plan(last))[-1], HangUp)
    await office.over(last)
    assert (await office.call())["outcome"] == "refused"
    today = datetime.now(UTC).date()
    asked = Asked(
        queues=tuple(await queues.list_queues(office.owner)),
        first=today - timedelta(days=1),
        last=today + timedelta(days=1),
        by="queue",
    )
    rows = {row.queue.id: row.tally for row in (await report(office.owner, asked)).rows if row.queue is not None}
    assert (rows[office.queue].offered, rows[office.queue].blocked) == (1, 2)
    assert (rows[other].offered, rows[other].blocked) == (1, 1)


async def test_queues_do_not_send_callers_to_one_another_for_ever(office: Any) -> None:
    other = await queues.save_queue(office.owner, client=office.owner.clients[0], market=None, name="Second")
    await queueing.save(office.queue, QueueSettings(most_seconds=10, then="queue", then_queue=other))
    await queueing.save(other, QueueSettings(most_seconds=10, then="queue", then_queue=office.queue))
    caller = await office.rings()
    for _number in range(2):
        await db.fetch("UPDATE voice_call SET entered_at = {}", datetime.now(UTC) - timedelta(seconds=11))
        acts = await office.waits(caller)
    assert isinstance(acts[-1], TakeMessage)
    assert (await office.kinds()).count("call.queued") == 2


async def test_an_agent_who_does_not_pick_up_for_a_call_back_leaves_the_place_to_another(office: Any) -> None:
    await queueing.save(office.queue, QueueSettings(callback_after=1, announce_every=1))
    caller = await office.rings()
    await db.fetch("UPDATE voice_call SET queued_at = {}", datetime.now(UTC) - timedelta(seconds=30))
    await office.presses(caller, "1")
    await office.over(caller)
    await office.agent("Ann")
    await office.over(f"leg-{office.provider.dialled[-1].id}", "no_answer")
    asked = (await db.fetch("SELECT callback FROM voice_call ORDER BY id LIMIT 1"))[0]
    assert asked["callback"] == "wanted"
    bob = await office.agent("Bob")
    await office.picks_up()
    assert office.provider.dialled[-1].endpoint == "number:+995555000111"
    await office.picks_up()
    assert (await office.call())["person"] == bob.id
    asked = (await db.fetch("SELECT callback FROM voice_call ORDER BY id LIMIT 1"))[0]
    await office.over(f"leg-{office.provider.dialled[-1].id}")
    assert (await db.fetch("SELECT callback FROM voice_call ORDER BY id LIMIT 1"))[0]["callback"] == "done"


async def test_nobody_is_called_back_on_a_line_they_still_hold(office: Any) -> None:
    await queueing.save(office.queue, QueueSettings(callback_after=1, announce_every=1))
    caller = await office.rings()
    await db.fetch("UPDATE voice_call SET queued_at = {}", datetime.now(UTC) - timedelta(seconds=30))
    await office.presses(caller, "1")
    await office.agent("Ann")
    assert not office.provider.dialled
    await office.over(caller)
    await jobs.enqueue("voice.sweep")
    await office.desk.work()
    assert office.provider.dialled[-1].endpoint == "client:ann"
