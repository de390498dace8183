"""Calls that we make: the agent's phone first, then whom they want to talk to, so that nobody answers to silence."""

from __future__ import annotations

from datetime import UTC, datetime

from polydesk import N_, Invalid, NotFound, db, i18n
from polydesk.channels import service as channels
from polydesk.conversations import attending
from polydesk.i18n import _
from polydesk.types import Account, Handle, Scope, Text
from polydesk_voice import items, places
from polydesk_voice.calls import ending, hearing, rows
from polydesk_voice.calls.rows import Row
from polydesk_voice.numbers import PHONE, number_of
from polydesk_voice.phones import service as phones
from polydesk_voice.plan import Plan, Speak

RING_AGENT, RING_CONTACT = 20, 45
CALLS_BACK = Text(N_("They kept their place to be called back."))


async def start(
    account: Account,
    person: int,
    number: str,
    *,
    contact: int | None = None,
    conversation: int | None = None,
    name: str = "",
    queue: int | None = None,
    list_entry: int | None = None,
    machine: bool = False,
    callback_of: int | None = None,
) -> int:
    """Ring an agent, and once they answer, a number; the call's id. `callback_of` is the call that asked for it.

    Raises `Invalid` when their phone is not free. With `machine`, an answering machine ends the call as "machine".
    """
    to = number_of(number)
    now = datetime.now(UTC)
    settings = await places.of(Scope(account.client, account.market))
    about = subject((await places.languages_of(Scope(account.client, account.market)))[0])
    async with db.transaction():
        call = await _new(account, to, now, queue=queue, list_entry=list_entry, records=settings.records)
        endpoint = await phones.take(person, call["id"], now)
        if endpoint is None:
            raise Invalid(message=_("Your telephone is not free, or none is set up."))
        opened = await attending.open(
            account,
            Handle(PHONE, to, name),
            kind=items.BEGAN,
            direction="out",
            subject=about,
            data={
                "call": call["id"],
                "direction": "out",
                "caller": account.address,
                "called": to,
                "account": account.id,
                **({"list_entry": list_entry} if list_entry is not None else {}),
            },
            person=person,
            contact=contact,
            conversation=conversation,
            at=now,
        )
        await rows.set_call(
            call,
            conversation=opened.conversation.id,
            contact=opened.contact.id,
            language=opened.contact.language or opened.conversation.language,
            person=person,
            room=room_of(call),
            details=rows.details(machine=machine, callback_of=callback_of),
        )
        if opened.conversation.assignee is None:
            await attending.give(opened.conversation.id, person, [])
        leg = await rows.new_leg(call, "agent", now=now, person=person, endpoint=endpoint, queue=queue, way="call")
        await rows.dial(leg, ring_seconds=RING_AGENT)
    return int(call["id"])


def subject(language: str) -> str:
    """What a conversation that is a call is about until somebody says it better, in a market's language."""
    with i18n.using(language):
        return _("Telephone call")


async def call_back(asked: Row, person: int) -> None:
    """It is the turn of someone who kept their place: call them, for the agent they were given to."""
    try:
        account = await channels.load(asked["account"])
    except NotFound:
        return
    try:
        async with db.transaction():
            claimed = await db.fetch(
                "UPDATE voice_call SET callback = 'dialling' WHERE id = {} AND callback = 'wanted' RETURNING id",
                asked["id"],
            )
            if claimed:
                await start(
                    account,
                    person,
                    asked["caller"],
                    contact=asked["contact"],
                    conversation=asked["conversation"],
                    queue=asked["queue"],
                    callback_of=asked["id"],
                )
    except Invalid:
        async with db.transaction():
            await attending.give_back(
                asked["conversation"], person, ending.NO_PHONE, since=asked["queued_at"], away=False
            )


async def dial_contact(call: Row, now: datetime) -> None:
    """The agent is there: now ring the other; inside a transaction."""
    await rows.set_call(call, state="dialling")
    leg = await rows.new_leg(call, "contact", now=now, endpoint=f"number:{call['called']}", way="call")
    machine = bool(rows.read_details(call).get("machine"))
    await rows.dial(leg, ring_seconds=RING_CONTACT, machine=machine)


async def contact_in(call: Row, leg: Row, consent: Speak | None, now: datetime) -> Plan:
    """The one we called has answered; inside a transaction."""
    await rows.set_call(call, state="talking", answered_at=call["answered_at"] or now)
    await rows.note(call, items.ANSWERED, person=call["person"], at=now, queue=None)
    return hearing.meet(call, leg, before=(consent,) if consent is not None else ())


async def consent(leg: Row) -> Speak | None:
    """What whom we call hears first where calls are recorded. Outside any transaction."""
    if leg["role"] != "contact":
        return None
    call = (await db.fetch("SELECT * FROM voice_call WHERE id = {}", leg["call"]))[0]
    settings = await places.of(Scope(call["client"], call["market"]))
    words = settings.consent_in(call["language"]) if call["records"] else ""
    return await hearing.words(call, words) if words else None


async def _new(
    account: Account, to: str, now: datetime, *, queue: int | None, list_entry: int | None, records: bool
) -> Row:
    return (
        await db.fetch(
            "INSERT INTO voice_call (client, market, account, conversation, contact, direction, state, caller, called, "
            "queue, list_entry, records, began_at) VALUES ({}, {}, {}, 0, 0, 'out', 'ringing', {}, {}, {}, {}, {}, {}) "
            "RETURNING *",
            account.client,
            account.market,
            account.id,
            account.address,
            to,
            queue,
            list_entry,
            records,
            now,
        )
    )[0]


def room_of(call: Row) -> str:
    """A name for its room that nobody can guess."""
    return f"pd-{call['id']}-{rows.secret()}"
