"""Speaking to one party of a room alone: a bridge of one's own, with an ear at that party that also speaks to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polydesk import db
from polydesk_voice.plan import Meet
from polydesk_voice.providers.ari import names
from polydesk_voice.providers.ari.events import Event
from polydesk_voice.providers.ari.rest import Gone

if TYPE_CHECKING:
    from polydesk_voice.providers.ari.actor import Actor
    from polydesk_voice.providers.ari.listening import Listener

EAR = "ear"


async def begin(actor: Actor, act: Meet) -> bool:
    """Hear all and be heard by one; False when that one is not there, and only listening is left."""
    target = await _channel_of(act.only_to)
    if not target:
        return False
    from polydesk_voice.providers.ari import rooms

    if actor.room:
        await rooms.leave(actor)
    rest, aside = actor.listener.rest, names.aside(act.room, actor.channel)
    actor.room, actor.aside = act.room, aside
    await rest.answer("POST", "bridges", aside, type="mixing", name=aside)
    await rooms.hush(actor, False)
    await rest.post("bridges", aside, "addChannel", channel=actor.channel)
    ear = _ear(actor.channel)
    await rest.gone_is_fine("DELETE", "channels", ear)
    try:
        await rest.post(
            "channels", target, "snoop", ear, spy="both", whisper="out", app=rest.app, appArgs=f"{EAR},{actor.channel}"
        )
    except Gone:
        await rooms.leave(actor)
        return False
    return True


async def end(actor: Actor) -> None:
    """Take the ear away, and the bridge."""
    rest, aside, actor.aside = actor.listener.rest, actor.aside, ""
    actor.leaving.append(aside)
    await rest.gone_is_fine("DELETE", "channels", _ear(actor.channel))
    try:
        await rest.delete("bridges", aside)
    except Gone:
        actor.leaving.remove(aside)


async def overheard(listener: Listener, channel: str, event: Event) -> None:
    """The ear of the whisperer on `channel` has come to be, or has ended with the party it was at."""
    actor, ear = listener.actors.get(channel), event["channel"]["id"]
    whispers = actor is not None and bool(actor.aside) and not actor.over
    if event["type"] == "StasisStart":
        if actor is not None and whispers:
            await listener.rest.gone_is_fine("POST", "bridges", actor.aside, "addChannel", channel=ear)
        else:
            await listener.rest.gone_is_fine("DELETE", "channels", ear)
    elif actor is not None and whispers:
        # The plan says what is to become of a whisperer with nobody to whisper to.
        actor.turn()


def is_ear(channel: str) -> bool:
    """Is a channel one of these, and no party?"""
    return channel.startswith(_ear(""))


def owner(ear: str) -> str:
    """Whose ear it is."""
    return ear.removeprefix(_ear(""))


async def _channel_of(leg: int) -> str:
    rows = await db.fetch("SELECT name FROM voice_leg WHERE id = {} AND state <> 'ended'", leg)
    return str(rows[0]["name"]) if rows else ""


def _ear(channel: str) -> str:
    return f"pd-{EAR}-{channel}"
