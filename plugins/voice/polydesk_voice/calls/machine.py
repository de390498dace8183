"""What happens on a line, and what everyone in the call is to hear next."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from polydesk import N_, Text, db
from polydesk.conversations import attending
from polydesk.types import Account, Handle, Item
from polydesk_voice import items
from polydesk_voice.calls import ending, hearing, menu, originate, ringing, rows, talking, waiting, ways
from polydesk_voice.calls.rows import Row
from polydesk_voice.happenings import (
    ENDED,
    Happening,
    Heard,
    Incoming,
    MessageTaken,
    Met,
    Progressed,
    Ready,
    Recorded,
    Unwaited,
    Waited,
)
from polydesk_voice.numbers import PHONE, number_of
from polydesk_voice.plan import HangUp, Plan
from polydesk_voice.recordings import service as recordings

_GONE: Plan = (HangUp(),)


async def happened(account: Account, it: Happening) -> Plan:
    """Take in one happening and answer the plan of its party, as it stands afterwards.

    Counted once by its key; a repeat, or one that comes too late, changes nothing and gets the plan as it stands.
    A party nobody knows is to hang up.
    """
    now = datetime.now(UTC)
    if isinstance(it, Incoming):
        return await _incoming(account, it, now)
    if isinstance(it, Recorded):
        await _recorded(account, it)
        return ()
    leg = await rows.find_leg(account.id, name=it.leg, token=it.token)
    if leg is None:
        leg = await _gone_already(account, it, now)
    if leg is None:
        return _GONE
    call = (await db.fetch("SELECT * FROM voice_call WHERE id = {}", leg["call"]))[0]
    match it:
        case Ready():
            return await ringing.answered(account, leg, call, it, now)
        case Progressed():
            await _progressed(account, leg, it, now)
            return _GONE
        case Unwaited():
            if it.why == "hangup":
                await _progressed(account, leg, Progressed(leg=it.leg, progress="completed", key=it.key), now)
            return await plan_of(account, name=it.leg)
        case Met():
            await _met(account, leg, it, now)
            return await plan_of(account, name=it.leg)
    if isinstance(it, MessageTaken) and call["state"] == "ended":
        await _came_late(account, leg, it, now)
    if leg["state"] == "ended" or call["state"] == "ended":
        return _GONE
    match it:
        case Heard() if leg["role"] == "agent":
            return await ringing.accepted(leg, it, now)
        case Heard() if call["state"] == "menu":
            return await menu.heard(account, leg, call, it, now)
        case Heard():
            return await waiting.pressed(leg, call, it, now)
        case Waited():
            return await waiting.waited(account, leg, call, now)
        case MessageTaken():
            return await _message_taken(account, leg, it, now)
    return rows.stored_plan(leg)


async def plan_of(account: Account, *, name: str = "", token: str = "") -> Plan:
    """The plan that is stored for a party now, found by the provider's name for it or by our token."""
    leg = await rows.find_leg(account.id, name=name, token=token)
    if leg is None or leg["state"] == "ended":
        return _GONE
    return rows.stored_plan(leg)


async def token_of(account: Account, name: str) -> str:
    """Our token of a party that the provider names; "" when there is none."""
    leg = await rows.find_leg(account.id, name=name)
    return str(leg["token"]) if leg is not None else ""


async def _gone_already(account: Account, it: Happening, now: datetime) -> Row | None:
    """Somebody hung up while their call was still being taken in: remembered for whoever does that."""
    if not isinstance(it, Progressed) or it.progress not in ENDED or it.token:
        return None
    async with db.transaction():
        await db.lock(_taking_in(account, it.leg))
        leg = await rows.find_leg(account.id, name=it.leg)
        if leg is None:
            await rows.counts(account.id, f"gone:{it.leg}", now)
    return leg


def _taking_in(account: Account, leg: str) -> str:
    return f"voice:incoming:{account.id}:{leg}"


async def _incoming(account: Account, it: Incoming, now: datetime) -> Plan:
    leg = await rows.find_leg(account.id, name=it.leg)
    if leg is None:
        leg, call, item = await _new(account, it, now)
        if leg["state"] == "ended":
            return _GONE
    else:
        call = (await db.fetch("SELECT * FROM voice_call WHERE id = {}", leg["call"]))[0]
        if leg["plan"] != "[]":
            return await plan_of(account, name=it.leg)
        # We went down between taking the call and knowing what to say: go on where that was.
        item = await _first_item(call)
    return await menu.begin(account, leg, call, item, now)


async def _new(account: Account, it: Incoming, now: datetime) -> tuple[Row, Row, Item]:
    who = _handle(it)
    language = (await menu.languages(account))[0]
    records = await menu.records(account)
    subject = originate.subject(language)
    async with db.transaction():
        await db.lock(_taking_in(account, it.leg))
        if (leg := await rows.find_leg(account.id, name=it.leg)) is not None:
            call = await rows.hold_still(leg["call"])
            return leg, call, await _first_item(call)
        call = (
            await db.fetch(
                "INSERT INTO voice_call (client, market, account, conversation, contact, direction, state, caller, "
                "called, records, began_at) VALUES ({}, {}, {}, 0, 0, 'in', 'menu', {}, {}, {}, {}) RETURNING *",
                account.client,
                account.market,
                account.id,
                db.clean(who.value if who.kind == PHONE else it.caller)[:100],
                db.clean(it.called)[:100],
                records,
                now,
            )
        )[0]
        opened = await attending.open(
            account,
            who,
            kind=items.BEGAN,
            direction="in",
            subject=subject,
            data={
                "call": call["id"],
                "direction": "in",
                "caller": it.caller,
                "called": it.called,
                "account": account.id,
            },
            at=it.at or now,
        )
        await rows.set_call(
            call,
            conversation=opened.conversation.id,
            contact=opened.contact.id,
            language=opened.contact.language or language,
            room=originate.room_of(call),
        )
        leg = await rows.new_leg(
            call,
            "contact",
            now=now,
            name=it.leg,
            state="up",
            way="call",
            endpoint=db.clean(f"number:{it.caller}")[:300],
        )
        await rows.set_leg(leg, answered_at=now)
        if await db.fetch("SELECT id FROM voice_seen WHERE account = {} AND key = {}", account.id, f"gone:{it.leg}"):
            await ending.contact_left(call, leg, "completed", "", now)
    return leg, call, opened.item


async def _first_item(call: Row) -> Item:
    found = await db.fetch(
        "SELECT * FROM pd_item WHERE conversation = {} AND kind = {} ORDER BY id LIMIT 1",
        call["conversation"],
        items.BEGAN,
    )
    row = found[0]
    return Item(
        id=row["id"],
        client=row["client"],
        contact=row["contact"],
        conversation=row["conversation"],
        kind=row["kind"],
        direction="in",
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
    )


def _handle(it: Incoming) -> Handle:
    """Who calls. One who hides their number is somebody new each time: two of them are not the same person."""
    number = number_of(it.caller)
    if number.startswith("+") and number[1:].isdecimal() and len(number) > 6:
        return Handle(PHONE, number, it.caller_name)
    if "@" in it.caller or it.caller.startswith("client:"):
        return Handle("voice_address", it.caller.strip().lower()[:300], it.caller_name)
    return Handle("voice_hidden", it.leg, it.caller_name)


async def _progressed(account: Account, leg: Row, it: Progressed, now: datetime) -> None:
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        if not await rows.counts(account.id, it.key, now):
            return
        call, leg = scene.call, scene.leg
        if leg["name"] not in ("", it.leg):
            # A second try to reach them, whose answer was lost: the one that was answered goes on.
            return
        if it.progress not in ENDED:
            await _on_its_way(call, leg, it)
            return
        if leg["state"] == "ended":
            return
        if not leg["name"]:
            await rows.set_leg(leg, name=it.leg)
        reason = it.reason or ("machine" if it.machine else "")
        match leg["role"]:
            case "contact":
                await ending.contact_left(call, leg, it.progress, reason, now)
            case "agent" if leg["answered_at"] is None:
                await rows.set_leg(leg, reason=reason[:300])
                await ending.rang_in_vain(call, leg, now, _why(it))
            case "other" if leg["answered_at"] is None:
                await _nobody_there(call, leg, it, now)
            case _:
                await talking.leave(call, leg, now, by="agent" if leg["role"] == "agent" else "service")


async def _on_its_way(call: Row, leg: Row, it: Progressed) -> None:
    """It rings, or was answered: only worth telling, and only in order."""
    if it.sequence >= 0 and it.sequence <= leg["sequence"]:
        return
    changes: dict[str, Any] = {"sequence": max(it.sequence, leg["sequence"])}
    if it.progress == "ringing" and leg["state"] == "dialling":
        changes["state"] = "ringing"
    if not leg["name"]:
        changes["name"] = it.leg
    await rows.set_leg(leg, **changes)
    await rows.set_call(call)


def _why(it: Progressed) -> Text:
    if it.progress == "failed" or (it.reason and it.progress not in ("no_answer", "completed")):
        return Text(ending.UNREACHABLE, {"reason": it.reason or it.progress})
    return Text(N_("The line was busy.")) if it.progress == "busy" else ending.NOBODY


async def _nobody_there(call: Row, leg: Row, it: Progressed, now: datetime) -> None:
    """A number somebody was to be put through to did not answer: the caller waits in their queue again."""
    await rows.set_leg(leg, state="ended", ended_at=now, reason=(it.reason or it.progress)[:300])
    if call["state"] != "ringing" or leg["way"] not in ("blind", "overflow"):
        await rows.set_call(call)
        return
    contact = await rows.contact_leg(call)
    if contact is None:
        await ending.over(call, "no_answer", by="service", now=now)
        return
    if leg["way"] == "overflow" or call["queue"] is None:
        plan = await hearing.message(call, "busy")
        await rows.set_call(call, state="message", why="")
        await rows.turn(contact, plan)
        return
    plan = await hearing.line(call, await ways.settings_of(call["queue"]), first=True)
    await ways.take(call, contact, ways.Way(kind="queue", plan=plan, queue=call["queue"]), now, since=call["queued_at"])
    await rows.turn(contact, plan)


async def _met(account: Account, leg: Row, it: Met, now: datetime) -> None:
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        overtaken = 0 <= it.sequence <= scene.leg["met"]
        if await rows.counts(account.id, it.key, now) and scene.leg["state"] != "ended" and not overtaken:
            await rows.set_leg(scene.leg, inside=it.inside, met=max(it.sequence, scene.leg["met"]))
            await rows.set_call(scene.call)


async def _message_taken(account: Account, leg: Row, it: MessageTaken, now: datetime) -> Plan:
    call = (await db.fetch("SELECT * FROM voice_call WHERE id = {}", leg["call"]))[0]
    plan = await hearing.farewell(call, "thanks", "goodbye")
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        if scene.call["state"] == "message" and await rows.counts(account.id, it.key, now):
            if it.seconds > 0:
                await rows.set_call(scene.call, why="voicemail")
            await rows.set_plan(scene.leg, plan)
        return rows.stored_plan(scene.leg)


async def _came_late(account: Account, leg: Row, it: MessageTaken, now: datetime) -> None:
    """They spoke and hung up, and the news of the one overtook the news of the other: it was a message all the same."""
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        if it.seconds > 0 and scene.call["outcome"] == "abandoned" and await rows.counts(account.id, it.key, now):
            await ending.left_a_message(scene.call)


async def _recorded(account: Account, it: Recorded) -> None:
    leg = await rows.find_leg(account.id, name=it.leg) if it.leg else None
    async with db.transaction():
        if leg is not None:
            call = await rows.hold_still(leg["call"])
        else:
            found = await db.fetch("SELECT * FROM voice_call WHERE account = {} AND room = {}", account.id, it.room)
            if not it.room or not found:
                return
            call = found[0]
        await recordings.taken(account, call, it, leg)
