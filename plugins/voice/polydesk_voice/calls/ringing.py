"""An agent was chosen: their phone rings, and whoever answers has the call."""

from __future__ import annotations

from datetime import UTC, datetime

from polydesk import N_, Text, db
from polydesk.conversations import attending
from polydesk.staff import service as staff
from polydesk.types import Account, Conversation
from polydesk_voice import items
from polydesk_voice.calls import ending, hearing, originate, rows
from polydesk_voice.calls.rows import Row
from polydesk_voice.happenings import Heard, Ready
from polydesk_voice.phones import service as phones
from polydesk_voice.plan import Ask, HangUp, Plan
from polydesk_voice.queueing import settings as queueing
from polydesk_voice.spoken import phrases

ACCEPT = "1"


async def assigned(conversation: Conversation, assignee: int | None) -> None:
    """Core has given a call's conversation to somebody: ring them, or call back whoever kept their place."""
    if assignee is None:
        return
    found = await db.fetch(
        "SELECT * FROM voice_call WHERE conversation = {} AND (state = 'queued' "
        "OR (state = 'ringing' AND queued_at IS NOT NULL) OR callback = 'wanted') ORDER BY id DESC LIMIT 1",
        conversation.id,
    )
    if not found:
        return
    if found[0]["callback"] == "wanted":
        await originate.call_back(found[0], assignee)
        return
    settings = await queueing.of(found[0]["queue"])
    now = datetime.now(UTC)
    async with db.transaction():
        call = await rows.hold_still(found[0]["id"])
        if call["state"] == "ringing":
            await _ring_nobody_else(call, assignee, now)
        if call["state"] != "queued" or await _has_another(call, assignee):
            return
        endpoint = await phones.take(assignee, call["id"], now)
        if endpoint is None:
            await attending.give_back(
                call["conversation"], assignee, ending.NO_PHONE, since=call["queued_at"], away=False
            )
            return
        await rows.set_call(call, state="ringing", person=assignee)
        leg = await rows.new_leg(
            call, "agent", now=now, person=assignee, endpoint=endpoint, queue=call["queue"], way="queue"
        )
        await rows.note(call, items.RANG, person=assignee, at=now, queue=call["queue"], queued_at=call["queued_at"])
        await rows.dial(leg, ring_seconds=settings.ring_seconds)


async def _has_another(call: Row, assignee: int) -> bool:
    """Told late: by now somebody else has the conversation."""
    now = await attending.load(call["conversation"])
    return now.assignee != assignee


async def _ring_nobody_else(call: Row, assignee: int, now: datetime) -> None:
    """Somebody took it over while another's phone rang: that one stops."""
    if call["person"] == assignee:
        return
    for leg in await rows.legs_of(call, "agent"):
        await rows.hang_up(leg)
        await rows.set_leg(leg, state="ended", ended_at=now)
        await phones.let_go(leg["person"], call["id"], now)
    await rows.set_call(call, state="queued", person=None)


async def answered(account: Account, leg: Row, call: Row, it: Ready, now: datetime) -> Plan:
    """A phone that we rang was picked up."""
    del account
    if leg["role"] == "agent" and leg["endpoint"].startswith("number:") and not leg["accepted"]:
        return await _make_sure(leg, call, it, now)
    return await _join(leg, it.leg, it.machine, now)


async def accepted(leg: Row, it: Heard, now: datetime) -> Plan:
    """On a number anything may pick up, a mailbox too: only who presses the key has the call."""
    if it.digits != ACCEPT:
        async with db.transaction():
            scene = await rows.enter(leg["id"], now)
            if scene.leg["state"] == "up" and not scene.leg["accepted"]:
                await ending.rang_in_vain(scene.call, scene.leg, now, ending.NOBODY)
        return (HangUp(),)
    await _accept(leg, now)
    return await _join(leg, leg["name"], False, now)


async def _accept(leg: Row, now: datetime) -> None:
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        await rows.set_leg(scene.leg, accepted=True)


async def _make_sure(leg: Row, call: Row, it: Ready, now: datetime) -> Plan:
    reader = (await staff.viewer_by_id(leg["person"])).language
    spoken, language = phrases.spoken(reader)
    words = await hearing.words(call, spoken.take, language)
    plan: Plan = (Ask(says=(words, words), digits=1, timeout=8, language=language),)
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        if scene.leg["state"] in ("dialling", "ringing"):
            await rows.set_leg(scene.leg, state="up", name=it.leg)
            await rows.set_plan(scene.leg, plan)
        elif scene.leg["name"] != it.leg:
            return (HangUp(),)
        return rows.stored_plan(scene.leg)


async def _join(leg: Row, name: str, machine: bool, now: datetime) -> Plan:
    """Into the room with them, and whoever waits for them comes too."""
    consent = await originate.consent(leg)
    settings = await queueing.of(leg["queue"])
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        call, leg = scene.call, scene.leg
        if leg["name"] not in ("", name):
            return (HangUp(),)
        if leg["answered_at"] is not None:
            return rows.stored_plan(leg)
        if leg["state"] == "ended" or call["state"] == "ended":
            return (HangUp(),)
        if machine and leg["role"] == "contact":
            await ending.contact_left(call, leg, "completed", "machine", now)
            return (HangUp(),)
        await rows.set_leg(leg, state="up", name=name, answered_at=now)
        match leg["role"]:
            case "agent":
                plan = await _agent_in(call, leg, settings, now)
            case "contact":
                plan = await originate.contact_in(call, leg, consent, now)
            case "other":
                plan = await _other_in(call, leg, now)
            case _:
                agents = await rows.legs_of(call, "agent")
                plan = hearing.meet(call, leg, only_to=agents[0]["id"] if agents else 0)
                await phones.talks(leg["person"], call["id"], now)
        await rows.set_plan(leg, plan)
        return plan


async def _agent_in(call: Row, leg: Row, settings: queueing.QueueSettings, now: datetime) -> Plan:
    await phones.talks(leg["person"], call["id"], now)
    if call["direction"] == "out" and call["state"] == "ringing" and leg["way"] == "call":
        await originate.dial_contact(call, now)
        return hearing.meet(call, leg)
    plan = hearing.meet(call, leg, music=settings.music)
    if leg["way"] in ("warm", "conference"):
        return plan
    if call["state"] == "ringing" and call["person"] == leg["person"]:
        await rows.note(
            call,
            items.ANSWERED,
            person=leg["person"],
            at=now,
            queue=leg["queue"],
            queued_at=call["queued_at"],
            waited=ending.waited(call, now),
        )
        await rows.set_call(call, state="talking", answered_at=call["answered_at"] or now)
        if (contact := await rows.contact_leg(call)) is not None:
            await rows.turn(contact, hearing.meet(call, contact))
        return plan
    await ending.rang_in_vain(call, leg, now, Text(N_("The call was over already.")))
    return (HangUp(),)


async def _other_in(call: Row, leg: Row, now: datetime) -> Plan:
    """Somebody outside: for a caller who was sent there they come together, else the agent speaks to them first."""
    plan = hearing.meet(call, leg)
    if call["state"] == "ringing" and leg["way"] in ("blind", "overflow"):
        await rows.set_call(call, state="talking", answered_at=call["answered_at"] or now)
        if (contact := await rows.contact_leg(call)) is not None:
            await rows.turn(contact, hearing.meet(call, contact))
    return plan
