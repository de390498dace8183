"""Channels, bridges and what is played and recorded, as ARI shows them."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from polydesk.testing.telephone.exchange import Line
from polydesk.testing.telephone.voices import Utterance


class Refusal(Exception):
    """What Asterisk would not do."""

    def __init__(self, status: int, words: str) -> None:
        self.status = status
        super().__init__(words)


def stamp(at: float) -> str:
    """A moment as ARI writes it, in milliseconds."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


@dataclass(eq=False)
class Playback:
    """Something played to a channel or bridge. Those of one channel wait for one another."""

    id: str
    media: str
    target: str
    language: str = ""
    state: str = "queued"
    timer: asyncio.TimerHandle | None = None

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": self.id,
            "media_uri": self.media,
            "target_uri": self.target,
            "language": self.language,
            "state": self.state,
        }


@dataclass(eq=False)
class Recording:
    """Live at first, then stored. Seconds are the exchange's own."""

    name: str
    target: str
    app: str
    began: float
    state: str = "recording"
    paused: float | None = None
    left_out: float = 0.0
    said: list[Utterance] = field(default_factory=list)
    talked: float = 0.0
    silence: int = 0
    ends_on: str = "none"
    duration: float = 0.0
    longest: asyncio.TimerHandle | None = None
    silent: asyncio.TimerHandle | None = None

    def shown(self) -> dict[str, Any]:
        """As JSON; how much of it was talk is known only where silence ends it."""
        found: dict[str, Any] = {"name": self.name, "format": "wav", "state": self.state, "target_uri": self.target}
        if self.state == "done":
            found["duration"] = round(self.duration)
            if self.silence:
                found["talking_duration"] = math.ceil(self.talked)
                found["silence_duration"] = round(max(0.0, self.duration - self.talked))
        return found


@dataclass(eq=False)
class Channel:
    """One connection. `line` is whoever holds the receiver; an ear has none, but somebody it spies on."""

    id: str
    name: str
    app: str
    caller: str
    caller_name: str = ""
    extension: str = ""
    state: str = "Ring"
    args: list[str] | None = None
    """What it came into the application with; None while it is not there."""
    began: float = 0.0
    line: Line | None = None
    bridge: Bridge | None = None
    hushed: bool = False
    music: bool = False
    spies_on: Channel | None = None
    whispers: bool = False
    playing: deque[Playback] = field(default_factory=deque)
    recording: Recording | None = None
    over: bool = False
    held_keys: str = ""
    """Pressed before anybody answered."""
    held_words: list[str] = field(default_factory=list)
    """Said before anything recorded them."""
    waiting_since: float | None = None
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        dialplan: dict[str, Any] = {"context": "default", "exten": self.extension, "priority": 1}
        if self.args is not None:
            dialplan |= {"app_name": "Stasis", "app_data": ",".join([self.app, *self.args])}
        elif self.line is None or self.state != "Ring":
            dialplan |= {"app_name": "AppDial2", "app_data": "(Outgoing Line)"}
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "caller": {"number": self.caller, "name": self.caller_name},
            "connected": {"number": "", "name": ""},
            "accountcode": "",
            "dialplan": dialplan,
            "creationtime": stamp(self.began),
            "language": "en",
        }


@dataclass(eq=False)
class Bridge:
    """Where channels hear each other."""

    id: str
    name: str
    members: list[Channel] = field(default_factory=list)
    music: bool = False
    playing: Playback | None = None
    recording: Recording | None = None

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "technology": "simple_bridge" if len(self.members) <= 2 else "softmix",
            "bridge_type": "mixing",
            "bridge_class": "stasis",
            "creator": "Stasis",
            "channels": [each.id for each in self.members],
        }


def heard_by(channel: Channel, ears: set[Channel]) -> set[str]:
    """Whom somebody at a channel can hear: those in the bridge, whoever is spied on with all they hear, whisperers."""
    found: set[str] = set()
    for other in channel.bridge.members if channel.bridge is not None else ():
        if other is channel:
            continue
        if (spied := other.spies_on) is not None:
            found |= heard_by(spied, ears) | ({spied.line.who} if spied.line is not None else set())
        elif other.line is not None and not other.hushed:
            found.add(other.line.who)
    for ear in ears:
        if ear.spies_on is channel and ear.whispers and ear.bridge is not None:
            found |= {each.line.who for each in ear.bridge.members if each.line is not None and not each.hushed}
    return found
