"""Carry out a plan on one channel: each act until there is something to report, or nothing left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from polydesk_voice.happenings import Any_, Heard, Waited
from polydesk_voice.plan import Ask, HangUp, Meet, Plan, Refuse, Speak, TakeMessage, Wait
from polydesk_voice.providers.ari import media, messages, names, rooms

if TYPE_CHECKING:
    from polydesk_voice.providers.ari.actor import Actor

_ANY_NUMBER = 40
_KEYS = "0123456789*#"
_OVER = "over"


async def perform(actor: Actor, plan: Plan, *, resuming: bool = False) -> Any_ | None:
    """What came of it; None when there is nothing to report. Whoever has nothing left to do is hung up."""
    rest = actor.listener.rest
    await _settle(actor, plan)
    if plan and isinstance(plan[0], Refuse):
        await rest.delete("channels", actor.channel, reason="busy" if plan[0].busy else "congestion")
        return None
    if not actor.answered and plan and not isinstance(plan[0], HangUp):
        await rest.post("channels", actor.channel, "answer")
        actor.answered = True
    for act in plan:
        match act:
            case Speak():
                await _play(actor, media.of(act, actor.listener.settings), interrupting="")
            case Ask():
                return await _ask(actor, act)
            case Wait():
                return await _wait(actor, act)
            case Meet():
                await rooms.enter(actor, act)
                return None
            case TakeMessage():
                return await messages.take(actor, act, resuming=resuming)
            case HangUp() | Refuse():
                break
    await rest.delete("channels", actor.channel)
    return None


async def _settle(actor: Actor, plan: Plan) -> None:
    """End what an earlier plan began and this one does not go on with."""
    rest, first = actor.listener.rest, plan[0] if plan else HangUp()
    if isinstance(first, HangUp | Refuse):
        actor.playing, actor.music = "", None
        return
    if actor.unsure:
        actor.unsure = False
        if not actor.room:
            for name in names.playbacks(actor.channel):
                await rest.gone_is_fine("DELETE", "playbacks", name)
            await rest.gone_is_fine("DELETE", "channels", actor.channel, "moh")
    goes_on = isinstance(first, Wait) and not first.says and first.music == actor.music
    if actor.playing and not goes_on:
        await rest.gone_is_fine("DELETE", "playbacks", actor.playing)
        actor.playing = ""
    if actor.recording:
        await rest.gone_is_fine("POST", "recordings", "live", actor.recording, "stop")
        actor.recording = ""
    if actor.room and not (isinstance(first, Meet) and first.room == actor.room):
        await rooms.leave(actor)
    if actor.music is not None and not goes_on:
        await _quiet(actor)


async def _play(actor: Actor, found: list[str], *, interrupting: str) -> str:
    """Play media to their end, or to one of the keys that interrupt; that key."""
    for each in found:
        if key := _key(actor, interrupting):
            return key
        actor.playing = name = actor.new_name()
        await actor.listener.rest.post("channels", actor.channel, "play", name, media=each)
        outcome = await actor.until(lambda: _key(actor, interrupting) or _over(actor))
        if outcome != _OVER:
            await actor.listener.rest.gone_is_fine("DELETE", "playbacks", name)
            actor.playing = ""
            return outcome or ""
        actor.playing = ""
    return _key(actor, interrupting) or ""


async def _ask(actor: Actor, act: Ask) -> Heard:
    if act.digits:
        # What ended the answer before this question is not an answer to it.
        while actor.digits and actor.digits[0] == "#":
            actor.digits.popleft()
    said = [each for say in act.says for each in media.of(say, actor.listener.settings)]
    pressed = await _play(actor, said, interrupting=_KEYS)
    most = act.digits or _ANY_NUMBER
    while not pressed.endswith("#") and len(pressed) < most:
        key = await actor.until(lambda: _key(actor, _KEYS), act.timeout)
        if key is None:
            break
        pressed += key
    return Heard(leg=actor.channel, key=_once("heard", actor), digits=pressed.rstrip("#"))


async def _wait(actor: Actor, act: Wait) -> Any_:
    said = [each for say in act.says for each in media.of(say, actor.listener.settings)]
    key: str | None = await _play(actor, said, interrupting=act.keys)
    if not key:
        key = await _music(actor, act)
    if not act.keys:
        actor.digits.clear()
    if key:
        return Heard(leg=actor.channel, key=_once("heard", actor), digits=key)
    return Waited(leg=actor.channel, key=_once("waited", actor))


async def _music(actor: Actor, act: Wait) -> str | None:
    """Music until a key or the time is up. It goes on into the next wait, if that has the same."""
    rest = actor.listener.rest
    if not act.music:
        if actor.music is None:
            await rest.post("channels", actor.channel, "moh")
            actor.music = ""
        return await actor.until(lambda: _key(actor, act.keys), act.seconds)
    left = actor.listener.clock() + act.seconds
    actor.music = act.music
    while (seconds := left - actor.listener.clock()) > 0:
        if not actor.playing:
            actor.playing = actor.new_name()
            await rest.post("channels", actor.channel, "play", actor.playing, media=media.sound(act.music))
        found = await actor.until(lambda: _key(actor, act.keys) or _over(actor), seconds)
        if found != _OVER:
            return found
        actor.playing = ""
    return None


async def _quiet(actor: Actor) -> None:
    if actor.music == "":
        await actor.listener.rest.gone_is_fine("DELETE", "channels", actor.channel, "moh")
    actor.music = None


def _key(actor: Actor, wanted: str) -> str | None:
    """The first key that counts. Keys pressed ahead of a question wait for it; others are nothing."""
    if not wanted:
        return None
    while actor.digits:
        if (key := actor.digits.popleft()) in wanted:
            return key
    return None


def _over(actor: Actor) -> str | None:
    return _OVER if actor.has_finished(actor.playing) else None


def _once(what: str, actor: Actor) -> str:
    return f"{what}:{actor.channel}:{uuid4().hex[:12]}"
