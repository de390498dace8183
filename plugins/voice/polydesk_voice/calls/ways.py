"""Where a caller goes: into a queue, or, where it is diverted, full or has been too long, elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from polydesk import Text, db
from polydesk.conversations import attending
from polydesk_voice import items
from polydesk_voice.calls import ending, hearing, rows
from polydesk_voice.calls.rows import Row
from polydesk_voice.emergency import service as emergency
from polydesk_voice.emergency.service import Diversion
from polydesk_voice.numbers import number_of
from polydesk_voice.plan import Plan, Speak, Wait
from polydesk_voice.queueing import settings as queueing
from polydesk_voice.queueing.settings import QueueSettings

Kind = Literal["queue", "voicemail", "number", "hang_up", "closed"]
_MOST_MOVES = 5
RING_OUTSIDE = 30


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of a caller, with the plan that tells them; found out outside any transaction."""

    kind: Kind
    plan: Plan
    queue: int | None = None
    number: str = ""
    reason: Text | None = None
    moved: bool = False
    full: tuple[int, ...] = ()
    """Queues that could take nobody more, on the way here."""


async def into(
    call: Row, queue: int, reason: Text | None = None, *, first: bool = True, before: tuple[Speak, ...] = ()
) -> Way:
    """Into a queue, with its diversion and its limit heeded."""
    wanted, full = queue, list[int]()
    for _move in range(_MOST_MOVES):
        if found := await emergency.of_queue(call["client"], queue):
            if found.target == "queue" and found.target_queue is not None:
                queue = found.target_queue
                continue
            return _past(await by_diversion(call, found), full)
        settings = await queueing.of(queue)
        if not await _full(settings, queue):
            break
        full.append(queue)
        if settings.then != "queue" or settings.then_queue is None:
            return _past(await out_of(call, settings), full)
        queue = settings.then_queue
    settings = await queueing.of(queue)
    plan = (*before, *await hearing.line(call, settings, first=first))
    way = Way(kind="queue", plan=plan, queue=queue, reason=reason, moved=queue != wanted)
    return _past(way, [each for each in full if each != queue])


def _past(way: Way, full: list[int]) -> Way:
    return msgspec.structs.replace(way, full=(*dict.fromkeys(full), *way.full))


async def out_of(call: Row, settings: QueueSettings) -> Way:
    """What a queue does with whoever has waited too long, or finds it full."""
    been = rows.read_details(call).get("been_in", [])
    if settings.then == "queue" and settings.then_queue is not None and settings.then_queue not in been:
        return await into(call, settings.then_queue, first=False)
    if settings.then == "number" and number_of(settings.then_number):
        return await _to_number(call, settings.then_number)
    if settings.then == "hang_up":
        return Way(kind="hang_up", plan=await hearing.farewell(call, "busy", "goodbye"))
    return Way(kind="voicemail", plan=await hearing.message(call, "busy"))


async def by_diversion(call: Row, found: Diversion) -> Way:
    """Where an emergency sends calls."""
    if found.target == "queue" and found.target_queue is not None:
        return await into(call, found.target_queue)
    if found.target == "number" and number_of(found.target_number):
        return await _to_number(call, found.target_number)
    return await closed(call, message=False)


async def closed(call: Row, *, message: bool) -> Way:
    """Nobody answers now: a message may be left, or not."""
    if message:
        return Way(kind="voicemail", plan=await hearing.message(call, "closed"))
    return Way(kind="closed", plan=await hearing.farewell(call, "closed", "goodbye"))


async def take(call: Row, leg: Row, way: Way, now: datetime, *, since: datetime | None = None) -> None:
    """Send a caller there; inside a transaction. `since` keeps the place of someone who has waited before.

    The plan is stored for the answer that is about to be given; use `rows.turn` where none is.
    """
    await rows.set_plan(leg, way.plan)
    for each in way.full:
        await rows.note(call, items.BLOCKED, at=now, queue=each)
    match way.kind:
        case "queue":
            assert way.queue is not None
            began = since or now
            known = rows.read_details(call)
            await rows.set_call(
                call,
                state="queued",
                queue=way.queue,
                queued_at=began,
                entered_at=now,
                said_at=now,
                person=None,
                why="",
                # Queues that send callers on to one another must not do so for ever.
                details=rows.details(**{**known, "been_in": [*known.get("been_in", []), way.queue]}),
            )
            await rows.note(call, items.QUEUED, at=now, queue=way.queue)
            await attending.hand_over(call["conversation"], way.queue, way.reason, since=began)
        case "number":
            await _leave_conversation(call)
            await rows.set_call(call, state="ringing", person=None, why="")
            other = await rows.new_leg(call, "other", now=now, endpoint=f"number:{way.number}", way="overflow")
            await rows.dial(other, ring_seconds=RING_OUTSIDE)
        case "voicemail":
            await _leave_conversation(call)
            await rows.set_call(call, state="message", why="")
        case _:
            await _leave_conversation(call)
            await rows.set_call(call, state="menu", why="closed" if way.kind == "closed" else "refused")


async def leave_for(call: Row, leg: Row, way: Way, why: str, now: datetime) -> None:
    """The same for someone who waits in a queue already: they leave it, unanswered, for this.

    An emergency keeps the time they have waited; whom a queue itself sends on begins anew there.
    """
    await ending.left_queue(call, why, now)
    since = call["queued_at"] if way.kind == "queue" and why == "diverted" else None
    await take(call, leg, way, now, since=since)


async def _leave_conversation(call: Row) -> None:
    await attending.stop_waiting(call["conversation"])


async def _to_number(call: Row, number: str) -> Way:
    settings = await queueing.of(call["queue"])
    says = (await hearing.phrase(call, "connecting"),)
    plan = (Wait(says=says, music=settings.music, seconds=RING_OUTSIDE + 10),)
    return Way(kind="number", plan=plan, number=number_of(number))


async def settings_of(queue: int | None) -> QueueSettings:
    """How a queue treats calls."""
    return await queueing.of(queue)


async def _full(settings: QueueSettings, queue: int) -> bool:
    if not settings.most_waiting:
        return False
    found = await db.fetch(
        "SELECT COUNT(*) AS waiting FROM voice_call WHERE queue = {} AND queued_at IS NOT NULL "
        "AND state IN ('queued', 'ringing')",
        queue,
    )
    return int(found[0]["waiting"]) >= settings.most_waiting
