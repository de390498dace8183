"""A call from its first ring to its end, however it ends and however often that is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from polydesk import TryLater, db, jobs
from polydesk.conversations import changing
from polydesk.conversations import service as conversations
from polydesk.types import Scope
from polydesk_voice import places
from polydesk_voice.calls import talking, wrapping_up
from polydesk_voice.happenings import Incoming, MessageTaken, Progressed, Ready, Unwaited
from polydesk_voice.phones import service as phones
from polydesk_voice.plan import HangUp, Meet, Speak, Wait
from polydesk_voice.queueing import settings as queueing
from polydesk_voice.queueing.settings import QueueSettings

from .shared import data_of, talking_to


async def test_a_call_waits_rings_is_answered_and_wrapped_up(office: Any) -> None:
    caller = await office.rings()
    assert [type(act) for act in await office.plan(caller)] == [Wait]
    assert (await office.call())["state"] == "queued"

    agent = await office.agent("Ann")
    assert office.provider.dialled[-1].endpoint == "client:ann"
    assert (await office.call())["state"] == "ringing"
    hers = await office.picks_up()
    call = await office.call()
    assert (call["state"], call["person"]) == ("talking", agent.id)
    assert ("turn", caller) in office.provider.told
    (his,), (mine,) = await office.plan(caller), await office.plan(hers)
    assert isinstance(his, Meet)
    assert isinstance(mine, Meet)
    assert his.room == mine.room == call["room"]

    await office.over(caller)
    call = await office.call()
    assert (call["state"], call["outcome"]) == ("ended", "answered")
    assert ("hang_up", hers) in office.provider.told
    assert (await phones.of(agent.id)).state == "wrapping_up"
    await wrapping_up.finish(agent, call["id"], category="Late parcel", resolved=True)
    assert (await phones.of(agent.id)).state == "idle"
    opened = await conversations.open_conversation(office.owner, call["conversation"])
    assert (opened.conversation.status, opened.conversation.category) == ("solved", "Late parcel")
    assert await office.kinds() == [
        "call.began",
        "call.queued",
        "call.rang",
        "call.answered",
        "call.talked",
        "call.ended",
        "call.wrapped_up",
    ]
    assert (await data_of("call.wrapped_up"))["resolved"] is True


async def test_everything_may_come_twice_and_late(office: Any) -> None:
    _agent, caller, hers = await talking_to(office)
    party = office.provider.dialled[-1]
    again = await office.tell(Ready(leg=hers, key=f"ready:{party.id}", token=party.token))
    assert again == await office.plan(hers)
    stranger = await office.tell(Ready(leg="another", key="x", token=party.token))
    assert stranger == (HangUp(),)
    await office.over(caller)
    before = await office.kinds()
    await office.over(caller)
    await office.tell(Unwaited(leg=caller, key="late", why="hangup"))
    await office.tell(Progressed(leg=hers, key="late too", progress="completed"))
    await office.tell(Progressed(leg=hers, key="out of order", progress="ringing", sequence=0))
    assert await office.kinds() == before
    assert len(await db.fetch("SELECT id FROM voice_call")) == 1


async def test_hanging_up_in_the_queue_is_an_abandoned_call(office: Any) -> None:
    caller = await office.rings()
    await office.tell(Unwaited(leg=caller, key="left", why="hangup"))
    assert (await office.call())["outcome"] == "abandoned"
    assert (await data_of("call.left"))["why"] == "abandoned"
    agent = await office.agent("Ann")
    assert not office.provider.dialled
    assert (await phones.of(agent.id)).state == "idle"


async def test_whoever_does_not_answer_is_away_and_the_caller_keeps_the_place(office: Any) -> None:
    await office.agent("Ann")
    caller = await office.rings()
    queued = (await office.call())["queued_at"]
    first = office.provider.dialled[-1]
    bob = await office.agent("Bob")
    await office.over(f"leg-{first.id}", "no_answer")
    call = await office.call()
    assert (call["state"], call["person"], call["queued_at"]) == ("ringing", bob.id, queued)
    assert office.provider.dialled[-1].endpoint == "client:bob"
    ann = (await db.fetch("SELECT presence FROM pd_person WHERE name = 'Ann'"))[0]
    assert ann["presence"] == "away"
    await office.picks_up()
    assert [type(act) for act in await office.plan(caller)] == [Meet]


async def test_one_agent_is_never_rung_for_two_calls(office: Any) -> None:
    await office.agent("Ann")
    await office.rings()
    second = await office.rings("+995555000222")
    assert len(office.provider.dialled) == 1
    assert (await office.call())["state"] == "queued"
    assert [type(act) for act in await office.plan(second)] == [Wait]


async def test_the_agent_hangs_up(office: Any) -> None:
    agent, caller, _hers = await talking_to(office)
    await talking.hang_up(agent, (await office.call())["id"])
    await office.desk.work()
    assert (await office.call())["outcome"] == "answered"
    assert ("hang_up", caller) in office.provider.told
    assert (await data_of("call.ended"))["by"] == "agent"


async def test_a_failed_dial_says_why_and_the_caller_waits_on(office: Any) -> None:
    await office.agent("Ann")
    await office.rings()
    await office.over(f"leg-{office.provider.dialled[-1].id}", "failed", reason="21211 invalid number")
    assert (await office.call())["state"] == "queued"
    rows = await db.fetch("SELECT data FROM pd_item WHERE kind = 'assigned' ORDER BY id DESC LIMIT 1")
    assert "21211 invalid number" in rows[0]["data"]


async def test_consent_is_heard_first_where_calls_are_recorded(office: Any) -> None:
    await places.keep(Scope(office.owner.clients[0]), records=True, consent="en: We record.\nfr: On enregistre.")
    caller = await office.rings()
    first = (await office.plan(caller))[0]
    assert isinstance(first, Speak)
    assert first.text == "We record."
    await office.agent("Ann")
    hers = await office.picks_up()
    (room,) = await office.plan(hers)
    assert room.records


async def test_hidden_callers_are_not_one_person(office: Any) -> None:
    await office.rings("anonymous")
    await office.rings("anonymous")
    assert len(await db.fetch("SELECT id FROM pd_contact")) == 2


async def test_news_that_never_comes_ends_a_dead_call(office: Any) -> None:
    await office.rings()
    await db.fetch("UPDATE voice_leg SET began_at = {}", datetime.now(UTC) - timedelta(minutes=5))
    office.provider.alive = False
    await jobs.enqueue("voice.sweep")
    await office.desk.work()
    assert (await office.call())["state"] == "ended"


async def test_one_who_is_gone_before_the_call_was_taken_in_leaves_no_living_call(office: Any) -> None:
    await office.over("hasty")
    await office.tell(Incoming(leg="hasty", key="incoming:hasty", caller="+995555000111", called="+995322000111"))
    call = await office.call()
    assert (call["state"], call["outcome"]) == ("ended", "left_menu")
    assert await office.plan("hasty") == (HangUp(),)


async def test_without_wrap_up_an_answered_call_is_settled_at_once(office: Any) -> None:
    await queueing.save(office.queue, QueueSettings(wrap_up_seconds=0))
    ann, caller, _hers = await talking_to(office)
    await office.over(caller)
    assert (await phones.of(ann.id)).state == "idle"
    opened = await conversations.open_conversation(office.owner, (await office.call())["conversation"])
    assert opened.conversation.status == "solved"


async def test_a_message_whose_end_is_told_after_the_calls_is_one_all_the_same(office: Any) -> None:
    await places.keep(Scope(office.owner.clients[0]), hours="mon 09:00-09:01")
    caller = await office.rings()
    await office.over(caller)
    await office.tell(MessageTaken(leg=caller, key="m", seconds=12))
    row = await office.call()
    assert row["outcome"] == "voicemail"
    opened = await conversations.open_conversation(office.owner, row["conversation"])
    assert opened.conversation.status == "open"


async def test_the_end_of_a_second_try_does_not_end_the_first(office: Any) -> None:
    _ann, _caller, hers = await talking_to(office)
    token = office.provider.dialled[-1].token
    await office.tell(Progressed(leg="a second try", key="second", progress="no_answer", token=token))
    assert (await office.call())["state"] == "talking"
    assert [type(act) for act in await office.plan(hers)] == [Meet]


async def test_a_caller_whose_conversation_was_solved_by_hand_still_gets_an_agent(office: Any) -> None:
    await office.rings()
    call = await office.call()
    await changing.set_status(office.owner, call["conversation"], "solved")
    await db.fetch("UPDATE voice_call SET queued_at = {}", datetime.now(UTC) - timedelta(seconds=9))
    await office.agent("Ann")
    assert not office.provider.dialled
    await jobs.enqueue("voice.sweep")
    await office.desk.work()
    assert (await office.call())["state"] == "ringing"


async def test_a_provider_that_is_gone_for_good_keeps_no_agent(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    agent, _caller, _hers = await talking_to(office)

    async def gone(*_args: Any) -> Any:
        raise TryLater("down")

    monkeypatch.setattr(office.provider, "look", gone)
    await db.fetch("UPDATE voice_leg SET began_at = {}", datetime.now(UTC) - timedelta(hours=7))
    await jobs.enqueue("voice.sweep")
    await office.desk.work()
    assert (await office.call())["state"] == "ended"
    assert (await phones.of(agent.id)).state != "talking"


async def test_of_two_who_wait_the_first_is_answered_first(office: Any) -> None:
    await office.rings()
    first = await office.call()
    await office.rings("+995555000222")
    second = await office.call()
    await office.agent("Ann")
    states = {row["id"]: row["state"] for row in await db.fetch("SELECT id, state FROM voice_call")}
    assert states == {first["id"]: "ringing", second["id"]: "queued"}
    given = await db.fetch("SELECT conversation FROM pd_item WHERE kind = 'assigned'")
    assert [row["conversation"] for row in given] == [first["conversation"]]
