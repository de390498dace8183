"""What Asterisk tells of channels, as happenings: the same event always gives the same key."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime
from typing import Any

from polydesk_voice.happenings import Incoming, MessageTaken, Met, Progress, Progressed, Ready, Recorded

Event = dict[str, Any]
_MOST_SEEN = 5000
# ITU-T Q.850, as far as it says more than "it is over".
_BUSY = frozenset({17, 21})
_NO_ANSWER = frozenset({16, 18, 19})
_CANCELED = frozenset({26})

# Somebody who called us and was not answered yet; whom we ring is "Ringing".
_CALLING = "Ring"


class Seen:
    """What has been there already, for as long as it may come again."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], None] = OrderedDict()

    def __contains__(self, mark: tuple[str, ...]) -> bool:
        return mark in self._known

    def first(self, *mark: str) -> bool:
        """Is it there for the first time?"""
        if mark in self._known:
            return False
        self._known[mark] = None
        while len(self._known) > _MOST_SEEN:
            self._known.popitem(last=False)
        return True


def mark(event: Event) -> tuple[str, ...]:
    """Events have no number, but two of a kind on one channel never bear the same moment."""
    return (event["type"], about(event), str(event.get("timestamp", "")), str(event.get("digit", "")), _state(event))


def about(event: Event) -> str:
    """The channel an event is of, or "": for media and recordings, the one they are played to or made of."""
    for name in ("channel", "peer"):
        if isinstance(event.get(name), dict):
            return str(event[name].get("id", ""))
    for name in ("playback", "recording"):
        if isinstance(event.get(name), dict):
            kind, _colon, target = str(event[name].get("target_uri", "")).partition(":")
            return target if kind == "channel" else ""
    return ""


def moment(event: Event) -> datetime | None:
    """When it happened, by Asterisk's clock ("2026-03-13T14:51:13.519+0100")."""
    try:
        return datetime.strptime(str(event.get("timestamp", "")), "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError:
        return None


def incoming(event: Event, number: str) -> Incoming:
    """A call to `number`; the dialplan may say in the second argument which number was really dialled."""
    channel = event["channel"]
    args = event.get("args") or []
    caller = channel.get("caller") or {}
    dialled = args[1] if len(args) > 1 else ""
    return Incoming(
        leg=channel["id"],
        key=f"in:{channel['id']}",
        at=moment(event),
        caller=str(caller.get("number") or "anonymous"),
        caller_name=str(caller.get("name") or ""),
        called=str(dialled or number),
        details={"channel": channel.get("name", ""), "language": channel.get("language", "")},
    )


def ready(event: Event) -> Ready:
    """Somebody we dialled has answered."""
    channel = event["channel"]["id"]
    return Ready(leg=channel, key=f"ready:{channel}", at=moment(event), token=str((event.get("args") or ["", ""])[1]))


def progressed(event: Event, token: str = "") -> Progressed | None:
    """How far a channel has come by this event; None when it says nothing of that."""
    channel = event.get("channel") or event.get("peer") or {}
    name, state = str(channel.get("id", "")), str(channel.get("state", ""))
    progress: Progress | None = None
    match event["type"]:
        case "Dial" if event.get("dialstatus") == "RINGING":
            progress = "ringing"
        case "ChannelStateChange" if state == "Ringing":
            # That somebody has answered is told by their coming into the application.
            progress = "ringing"
        case "StasisEnd" | "ChannelDestroyed":
            cause, words = int(event.get("cause") or 0), str(event.get("cause_txt") or "")
            return over(name, state, cause, words, moment(event), token)
    if progress is None or not name:
        return None
    return Progressed(leg=name, key=f"{progress}:{name}", token=token, at=moment(event), progress=progress)


def over(name: str, state: str, cause: int, words: str, at: datetime | None, token: str = "") -> Progressed:
    """A channel's end. Whether anybody had answered is in the state it ended in."""
    return Progressed(
        leg=name,
        key=f"over:{name}",
        token=token,
        at=at,
        progress=ending(state, cause),
        reason=f"{words} ({cause})" if cause else "",
    )


def ending(state: str, cause: int) -> Progress:
    """How a channel ended that was in `state`, in the words of every provider."""
    if state == "Up":
        return "completed"
    if state == _CALLING or cause in _CANCELED:
        return "canceled"
    if cause in _BUSY:
        return "busy"
    # Until Asterisk 22.7 a phone that rang in vain ends without any cause.
    if cause in _NO_ANSWER or (cause == 0 and state == "Ringing"):
        return "no_answer"
    return "failed"


def met(event: Event, room: str = "") -> Met:
    """A channel came into a bridge or left it."""
    channel, bridge, at = event["channel"]["id"], room or event["bridge"]["id"], moment(event)
    inside = event["type"] == "ChannelEnteredBridge"
    sequence = int(at.timestamp() * 1000) if at else -1
    return Met(
        leg=channel,
        key=f"{'met' if inside else 'left'}:{channel}:{bridge[-40:]}:{sequence}",
        at=at,
        room=bridge,
        inside=inside,
        sequence=sequence,
    )


def message_taken(name: str, channel: str, seconds: int, at: datetime | None) -> MessageTaken:
    """The recording of a message has ended."""
    return MessageTaken(leg=channel, key=f"taken:{name}", at=at, seconds=seconds)


def recorded(name: str, *, channel: str = "", room: str = "", seconds: float = 0.0, missing: str = "") -> Recorded:
    """A recording that Asterisk has stored, or could not make."""
    return Recorded(
        leg=channel,
        key=f"recorded:{name}",
        reference=name,
        room=room,
        seconds=seconds,
        message=bool(channel),
        missing=missing,
    )


def _state(event: Event) -> str:
    channel = event.get("channel") or event.get("peer") or {}
    playback = event.get("playback") or {}
    parts = (channel.get("state"), event.get("dialstatus"), (event.get("bridge") or {}).get("id"), playback.get("id"))
    return "|".join(str(each or "") for each in parts)
