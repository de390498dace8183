"""How parts of a call, and the call itself, come to their end; and what is left to do then."""

from __future__ import annotations

from datetime import datetime

from polydesk import N_, Text, db, jobs
from polydesk.conversations import attending
from polydesk_voice import items
from polydesk_voice.calls import rows
from polydesk_voice.calls.rows import Row
from polydesk_voice.lists import results
from polydesk_voice.phones import service as phones
from polydesk_voice.queueing import settings as queueing
from polydesk_voice.recordings import service as recordings

_WAITING = ("queued", "ringing")
_LIST_WRAP_UP = 60
_RECORDINGS_COME = 300.0
"""After so many seconds without news of a recording the provider is asked for it."""
_BY_PROGRESS = {"busy": "busy", "no_answer": "no_answer", "canceled": "no_answer", "completed": "no_answer"}


async def left_queue(call: Row, why: str, now: datetime) -> None:
    """It does not wait in its queue any more, and nobody has answered it."""
    await rows.note(
        call,
        items.LEFT,
        at=now,
        queue=call["queue"],
        queued_at=call["queued_at"],
        waited=waited(call, now),
        why=why,
    )


def waited(call: Row, now: datetime) -> float:
    """Seconds in the queue so far."""
    return max(0.0, (now - call["queued_at"]).total_seconds()) if call["queued_at"] else 0.0


async def rang_in_vain(call: Row, leg: Row, now: datetime, reason: Text, *, declined: bool = False) -> None:
    """An agent's phone rang and nobody took it: the caller waits on at their place."""
    person = leg["person"]
    await rows.set_leg(leg, state="ended", ended_at=now, reason=str(reason)[:300])
    await phones.let_go(person, call["id"], now)
    await rows.note(call, items.UNANSWERED, person=person, at=now, queue=call["queue"], declined=declined or None)
    if call["state"] != "ringing" or call["person"] != person:
        await rows.set_call(call)
        return
    if call["direction"] == "out" and call["answered_at"] is None:
        await over(call, "no_answer", by="agent", now=now)
        await _place_again(call, person, reason, declined)
        if call["list_entry"] is not None and not declined:
            await attending.count_as_away(person)
        return
    settings = await queueing.of(call["queue"])
    since = call["queued_at"] or now
    await rows.set_call(call, state="queued", person=None, queued_at=since)
    await attending.give_back(
        call["conversation"],
        person,
        reason,
        since=since,
        away=settings.away_after_unanswered and not declined,
    )
    if call["queue"] is None:
        # It never waited anywhere (a call of ours, passed on): from now on it does, where its conversation belongs.
        queue = (await attending.load(call["conversation"])).queue
        await rows.set_call(call, queue=queue, queued_at=now, entered_at=now)
        await rows.note(call, items.QUEUED, at=now, queue=queue)


async def _place_again(call: Row, person: int, reason: Text, declined: bool) -> None:
    """The agent who was to call somebody back did not answer: they keep their place, for another agent."""
    asked = rows.read_details(call).get("callback_of")
    found = await db.fetch(
        "UPDATE voice_call SET callback = 'wanted' WHERE id = {} AND callback = 'dialling' RETURNING queued_at", asked
    )
    if found:
        since = db.moment(found[0]["queued_at"]) or call["began_at"]
        await attending.give_back(call["conversation"], person, reason, since=since, away=not declined)


async def part_over(call: Row, leg: Row, now: datetime, *, transferred: str = "") -> None:
    """An agent's part in a call is over: how long they talked, and now their wrap-up."""
    person = leg["person"]
    if leg["state"] == "ended":
        return
    began = leg["answered_at"] or now
    hold = leg["held_seconds"] + ((now - leg["held_at"]).total_seconds() if leg["held_at"] else 0.0)
    await rows.set_leg(leg, state="ended", ended_at=now)
    if person is None:
        return
    if leg["role"] == "listener":
        await phones.let_go(person, call["id"], now)
        return
    await rows.note(
        call,
        items.TALKED,
        person=person,
        at=now,
        queue=leg["queue"],
        talk=round(max(0.0, (now - began).total_seconds() - hold), 3),
        hold=round(hold, 3),
        began_at=began,
        transferred=transferred,
    )
    # Nothing is to be said of somebody on a list who could not be reached: the list says when they are tried again.
    in_vain = call["list_entry"] is not None and call["answered_at"] is None
    seconds = 0 if in_vain else (await queueing.of(leg["queue"])).wrap_up_seconds
    if call["list_entry"] is not None and not in_vain:
        # What came of it is what the list is for.
        seconds = max(seconds, _LIST_WRAP_UP)
    await phones.let_go(person, call["id"], now, seconds)
    if not seconds:
        await no_wrap_up(call, person, now)


async def no_wrap_up(call: Row, person: int, now: datetime) -> None:
    """Nothing more is asked of the agent."""
    await rows.note(call, items.WRAPPED_UP, person=person, at=now, queue=call["queue"], seconds=0.0)
    await attending.offer_what_waits()


async def contact_left(call: Row, leg: Row, progress: str, reason: str, now: datetime) -> None:
    """The customer's line is over: what that means depends on where they were."""
    await rows.set_leg(leg, state="ended", ended_at=now, reason=reason[:300])
    state = call["state"]
    if state == "ended":
        return
    if state in _WAITING:
        # On the way to somebody outside, or to a colleague, their wait in the queue is over and told already.
        passed_on = any(each["way"] in ("blind", "overflow") for each in await rows.legs_of(call, "agent", "other"))
        if call["queued_at"] is not None and not passed_on:
            await left_queue(call, "abandoned", now)
        await attending.stop_waiting(call["conversation"])
        answered = passed_on and call["answered_at"] is not None
        await over(call, "answered" if answered else "abandoned", by="contact", now=now)
    elif state in ("talking", "held"):
        await over(call, "answered", by="contact", now=now)
    elif state == "dialling":
        outcome = "machine" if reason == "machine" else _BY_PROGRESS.get(progress, "failed")
        await over(call, outcome, by="service", now=now)
    elif call["why"]:
        by = "desk" if progress == "completed" else "service"
        await over(call, call["why"], by=by, now=now)
    else:
        await over(call, "abandoned" if state == "message" else "left_menu", by="contact", now=now)


async def over(call: Row, outcome: str, *, by: str, now: datetime) -> None:
    """The call is over for everybody."""
    if call["state"] == "ended":
        return
    was = call["state"]
    for leg in await rows.legs_of(call):
        await rows.command("hang_up", leg)
        if leg["role"] in ("agent", "listener") and leg["state"] == "up":
            await part_over(call, leg, now)
        else:
            await rows.set_leg(leg, state="ended", ended_at=now)
            if leg["person"] is not None:
                await phones.let_go(leg["person"], call["id"], now)
    await rows.set_call(call, state="ended", outcome=outcome, ended_at=now)
    await rows.note(
        call,
        items.ENDED,
        at=now,
        direction=call["direction"],
        outcome=outcome,
        seconds=round((now - call["began_at"]).total_seconds(), 3),
        by=by,
        list_entry=call["list_entry"],
    )
    if outcome == "callback":
        # Not before: they would be called on a line they still hold.
        await rows.set_call(call, callback="wanted")
        await attending.offer_what_waits()
    if call["list_entry"] is not None:
        spoken_to = outcome == "abandoned" and call["answered_at"] is not None
        await results.ended(call, "answered" if spoken_to else outcome)
    reached = was != "ringing" or call["answered_at"] is not None
    if reached and (asked := rows.read_details(call).get("callback_of")) is not None:
        await db.fetch("UPDATE voice_call SET callback = 'done' WHERE id = {} AND callback = 'dialling'", asked)
    if outcome == "voicemail" or (call["records"] and call["answered_at"] is not None):
        await recordings.describe(call["id"])
        await jobs.enqueue(
            "voice.find_recordings", {"call": call["id"]}, after=_RECORDINGS_COME,
            client=call["client"], market=call["market"],
        )  # fmt: skip
    await _conversation(call, outcome)


async def _conversation(call: Row, outcome: str) -> None:
    """A message on tape is work; a place kept goes on waiting; agents settle what they answered; the rest is over."""
    if outcome == "voicemail":
        await attending.keep_for_agents(call["conversation"])
    elif call["list_entry"] is not None and outcome != "answered":
        await attending.settle(call["conversation"])
    elif outcome == "callback" or (outcome == "answered" and await _is_wrapped_up(call)):
        return
    elif call["direction"] == "in" or outcome in ("answered", "abandoned"):
        await attending.settle(call["conversation"])


async def left_a_message(call: Row) -> None:
    """What was taken for a caller who gave up is work for an agent; inside a transaction."""
    await rows.set_call(call, outcome="voicemail")
    await attending.keep_for_agents(call["conversation"])


async def _is_wrapped_up(call: Row) -> bool:
    """Does an agent have work after it? They settle it then."""
    return bool(await db.fetch("SELECT person FROM voice_phone WHERE call = {} AND state = 'wrapping_up'", call["id"]))


NOBODY = Text(N_("The phone rang in vain."))
DECLINED = Text(N_("The call was declined."))
NO_PHONE = Text(N_("Their phone was not free."))
UNREACHABLE = N_("The phone could not be reached: {reason}")
