"""What agents and supervisors do in a call: hold, mute, pause the recording, transfer, bring in, listen, hang up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from polydesk import Invalid, NotFound, db
from polydesk.conversations import attending
from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk.staff.access import Viewer
from polydesk_voice import items
from polydesk_voice.calls import ending, hearing, rows, ways
from polydesk_voice.calls.rows import Row
from polydesk_voice.numbers import number_of
from polydesk_voice.phones import service as phones
from polydesk_voice.queueing import settings as queueing

Transfer = Literal["blind", "warm", "conference"]
Mode = Literal["listen", "whisper", "talk"]
RING = 30


async def hold(viewer: Viewer, call: int, on: bool) -> None:
    """The customer hears music, or is back."""
    settings = await queueing.of((await _mine(viewer, call))["queue"])
    async with db.transaction():
        it, mine, now = await _in(viewer, call)
        contact = await rows.contact_leg(it)
        if contact is None or it["state"] != ("talking" if on else "held"):
            return
        await rows.set_call(it, state="held" if on else "talking")
        if on:
            await rows.set_leg(mine, held_at=now)
        for each in await rows.legs_of(it, "agent") if not on else ():
            # Whoever put them there: the one who takes them back may be another.
            if each["held_at"] is not None:
                held = each["held_seconds"] + round((now - each["held_at"]).total_seconds())
                await rows.set_leg(each, held_at=None, held_seconds=held)
        await rows.note(it, items.HELD, person=viewer.id, at=now, on=on)
        await rows.turn(contact, hearing.hold(settings) if on else hearing.meet(it, contact))


async def mute(viewer: Viewer, call: int, on: bool) -> None:
    """Nobody hears the agent, or everybody does again."""
    async with db.transaction():
        it, mine, _now = await _in(viewer, call)
        await rows.set_leg(mine, muted=on)
        await rows.set_call(it)
        await rows.command("mute", mine, on=on)


async def pause_recording(viewer: Viewer, call: int, on: bool) -> None:
    """Keep what is said now (card data) off the recording."""
    async with db.transaction():
        it, mine, _now = await _in(viewer, call)
        if it["records"]:
            await rows.set_call(it, paused=on)
            await rows.command("record", mine, state="paused" if on else "recording")


async def hang_up(viewer: Viewer, call: int) -> None:
    """End one's part; without anybody left for the customer, end the call. A ringing phone is declined."""
    async with db.transaction():
        it, mine, now = await _in(viewer, call, ringing=True)
        if mine["role"] == "listener":
            await rows.hang_up(mine)
            await ending.part_over(it, mine, now)
            await rows.set_call(it)
            return
        if mine["state"] != "up":
            await rows.hang_up(mine)
            await ending.rang_in_vain(it, mine, now, ending.DECLINED, declined=True)
            return
        await rows.hang_up(mine)
        await leave(it, mine, now, by="agent")


async def leave(call: Row, leg: Row, now: datetime, *, by: str) -> None:
    """Somebody is gone who was not the customer: the call goes on while the customer has anybody."""
    was_agent = leg["role"] == "agent"
    if was_agent or leg["role"] == "listener":
        await ending.part_over(call, leg, now)
    else:
        await rows.set_leg(leg, state="ended", ended_at=now)
    if leg["role"] == "listener":
        await rows.set_call(call)
        return
    others = [each for each in await rows.legs_of(call, "agent", "other") if each["id"] != leg["id"]]
    contact = await rows.contact_leg(call)
    up = [each for each in others if each["state"] == "up"]
    if contact is None or not others:
        await ending.over(call, "answered" if call["answered_at"] else "no_answer", by=by, now=now)
        return
    agents = [each for each in others if each["role"] == "agent"]
    person = agents[0]["person"] if agents else None
    if up and call["state"] in ("talking", "held"):
        await rows.set_call(call, state="talking", person=person)
        if call["state"] == "talking":
            await rows.turn(contact, hearing.meet(call, contact))
        if person is not None and was_agent:
            await attending.give(call["conversation"], person, [])
        for each in await rows.legs_of(call, "listener"):
            await rows.turn(each, hearing.meet(call, each, only_to=agents[0]["id"] if agents else 0))
    elif not up:
        # Whom they wanted to bring in has not answered yet: the customer waits for them, as after a blind transfer.
        for each in others:
            await rows.set_leg(each, way="blind")
        await rows.set_call(call, state="ringing", person=person, queued_at=now, entered_at=now)
        if person is not None:
            await attending.give(call["conversation"], person, [])


async def to_queue(viewer: Viewer, call: int, queue: int) -> None:
    """Blind transfer: they wait in another queue, and the clock starts anew."""
    row = await _mine(viewer, call)
    target = await queues.get_queue(viewer, queue)
    if target.client != row["client"]:
        raise NotFound()
    way = await ways.into(row, queue)
    async with db.transaction():
        it, mine, now = await _in(viewer, call)
        contact = await rows.contact_leg(it)
        if contact is None:
            raise Invalid(message=_("Nobody is on the line any more."))
        await rows.note(it, items.TRANSFERRED, person=viewer.id, at=now, to=target.name, way="blind", queue=queue)
        await rows.hang_up(mine)
        await ending.part_over(it, mine, now, transferred="blind")
        await _empty_room(it, now)
        await ways.take(it, contact, way, now)
        await rows.turn(contact, way.plan)


async def bring_in(
    viewer: Viewer,
    call: int,
    *,
    person: int | None = None,
    number: str = "",
    way: Transfer,
) -> None:
    """Ring a colleague or a number.

    Blind: one leaves at once, and the customer hears music until they answer. Warm: one speaks to them first.
    """
    row = await _mine(viewer, call)
    settings = await queueing.of(row["queue"])
    async with db.transaction():
        it, mine, now = await _in(viewer, call)
        contact = await rows.contact_leg(it)
        if contact is None:
            raise Invalid(message=_("Nobody is on the line any more."))
        if [each for each in await rows.legs_of(it, "agent", "other") if each["id"] != mine["id"]]:
            raise Invalid(message=_("Somebody else is being brought in already."))
        endpoint, words = await _target(it, person, number, now)
        leg = await rows.new_leg(
            it,
            "agent" if person is not None else "other",
            now=now,
            person=person,
            endpoint=endpoint,
            queue=it["queue"],
            way=way,
        )
        await rows.note(
            it, items.TRANSFERRED, person=viewer.id, at=now, to=words, way=way, to_person=person, number=number
        )
        await rows.dial(leg, ring_seconds=RING)
        if way == "conference":
            await rows.set_call(it)
            return
        await rows.turn(contact, hearing.hold(settings))
        if way == "warm":
            await rows.set_call(it, state="held")
            if mine["held_at"] is None:
                await rows.set_leg(mine, held_at=now)
            return
        await rows.hang_up(mine)
        await ending.part_over(it, mine, now, transferred="blind")
        await _empty_room(it, now)
        # From here it is as if it rang from the queue: whoever does not answer, they wait again.
        await rows.set_call(it, state="ringing", person=person, queued_at=now, entered_at=now)
        if person is not None:
            await attending.give(it["conversation"], person, [])
            await rows.note(it, items.RANG, person=person, at=now, queue=it["queue"], queued_at=now)


async def _empty_room(call: Row, now: datetime) -> None:
    """Nobody talks there for a while: listeners go, and what is recorded next is recorded from its beginning."""
    for each in await rows.legs_of(call, "listener"):
        await rows.hang_up(each)
        await ending.part_over(call, each, now)
    if call["paused"]:
        await rows.set_call(call, paused=False)


async def complete(viewer: Viewer, call: int) -> None:
    """The end of a warm transfer: one leaves, and the customer talks to whoever was brought in."""
    async with db.transaction():
        it, mine, now = await _in(viewer, call)
        others = [each for each in await rows.legs_of(it, "agent", "other") if each["id"] != mine["id"]]
        if not any(each["state"] == "up" for each in others):
            raise Invalid(message=_("They have not answered yet."))
        await rows.hang_up(mine)
        await leave(it, mine, now, by="agent")


async def together(viewer: Viewer, call: int) -> None:
    """The customer comes to where the agent and whoever was brought in are talking."""
    await hold(viewer, call, False)


async def send_away(viewer: Viewer, call: int) -> None:
    """Whoever was brought in goes, and the customer is back."""
    async with db.transaction():
        it, mine, now = await _in(viewer, call)
        if mine["way"] in ("warm", "conference"):
            raise Invalid(message=_("This is for whoever brought you in."))
        for each in await rows.legs_of(it, "agent", "other"):
            if each["id"] != mine["id"]:
                await rows.hang_up(each)
                if each["role"] == "agent" and each["state"] == "up":
                    await ending.part_over(it, each, now)
                else:
                    await rows.set_leg(each, state="ended", ended_at=now)
                    if each["person"] is not None:
                        await phones.let_go(each["person"], it["id"], now)
        await rows.set_call(it)
    await hold(viewer, call, False)


async def monitor(viewer: Viewer, call: int, mode: Mode) -> None:
    """A supervisor hears a call, speaks to the agent alone, or to all; pressing another changes it."""
    async with db.transaction():
        it = await rows.hold_still(call)
        viewer.require("voice.monitor", it["client"], it["market"])
        if it["state"] not in ("talking", "held"):
            raise Invalid(message=_("Nobody is talking there any more."))
        now = datetime.now(UTC)
        agents = await rows.legs_of(it, "agent")
        mine = next((each for each in await rows.legs_of(it, "listener") if each["person"] == viewer.id), None)
        if mine is not None:
            await rows.set_leg(mine, mode=mode)
            await rows.turn(mine, hearing.meet(it, mine, only_to=agents[0]["id"] if agents else 0))
            await rows.set_call(it)
            return
        endpoint = await phones.take(viewer.id, it["id"], now)
        if endpoint is None:
            raise Invalid(message=_("Your telephone is not free, or none is set up."))
        leg = await rows.new_leg(
            it, "listener", now=now, person=viewer.id, endpoint=endpoint, mode=mode, way="monitor", accepted=True
        )
        await rows.dial(leg, ring_seconds=RING)
        await rows.set_call(it)


async def _target(call: Row, person: int | None, number: str, now: datetime) -> tuple[str, str]:
    if person is not None:
        names = await db.fetch("SELECT name FROM pd_person WHERE id = {} AND active = {}", person, True)
        if not names or not await attending.may_have(call["conversation"], person):
            raise Invalid({"person": _("This person does not work for this client.")})
        endpoint = await phones.take(person, call["id"], now)
        if endpoint is None:
            raise Invalid({"person": _("Their telephone is not free, or none is set up.")})
        return endpoint, names[0]["name"]
    plain = number_of(number)
    if not (plain.startswith("+") and plain[1:].isdecimal() and 6 < len(plain) < 17):
        raise Invalid({"number": _("Enter a number with its country, such as +995 555 000 111.")})
    return f"number:{plain}", plain


async def _mine(viewer: Viewer, call: int) -> Row:
    """A call one is in; others' do not exist."""
    found = await db.fetch(
        "SELECT c.* FROM voice_call c JOIN voice_leg l ON l.call = c.id WHERE c.id = {} AND l.person = {} "
        "AND l.state <> 'ended' LIMIT 1",
        call,
        viewer.id,
    )
    if not found:
        raise NotFound(_("You are not in this call any more."))
    return found[0]


async def _in(viewer: Viewer, call: int, *, ringing: bool = False) -> tuple[Row, Row, datetime]:
    """The call held still with one's own party; inside a transaction."""
    it = await rows.hold_still(call)
    mine = next((each for each in await rows.legs_of(it) if each["person"] == viewer.id), None)
    if mine is None or (mine["state"] != "up" and not ringing):
        raise NotFound(_("You are not in this call any more."))
    return it, mine, datetime.now(UTC)
