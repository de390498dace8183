"""Calls that agents begin, and phones that must prove a person answered."""

from __future__ import annotations

from typing import Any

import pytest

from polydesk import db
from polydesk.errors import Invalid
from polydesk_voice.calls import originate, talking
from polydesk_voice.phones import service as phones
from polydesk_voice.plan import Ask, Meet, Wait


async def test_calling_somebody_rings_the_agent_first(office: Any) -> None:
    agent = await office.agent("Ann")
    call = await originate.start(office.account, agent.id, "+995 555 000 333", name="Nino")
    await office.desk.work()
    await office.picks_up()
    assert office.provider.dialled[-1].endpoint == "number:+995555000333"
    with pytest.raises(Invalid):
        await originate.start(office.account, agent.id, "+995555000444")
    await office.over(f"leg-{office.provider.dialled[-1].id}", "busy")
    row = await office.call()
    assert (row["id"], row["outcome"]) == (call, "busy")
    assert (await phones.of(agent.id)).state == "wrapping_up"
    assert len(await db.fetch("SELECT id FROM voice_call")) == 1


async def test_a_number_as_phone_must_prove_that_a_person_answered(office: Any) -> None:
    agent = await office.agent("Ann")
    await phones.set_up(agent, "number", "+995 599 000 001")
    caller = await office.rings()
    hers = await office.picks_up()
    assert [type(act) for act in await office.plan(hers)] == [Ask]
    assert [type(act) for act in await office.plan(caller)] == [Wait]
    await office.presses(hers, "1")
    assert [type(act) for act in await office.plan(hers)] == [Meet]
    assert (await office.call())["state"] == "talking"


async def test_a_call_of_ours_passed_on_to_nobody_waits_in_a_queue(office: Any) -> None:
    ann = await office.agent("Ann")
    call = await originate.start(office.account, ann.id, "+995555000333")
    await office.desk.work()
    await office.picks_up()
    theirs = await office.picks_up()
    bob = await office.agent("Bob")
    await talking.bring_in(ann, call, person=bob.id, way="blind")
    await office.desk.work()
    await office.over(f"leg-{office.provider.dialled[-1].id}", "no_answer")
    row = await office.call()
    assert (row["state"], row["queue"]) == ("queued", office.queue)
    assert [type(act) for act in await office.plan(theirs)] == [Wait]
