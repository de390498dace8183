"""Calls sent elsewhere at once, and back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from polydesk import db, jobs
from polydesk.errors import Invalid, NotFound
from polydesk.queues import service as queues
from polydesk.testing.fixtures import sign_in
from polydesk.types import Scope
from polydesk_voice import places
from polydesk_voice.emergency import managing
from polydesk_voice.plan import HangUp, Meet, Speak, Wait


async def test_a_queue_moves_with_who_waits_in_it_and_talks_go_on(office: Any) -> None:
    await office.agent("Ann")
    talking = await office.rings()
    await office.picks_up()
    waiting = await office.rings("+995555000222")
    queued = (await office.call())["queued_at"]
    other = await queues.save_queue(office.owner, client=office.owner.clients[0], market=None, name="Second site")
    made, along = await managing.divert(office.owner, f"queue:{office.queue}", f"queue:{other}", reason="Fire alarm")
    assert along == 1
    call = await office.call()
    assert (call["queue"], call["queued_at"], call["state"]) == (other, queued, "queued")
    assert [type(act) for act in await office.plan(waiting)] == [Wait]
    assert [type(act) for act in await office.plan(talking)] == [Meet]

    await office.rings("+995555000333")
    assert (await office.call())["queue"] == other
    await managing.undo(office.owner, made.id)
    await office.rings("+995555000444")
    assert (await office.call())["queue"] == office.queue
    holds, before = await managing.listing(office.owner)
    assert holds == []
    assert [(each.by, each.undone_by, each.it.reason) for each in before] == [
        ("Mara Olsen", "Mara Olsen", "Fire alarm")
    ]


async def test_a_number_hears_that_nobody_can_be_reached_until_it_is_over(office: Any) -> None:
    until = datetime.now(UTC) + timedelta(minutes=30)
    made, _along = await managing.divert(office.owner, f"account:{office.account.id}", "message", until=until)
    caller = await office.rings()
    assert isinstance((await office.plan(caller))[-1], HangUp)
    await office.over(caller)
    assert (await office.call())["outcome"] == "closed"
    await db.fetch("UPDATE voice_diversion SET until = {} WHERE id = {}", datetime.now(UTC), made.id)
    from polydesk import live

    live.signal(0, "voice.diversions")
    caller = await office.rings("+995555000222")
    assert (await office.call())["state"] == "queued"


async def test_a_place_goes_to_a_number_outside(office: Any) -> None:
    client = office.owner.clients[0]
    with pytest.raises(Invalid):
        await managing.divert(office.owner, f"place:{client}:0", "number", number="soon")
    await managing.divert(office.owner, f"place:{client}:0", "number", number="+995 32 000 00 09")
    caller = await office.rings()
    assert office.provider.dialled[-1].endpoint == "number:+995320000009"
    await office.picks_up()
    assert [type(act) for act in await office.plan(caller)] == [Meet]
    await office.over(caller)
    assert (await office.call())["outcome"] == "answered"


async def test_nobody_moves_what_is_not_theirs(office: Any) -> None:
    ann = await office.agent("Ann")
    with pytest.raises(NotFound):
        await managing.divert(ann, f"queue:{office.queue}", "message")
    with pytest.raises(NotFound):
        await managing.divert(office.owner, "queue:999", "message")


async def test_two_presses_on_screen(client: httpx.AsyncClient, office: Any) -> None:
    await sign_in(client, office.owner.id)
    page = await client.get("/p/voice/emergency")
    token = re.search(r'name="_csrf_token" value="([a-z2-7]{52})"', page.text)
    assert token
    form = {"_csrf_token": token[1], "subject": f"queue:{office.queue}", "target": "message", "until": "60"}
    asked = await client.post("/p/voice/emergency", data=form)
    assert "Yes, now" in asked.text
    assert not await db.fetch("SELECT id FROM voice_diversion")
    done = await client.post("/p/voice/emergency", data={**form, "sure": "yes"})
    assert done.status_code == 303
    page = await client.get("/p/voice/emergency")
    assert "Undo" in page.text
    undone = await client.post("/p/voice/emergency/1/undo", data={"_csrf_token": token[1]})
    assert undone.status_code == 303
    assert await db.fetch("SELECT id FROM voice_diversion WHERE undone_at IS NOT NULL")


async def test_who_rang_when_it_was_pressed_and_was_not_answered_goes_along(office: Any) -> None:
    await office.agent("Ann")
    await office.rings()
    other = await queues.save_queue(office.owner, client=office.owner.clients[0], market=None, name="Second site")
    await managing.divert(office.owner, f"queue:{office.queue}", f"queue:{other}")
    assert (await office.call())["queue"] == office.queue
    await office.over(f"leg-{office.provider.dialled[-1].id}", "no_answer")
    await jobs.enqueue("voice.sweep")
    await office.desk.work()
    assert (await office.call())["queue"] == other


async def test_consent_is_heard_also_where_calls_are_sent_elsewhere(office: Any) -> None:
    client = office.owner.clients[0]
    await places.keep(Scope(client), records=True, consent="en: We record.")
    other = await queues.save_queue(office.owner, client=client, market=None, name="Second site")
    await managing.divert(office.owner, f"account:{office.account.id}", f"queue:{other}")
    caller = await office.rings()
    first = (await office.plan(caller))[0]
    assert isinstance(first, Speak)
    assert first.text == "We record."
