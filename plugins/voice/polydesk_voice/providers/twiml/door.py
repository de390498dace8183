"""The door for the provider: what it asks and tells becomes a happening, and the plan that follows a document.

Nobody who holds a receiver may be met with silence: what cannot be answered in time goes out as 503, upon which the
provider asks for the fallback (see `fallback`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from polydesk import N_, NotFound, Text, db
from polydesk.types import Account, Arrival, Call, CallAnswer, Delivered
from polydesk_voice.calls import machine
from polydesk_voice.happenings import Happening
from polydesk_voice.plan import Meet, Plan
from polydesk_voice.providers.twiml import fallback, happened, told, xml
from polydesk_voice.providers.twiml.told import Told

PATIENCE = 10.0
"""Seconds after which the provider is told to try the fallback; it hangs up after 15 itself."""
_FORGED = Text(
    N_(
        "Something arrived with a signature that the auth token does not explain. If the token was changed at the "
        "provider, enter the new one; if our public address is not the one entered there, correct it."
    )
)
_UNKNOWN = N_(
    "{caller} called {called}, which is no line of this desk. Set it up, or have the provider send it elsewhere."
)


async def answer(call: Call, accounts: Sequence[Account]) -> CallAnswer:
    """Whatever is at `/hooks/voice/twiml/…`."""
    said = told.read(call)
    handler = _HANDLERS.get(said.what)
    if handler is None:
        raise NotFound()
    trusted, signed = told.trusted(call, said, accounts)
    if not trusted:
        # The provider signs everything: what has no signature at all is a passer-by.
        alarmed = tuple(each.id for each in accounts) if signed else ()
        return CallAnswer(status=403, body=b"Forbidden", alarm=_FORGED if alarmed else None, alarmed=alarmed)
    account = _account(said, trusted)
    if account is None:
        return await _unknown(said, trusted)
    if said.what in ("incoming", "ready"):
        await fallback.remember(account)
    async with asyncio.timeout(PATIENCE):
        done = await handler(account, said)
    return msgspec.structs.replace(done, accepted=(account.id,))


def _account(said: Told, trusted: Sequence[Account]) -> Account | None:
    """Whose it is: named in our own addresses, else the line with that number."""
    if said.account:
        return next((each for each in trusted if each.id == said.account), None)
    return next((each for each in trusted if told.same_number(said.number, each.address)), None)


async def _unknown(said: Told, trusted: Sequence[Account]) -> CallAnswer:
    """A call that is not for us is not left in silence, and not forgotten: an admin sees it and may replay it."""
    if said.what in _NEWS:
        return CallAnswer(status=204)
    if said.what != "incoming":
        return _document(await fallback.farewell(trusted[0]))
    own = [each for each in trusted if each.settings.account_sid == said.form.get("AccountSid")] or trusted
    words = Text(_UNKNOWN, {"caller": said.form.get("From") or "?", "called": said.number or "?"})
    arrival = Arrival(external_id=f"call:{said.leg}", raw=msgspec.json.encode(said.form))
    return CallAnswer(
        body=await fallback.farewell(own[0]),
        media_type=_XML,
        deliveries=(Delivered(account=own[0].id, arrival=arrival),),
        alarm=words,
        alarmed=(own[0].id,),
    )


_XML = "text/xml"


def unanswered(call: Call) -> CallAnswer | None:
    """What is said while not even the accounts can be read: only the fallback can be answered then."""
    said = told.read(call)
    return _document(fallback.again(said)) if said.what == "fallback" else None


def _document(body: bytes) -> CallAnswer:
    return CallAnswer(body=body, media_type=_XML)


async def _written(account: Account, plan: Plan, *, stumbled: bool = False) -> CallAnswer:
    """A plan as a document, with the party that a whisper is for."""
    coached = ""
    for act in plan:
        if isinstance(act, Meet) and act.role == "whisper" and act.only_to:
            rows = await db.fetch(
                "SELECT name FROM voice_leg WHERE id = {} AND account = {} AND state <> 'ended'",
                act.only_to,
                account.id,
            )
            coached = str(rows[0]["name"]) if rows else ""
    return _document(xml.document(plan, account, coached=coached, stumbled=stumbled))


async def _plan(account: Account, said: Told, it: Happening | None) -> Plan:
    """The plan after this has been taken in; as it stands, where it is no news."""
    return await (machine.happened(account, it) if it else machine.plan_of(account, name=said.leg, token=said.token))


# --- Somebody holds the receiver ------------------------------------------------------------------------------------


async def _incoming(account: Account, said: Told) -> CallAnswer:
    return await _written(account, await _plan(account, said, happened.incoming(said)))


async def _ready(account: Account, said: Told) -> CallAnswer:
    return await _written(account, await _plan(account, said, happened.ready(said)))


async def _leg(account: Account, said: Told) -> CallAnswer:
    return await _written(account, await _plan(account, said, None))


async def _heard(account: Account, said: Told) -> CallAnswer:
    return await _written(account, await _plan(account, said, happened.heard(said)))


async def _wait(account: Account, said: Told) -> CallAnswer:
    """The first time nothing has happened yet; afterwards a round has come to its end."""
    round_ = xml.Round.read(said.query)
    it = happened.waited(said, round_.name, round_.number) if round_.number else None
    return _document(xml.waiting(await _plan(account, said, it), account, round_))


async def _pressed(account: Account, said: Told) -> CallAnswer:
    """A key during music: one that was not asked for changes nothing, and the music goes on."""
    wanted = said.form.get("Digits", "") in tuple(said.query.get("k", ""))
    plan = await _plan(account, said, happened.heard(said) if wanted else None)
    return _document(xml.waiting(plan, account, xml.Round.read(said.query), quiet=not wanted))


async def _unwaited(account: Account, said: Told) -> CallAnswer:
    it = happened.unwaited(said)
    plan = await _plan(account, said, it)
    return await _written(account, plan, stumbled=it is not None and it.why != "hangup")


async def _left(account: Account, said: Told) -> CallAnswer:
    """Out of a room: the provider's news of the room says so too, perhaps later."""
    plan = await _plan(account, said, happened.left(said))
    return await _written(account, plan, stumbled=said.form.get("DialCallStatus") == "failed")


async def _message(account: Account, said: Told) -> CallAnswer:
    return await _written(account, await _plan(account, said, happened.message_taken(said)))


async def _fallback(account: Account, said: Told) -> CallAnswer:
    return _document(fallback.again(said, account))


# --- News -----------------------------------------------------------------------------------------------------------


async def _progress(account: Account, said: Told) -> CallAnswer:
    return await _news(account, happened.progressed(said))


async def _room(account: Account, said: Told) -> CallAnswer:
    return await _news(account, happened.met(said))


async def _recording(account: Account, said: Told) -> CallAnswer:
    return await _news(account, happened.recorded(said))


async def _news(account: Account, it: Happening | None) -> CallAnswer:
    if it is not None:
        await machine.happened(account, it)
    return CallAnswer(status=204)


_NEWS: dict[str, Callable[[Account, Told], Awaitable[CallAnswer]]] = {
    "progress": _progress,
    "room": _room,
    "recording": _recording,
}
_HANDLERS: dict[str, Callable[[Account, Told], Awaitable[CallAnswer]]] = {
    **_NEWS,
    "incoming": _incoming,
    "ready": _ready,
    "leg": _leg,
    "heard": _heard,
    "wait": _wait,
    "pressed": _pressed,
    "unwaited": _unwaited,
    "left": _left,
    "message": _message,
    "fallback": _fallback,
}
