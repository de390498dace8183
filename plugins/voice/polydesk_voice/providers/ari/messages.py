"""What callers leave on tape: recorded on their channel, and found again after a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polydesk_voice.happenings import Any_, MessageTaken
from polydesk_voice.plan import TakeMessage
from polydesk_voice.providers.ari import events, names
from polydesk_voice.providers.ari.rest import Gone, Rest

if TYPE_CHECKING:
    from polydesk_voice.providers.ari.actor import Actor

FORMAT = "wav"
_TAKEN = 409


async def take(actor: Actor, act: TakeMessage, *, resuming: bool) -> Any_ | None:
    """Have them speak after a tone. What comes of it is told when Asterisk says that the recording has ended."""
    rest = actor.listener.rest
    if resuming and (found := await _left_behind(actor, rest)) is not None:
        return found if isinstance(found, MessageTaken) else None
    while actor.messages < names.MESSAGES:
        actor.messages += 1
        name = names.message(rest.app, actor.channel, actor.messages)
        answer = await rest.answer(
            "POST", "channels", actor.channel, "record", name=name, format=FORMAT, ifExists="fail", beep=True,
            maxDurationSeconds=act.most_seconds, maxSilenceSeconds=act.silence, terminateOn="#",
        )  # fmt: skip
        if answer.status == _TAKEN and await _exists(rest, name):
            continue
        rest.raise_for(answer, "channels", actor.channel, "record")
        actor.recording = name
        return None
    return events.message_taken(f"{actor.channel}-none", actor.channel, 0, None)


def ended(event: events.Event) -> tuple[Any_, Any_ | None]:
    """What the end of a message's recording tells: that it was taken, and that its sound is there, if anybody spoke."""
    it: dict[str, Any] = event["recording"]
    name, channel = str(it["name"]), events.about(event)
    if event["type"] == "RecordingFailed":
        words = str(it.get("cause") or "failed")
        return (
            events.message_taken(name, channel, 0, events.moment(event)),
            events.recorded(name, channel=channel, missing=words),
        )
    silent = it.get("talking_duration") == 0
    seconds = 0 if silent else max(1, int(it.get("duration") or 0))
    taken = events.message_taken(name, channel, seconds, events.moment(event))
    return taken, None if silent else events.recorded(name, channel=channel, seconds=seconds)


async def _left_behind(actor: Actor, rest: Rest) -> MessageTaken | bool | None:
    """True while a message is being taken; that it was, when nobody listened as it ended; None when there is none."""
    last = ""
    for number in range(1, names.MESSAGES + 1):
        name = names.message(rest.app, actor.channel, number)
        try:
            await rest.get("recordings", "live", name)
        except Gone:
            if not await _exists(rest, name):
                break
            actor.messages, last = number, name
        else:
            actor.messages, actor.recording = number, name
            return True
    return events.message_taken(last, actor.channel, 1, None) if last else None


async def _exists(rest: Rest, name: str) -> bool:
    try:
        await rest.get("recordings", "stored", name)
    except Gone:
        return False
    return True
