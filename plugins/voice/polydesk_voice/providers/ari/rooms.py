"""Rooms of calls as mixing bridges: made when the first comes, recorded once two talk, gone with the last.

Who only listens is in the bridge and mute. Who whispers is beside it, see `whispering`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from polydesk_voice.plan import Meet
from polydesk_voice.providers.ari import media, names, whispering
from polydesk_voice.providers.ari.messages import FORMAT
from polydesk_voice.providers.ari.rest import Gone, Rest

if TYPE_CHECKING:
    from polydesk_voice.providers.ari.actor import Actor
    from polydesk_voice.providers.ari.listening import Listener


class Room:
    """A bridge as it stands. `members` are in it, `talkers` those of them (or about to be) who are there to talk."""

    def __init__(self, id: str, recording: str) -> None:
        self.id, self.recording = id, recording
        self.members: set[str] = set()
        self.talkers: set[str] = set()
        self.enders: set[str] = set()
        self.records = self.recorded = False
        self.wanted_music = ""
        self.music: str | None = None
        self.playing = ""
        self.lock = asyncio.Lock()


async def enter(actor: Actor, act: Meet) -> None:
    """Bring a channel in, or give it another part if it is in already."""
    if act.role == "whisper" and await whispering.begin(actor, act):
        return
    if actor.aside:
        await leave(actor)
    listener = actor.listener
    while True:
        room = await _room(listener, act.room)
        async with room.lock:
            # Whoever held the lock may have been the last to leave.
            if listener.rooms.get(room.id) is room:
                await _enter(actor, room, act)
                return


async def leave(actor: Actor) -> None:
    """Take a channel out, because it is wanted elsewhere."""
    left, actor.room = actor.room, ""
    if actor.aside:
        await whispering.end(actor)
        return
    listener, rest = actor.listener, actor.listener.rest
    actor.leaving.append(left)
    try:
        await rest.post("bridges", left, "removeChannel", channel=actor.channel)
    except Gone:
        actor.leaving.remove(left)
    await hush(actor, False)
    await without(listener, left, actor.channel)


async def hush(actor: Actor, on: bool) -> None:
    """Let nobody hear this channel, or everybody again; None in `hushed` is not to know."""
    if actor.hushed is not on:
        verb = actor.listener.rest
        await verb.gone_is_fine("POST" if on else "DELETE", "channels", actor.channel, "mute", direction="in")
        actor.hushed = on


async def entered(listener: Listener, bridge: str, channel: str) -> None:
    """Somebody is in a bridge now."""
    if (room := listener.rooms.get(bridge)) is not None:
        async with room.lock:
            room.members.add(channel)
            await _settle(listener, room)


async def without(listener: Listener, bridge: str, channel: str) -> None:
    """Somebody is in it no more. The last one, and whoever `ends` it, takes the room along."""
    room = listener.rooms.get(bridge)
    if room is None or channel not in room.members | room.talkers:
        return
    async with room.lock:
        ends = channel in room.enders
        for each in (room.members, room.talkers, room.enders):
            each.discard(channel)
        if listener.rooms.get(bridge) is not room:
            return
        if ends or not room.members:
            listener.rooms.pop(bridge)
            await listener.rest.gone_is_fine("DELETE", "bridges", bridge)
        else:
            await _settle(listener, room)


async def played(listener: Listener, bridge: str, name: str) -> None:
    """A piece of music has come to its end; it begins anew while somebody is alone with it."""
    room = listener.rooms.get(bridge)
    if room is not None and room.playing == name:
        async with room.lock:
            room.playing, room.music = "", None
            await _settle(listener, room)


async def restore(listener: Listener, bridges: list[dict[str, Any]]) -> None:
    """After a break in the line: which rooms there are, and who is in them."""
    for each in bridges:
        whispers = names.is_aside(str(each["id"]))
        if not whispers and not names.is_room(str(each["id"])):
            continue
        if whispers or not each.get("channels"):
            # A whisperer begins anew.
            await listener.rest.gone_is_fine("DELETE", "bridges", each["id"])
            continue
        room = Room(each["id"], str(each.get("name") or ""))
        room.members = set(each["channels"])
        room.recorded = await _is_recorded(listener.rest, room.recording)
        listener.rooms[room.id] = room


async def _enter(actor: Actor, room: Room, act: Meet) -> None:
    listener, rest = actor.listener, actor.listener.rest
    if act.role == "talk":
        room.talkers.add(actor.channel)
        room.records = room.records or act.records
        room.wanted_music = act.music or room.wanted_music
    else:
        room.talkers.discard(actor.channel)
    (room.enders.add if act.ends else room.enders.discard)(actor.channel)
    actor.room = room.id
    actor.digits.clear()
    if actor.channel in room.members:
        # Another process may have muted them meanwhile.
        actor.hushed = None
    await hush(actor, act.role != "talk" or act.muted)
    if actor.channel not in room.members:
        try:
            await rest.post("bridges", room.id, "addChannel", channel=actor.channel)
        except Gone:
            actor.room = ""
            room.talkers.discard(actor.channel)
            if not room.members:
                listener.rooms.pop(room.id)
                await rest.gone_is_fine("DELETE", "bridges", room.id)
            raise
        room.members.add(actor.channel)
    await _settle(listener, room)


async def _room(listener: Listener, id: str) -> Room:
    """The bridge with this id, made if there is none."""
    if (known := listener.rooms.get(id)) is not None:
        return known
    room = listener.rooms[id] = Room(id, names.recording(listener.rest.app, id))
    async with room.lock:
        try:
            answer = await listener.rest.answer("POST", "bridges", id, type="mixing", name=room.recording)
            made = answer.json() if answer.status < 300 else await _made_before(listener.rest, id)
            if made is None:
                listener.rest.raise_for(answer, "bridges", id)
            room.recording = str((made or {}).get("name") or room.recording)
        except BaseException:
            listener.rooms.pop(id, None)
            raise
    return room


async def _made_before(rest: Rest, id: str) -> dict[str, Any] | None:
    """Asterisk does not make a bridge twice, nor rename it: what it is called says how it is recorded."""
    try:
        found: dict[str, Any] = await rest.get("bridges", id)
    except Gone:
        return None
    return found


async def _settle(listener: Listener, room: Room) -> None:
    rest = listener.rest
    talking = room.members & room.talkers
    if len(talking) >= 2:
        await _quiet(rest, room)
        if room.records and not room.recorded:
            room.recorded = True
            await rest.gone_is_fine(
                "POST", "bridges", room.id, "record", name=room.recording, format=FORMAT, ifExists="fail"
            )
    elif talking and room.music is None:
        room.music = room.wanted_music
        if room.music:
            room.playing = f"{room.recording}-music"
            await rest.gone_is_fine("POST", "bridges", room.id, "play", room.playing, media=media.sound(room.music))
        else:
            await rest.gone_is_fine("POST", "bridges", room.id, "moh")


async def _quiet(rest: Rest, room: Room) -> None:
    if room.playing:
        name, room.playing = room.playing, ""
        await rest.gone_is_fine("DELETE", "playbacks", name)
    elif room.music == "":
        await rest.gone_is_fine("DELETE", "bridges", room.id, "moh")
    room.music = None


async def _is_recorded(rest: Rest, name: str) -> bool:
    try:
        await rest.get("recordings", "live", name)
    except Gone:
        return False
    return True
