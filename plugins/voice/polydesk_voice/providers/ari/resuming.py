"""After a break in the line: find every call where it is now, go on with it, and report those that have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polydesk import db
from polydesk_voice.providers.ari import events, names, rooms, whispering
from polydesk_voice.providers.ari.rest import Gone

if TYPE_CHECKING:
    from polydesk_voice.providers.ari.listening import Listener

_LEG = "leg"


async def resume(listener: Listener) -> None:
    """Compare what Asterisk has with what the desk believes."""
    rest = listener.rest
    living = {each["id"]: each for each in await rest.get("channels")}
    known = await db.fetch(
        "SELECT id, name, token, state FROM voice_leg WHERE account = {} AND state <> 'ended' AND name <> ''",
        listener.account.id,
    )
    await rooms.restore(listener, await rest.get("bridges"))
    for row in known:
        if row["name"] not in living:
            state = "Up" if row["state"] == "up" else "Ringing"
            over = events.over(row["name"], state, 0, "", None, row["token"])
            listener.actor(row["name"]).end(over)
    mine = await _subscribed(listener)
    names_known = {row["name"] for row in known}
    for channel in living.values():
        if whispering.is_ear(channel["id"]):
            if channel["id"] in mine:
                # Whoever it is of begins anew.
                await rest.gone_is_fine("DELETE", "channels", channel["id"])
            continue
        if channel["id"] in names_known or channel["id"] in mine:
            _go_on(listener, channel, channel["id"] in names_known)
    for each in await rest.get("recordings", "stored"):
        await _stored(listener, str(each["name"]))


def _go_on(listener: Listener, channel: dict[str, Any], known: bool) -> None:
    args = _arguments(listener.rest.app, channel)
    if args is None:
        # Still ringing: what becomes of it is told.
        return
    actor = listener.actor(channel["id"])
    actor.arrived = actor.unsure = True
    actor.answered, actor.hushed = channel.get("state") == "Up", None
    actor.room = next((each.id for each in listener.rooms.values() if channel["id"] in each.members), "")
    if known and not (args and args[0] == _LEG):
        actor.turn(resuming=True)
    elif args and args[0] == _LEG:
        # Whether its answer was told is not known: told twice it counts once, and the plan is the answer.
        actor.tell(events.ready({"channel": channel, "args": args}), follow=False)
        actor.turn(resuming=True)
    else:
        actor.tell(events.incoming({"channel": channel, "args": args}, listener.settings.number), follow=True)


def _arguments(app: str, channel: dict[str, Any]) -> list[str] | None:
    """What the dialplan or we gave along; None for a channel that is not in our application now."""
    where = channel.get("dialplan") or {}
    if "app_name" not in where:
        # Asterisk before 16 does not say; the application follows every channel that was handed to it.
        return [_LEG, ""] if names.leg_of(channel["id"]) is not None and channel.get("state") == "Up" else []
    first, *args = str(where.get("app_data") or "").split(",")
    return args if where["app_name"] == "Stasis" and first == app else None


async def _subscribed(listener: Listener) -> set[str]:
    try:
        return set((await listener.rest.get("applications", listener.rest.app)).get("channel_ids") or ())
    except Gone:
        return set()


async def _stored(listener: Listener, name: str) -> None:
    """A recording that ended while nobody listened. What is known already is counted once."""
    if (found := names.recorded(listener.rest.app, name)) is not None:
        room, channel = found
        await listener.happened(events.recorded(name, room=room, channel=channel))
