"""Callers in a queue: told where they stand, offered to be called back, and out when it has been too long."""

from __future__ import annotations

from datetime import datetime, timedelta

from polydesk import db
from polydesk.types import Account
from polydesk_voice.calls import ending, hearing, rows, ways
from polydesk_voice.calls.rows import Row
from polydesk_voice.emergency.service import Diversion
from polydesk_voice.happenings import Heard
from polydesk_voice.plan import Plan
from polydesk_voice.queueing import settings as queueing

WAITING = ("queued", "ringing")
_WHY = {
    "queue": "overflow",
    "number": "overflow",
    "voicemail": "voicemail",
    "hang_up": "overflow",
    "closed": "closed",
}


async def waited(account: Account, leg: Row, call: Row, now: datetime) -> Plan:
    """The music has come to its end, or is asked for: what to hear next."""
    settings = await queueing.of(call["queue"])
    if call["state"] not in WAITING or call["queued_at"] is None:
        return rows.stored_plan(leg) if call["state"] != "held" else hearing.hold(settings)
    limit = settings.most_seconds
    entered = call["entered_at"] or call["queued_at"]
    if limit and call["state"] == "queued" and now - entered >= timedelta(seconds=limit):
        return await too_long(leg, call, now)
    long_enough = bool(settings.announce_every) and (
        call["said_at"] is None or now - call["said_at"] >= timedelta(seconds=settings.announce_every * 0.8)
    )
    offer = bool(settings.callback_after) and (
        now - call["queued_at"] >= timedelta(seconds=settings.callback_after) and _may_call(call)
    )
    # Without announcements the offer is made each time the music ends.
    says = long_enough or not settings.announce_every
    plan = await hearing.line(call, settings, announce=long_enough, offer=offer and says, keys=offer, first=False)
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        if scene.call["state"] in WAITING:
            await rows.set_plan(scene.leg, plan)
            if long_enough:
                await rows.set_call(scene.call, said_at=now)
        return rows.stored_plan(scene.leg)


async def too_long(leg: Row, call: Row, now: datetime, *, turns: bool = False) -> Plan:
    """They have waited as long as the queue allows: what it does then. `turns` where nobody asks what comes next."""
    way = await ways.out_of(call, await queueing.of(call["queue"]))
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        if scene.call["state"] == "queued" and scene.leg["state"] == "up":
            await ways.leave_for(scene.call, scene.leg, way, _WHY[way.kind], now)
            if turns:
                await rows.turn(scene.leg, way.plan)
        return rows.stored_plan(scene.leg)


async def pressed(leg: Row, call: Row, it: Heard, now: datetime) -> Plan:
    """A key while waiting: 1 is for a call back, and the place is kept."""
    settings = await queueing.of(call["queue"])
    early = call["queued_at"] is None or now - call["queued_at"] < timedelta(seconds=settings.callback_after)
    if it.digits != "1" or not settings.callback_after or early or not _may_call(call):
        return rows.stored_plan(leg)
    plan = await hearing.farewell(call, "callback_kept", "goodbye")
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        if scene.call["state"] == "queued" and await rows.counts(scene.call["account"], it.key, now):
            await ending.left_queue(scene.call, "callback", now)
            await rows.set_call(scene.call, state="menu", why="callback", callback="asked")
            await rows.set_plan(scene.leg, plan)
        return rows.stored_plan(scene.leg)


async def divert(found: Diversion, now: datetime) -> int:
    """Whoever waits already where a diversion now holds goes along, with the time they have waited; how many.

    Who talks is not disturbed.
    """
    waits = await db.fetch(
        "SELECT c.*, l.id AS leg FROM voice_call c JOIN voice_leg l ON l.call = c.id AND l.role = 'contact' "
        "AND l.state = 'up' WHERE c.client = {} AND c.state = 'queued'",
        found.client,
    )
    gone = 0
    for call in waits:
        if not _concerns(found, call):
            continue
        way = await ways.by_diversion(call, found)
        if way.kind == "queue" and way.queue == call["queue"]:
            continue
        async with db.transaction():
            scene = await rows.enter(call["leg"], now)
            if scene.call["state"] != "queued" or scene.call["queue"] != call["queue"]:
                continue
            await ways.leave_for(scene.call, scene.leg, way, "diverted", now)
            await rows.turn(scene.leg, way.plan)
            gone += 1
    return gone


def _concerns(found: Diversion, call: Row) -> bool:
    match found.kind:
        case "queue":
            return bool(call["queue"] == found.subject)
        case "account":
            return bool(call["account"] == found.subject)
    return found.subject in (0, call["market"])


def _may_call(call: Row) -> bool:
    """Only a number can be called back."""
    caller = str(call["caller"])
    return call["direction"] == "in" and caller.startswith("+") and caller[1:].isdecimal()
