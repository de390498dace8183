"""Whoever talks: hold, transfers, colleagues and numbers brought in, listeners."""

from __future__ import annotations

from typing import Any

import pytest

from polydesk import db
from polydesk.conversations import service as conversations
from polydesk.errors import Invalid, NotFound
from polydesk_voice.calls import originate, talking
from polydesk_voice.phones import service as phones
from polydesk_voice.plan import Meet, Wait

from .shared import talking_to


async def test_hold_mute_and_pause(office: Any) -> None:
    agent, caller, hers = await talking_to(office)
    call = (await office.call())["id"]
    await talking.hold(agent, call, True)
    await office.desk.work()
    assert [type(act) for act in await office.plan(caller)] == [Wait]
    assert [type(act) for act in await office.waits(caller)] == [Wait]
    await talking.hold(agent, call, False)
    await talking.mute(agent, call, True)
    await office.desk.work()
    assert [type(act) for act in await office.plan(caller)] == [Meet]
    assert ("mute", (hers, True)) in office.provider.told
    with pytest.raises(NotFound):
        await talking.hold(office.owner, call, True)


async def test_a_warm_transfer_speaks_first(office: Any) -> None:
    ann, caller, hers = await talking_to(office)
    bob = await office.agent("Bob")
    call = (await office.call())["id"]
    await talking.bring_in(ann, call, person=bob.id, way="warm")
    await office.desk.work()
    assert [type(act) for act in await office.plan(caller)] == [Wait]
    with pytest.raises(Invalid):
        await talking.complete(ann, call)
    his = await office.picks_up()
    assert [type(act) for act in await office.plan(his)] == [Meet]
    assert [type(act) for act in await office.plan(hers)] == [Meet]
    await talking.complete(ann, call)
    await office.desk.work()
    assert [type(act) for act in await office.plan(caller)] == [Meet]
    row = await office.call()
    assert (row["state"], row["person"]) == ("talking", bob.id)
    assert (await phones.of(ann.id)).state == "wrapping_up"
    assert (await conversations.open_conversation(office.owner, row["conversation"])).conversation.assignee == bob.id
    await office.over(caller)
    talked = await db.fetch("SELECT person FROM pd_item WHERE kind = 'call.talked' ORDER BY id")
    assert [each["person"] for each in talked] == [ann.id, bob.id]


async def test_a_blind_transfer_that_nobody_answers_comes_back_to_the_queue(office: Any) -> None:
    ann, caller, _hers = await talking_to(office)
    bob = await office.agent("Bob")
    call = (await office.call())["id"]
    await talking.bring_in(ann, call, person=bob.id, way="blind")
    await office.desk.work()
    assert (await phones.of(ann.id)).state == "wrapping_up"
    await office.over(f"leg-{office.provider.dialled[-1].id}", "no_answer")
    row = await office.call()
    assert row["state"] == "queued"
    assert [type(act) for act in await office.plan(caller)] == [Wait]


async def test_a_number_is_brought_in_and_a_failed_one_gives_the_caller_back(office: Any) -> None:
    ann, caller, _hers = await talking_to(office)
    call = (await office.call())["id"]
    await talking.bring_in(ann, call, number="+995 32 000 00 01", way="warm")
    await office.desk.work()
    await office.over(f"leg-{office.provider.dialled[-1].id}", "busy")
    await talking.send_away(ann, call)
    await office.desk.work()
    assert [type(act) for act in await office.plan(caller)] == [Meet]
    await talking.bring_in(ann, call, number="+995320000002", way="conference")
    await office.desk.work()
    third = await office.picks_up()
    assert [type(act) for act in await office.plan(third)] == [Meet]
    await office.over(caller)
    assert ("hang_up", third) in office.provider.told


async def test_a_supervisor_listens_and_whispers(office: Any) -> None:
    _ann, _caller, hers = await talking_to(office)
    call = (await office.call())["id"]
    await phones.set_up(office.owner, "client", "mara")
    await talking.monitor(office.owner, call, "listen")
    await office.desk.work()
    party = await office.picks_up()
    (heard,) = await office.plan(party)
    assert (heard.role, heard.room) == ("listen", (await office.call())["room"])
    await talking.monitor(office.owner, call, "whisper")
    await office.desk.work()
    (heard,) = await office.plan(party)
    ann_leg = (await db.fetch("SELECT id FROM voice_leg WHERE name = {}", hers))[0]["id"]
    assert (heard.role, heard.only_to) == ("whisper", ann_leg)
    await office.over(party)
    assert (await office.call())["state"] == "talking"
    assert (await phones.of(office.owner.id)).state == "idle"


async def test_whoever_asks_a_colleague_and_leaves_before_they_answer_has_transferred(office: Any) -> None:
    ann, caller, _hers = await talking_to(office)
    bob = await office.agent("Bob")
    call = (await office.call())["id"]
    await talking.bring_in(ann, call, person=bob.id, way="warm")
    await office.desk.work()
    await talking.hang_up(ann, call)
    await office.desk.work()
    assert [type(act) for act in await office.plan(caller)] == [Wait]
    await office.picks_up()
    assert [type(act) for act in await office.plan(caller)] == [Meet]
    row = await office.call()
    assert (row["state"], row["person"]) == ("talking", bob.id)


async def test_a_call_we_made_can_be_sent_to_a_queue(office: Any) -> None:
    ann = await office.agent("Ann")
    call = await originate.start(office.account, ann.id, "+995555000333")
    await office.desk.work()
    await office.picks_up()
    theirs = await office.picks_up()
    bob = await office.agent("Bob")
    await talking.to_queue(ann, call, office.queue)
    await office.desk.work()
    assert (await office.call())["person"] == bob.id
    await office.picks_up()
    assert [type(act) for act in await office.plan(theirs)] == [Meet]


async def test_a_listener_leaves_a_room_that_becomes_empty(office: Any) -> None:
    ann, _caller, _hers = await talking_to(office)
    call = (await office.call())["id"]
    await phones.set_up(office.owner, "client", "mara")
    await talking.monitor(office.owner, call, "listen")
    await office.desk.work()
    ear = await office.picks_up()
    await talking.to_queue(ann, call, office.queue)
    await office.desk.work()
    assert ("hang_up", ear) in office.provider.told
    assert (await phones.of(office.owner.id)).state == "idle"


async def test_who_hangs_up_on_the_way_to_a_number_was_answered_and_is_not_counted_twice(office: Any) -> None:
    ann, caller, _hers = await talking_to(office)
    call = (await office.call())["id"]
    await talking.bring_in(ann, call, number="+995320000002", way="blind")
    await office.desk.work()
    await office.over(caller)
    assert (await office.call())["outcome"] == "answered"
    assert "call.left" not in await office.kinds()


async def test_the_hold_of_one_taken_back_by_another_ends(office: Any) -> None:
    ann, _caller, _hers = await talking_to(office)
    bob = await office.agent("Bob")
    call = (await office.call())["id"]
    await talking.hold(ann, call, True)
    await talking.bring_in(ann, call, person=bob.id, way="warm")
    await office.desk.work()
    await office.picks_up()
    await talking.hold(bob, call, False)
    held = await db.fetch("SELECT held_at FROM voice_leg WHERE role = 'agent' AND held_at IS NOT NULL")
    assert held == []
