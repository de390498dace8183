"""Commands about recordings, see `ari_commands`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from polydesk.testing.telephone.ari_objects import Recording, Refusal
from polydesk.testing.telephone.ari_pbx import Pbx

Query = dict[str, str]


class Around(Protocol):
    """What these commands need."""

    pbx: Pbx


def of_channel(it: Around, query: Query, id: str) -> Any:
    """What one person says, until they have been silent for a while or press the key for it."""
    channel = it.pbx.handled(id)
    if channel.bridge is not None or channel.recording is not None:
        raise Refusal(409, "Channel is in a bridge or being recorded")
    channel.recording = recording = _recording(it, query, f"channel:{id}", channel.app)
    recording.silence = int(query.get("maxSilenceSeconds", "0"))
    recording.ends_on = query.get("terminateOn", "none")
    if channel.line is not None and query.get("beep") == "true":
        channel.line.heard.append("beep")
        it.pbx.wake(channel.line)
    it.pbx.record(recording, float(query.get("maxDurationSeconds", "0")))
    words, channel.held_words = channel.held_words, []
    for each in words:
        it.pbx.said(channel, each)
    return recording.shown()


def of_bridge(it: Around, query: Query, id: str) -> Any:
    """What all in it say, mixed."""
    bridge = it.pbx.bridge(id)
    app = bridge.members[0].app if bridge.members else ""
    bridge.recording = recording = _recording(it, query, f"bridge:{id}", app)
    it.pbx.record(recording)
    return recording.shown()


def _recording(it: Around, query: Query, target: str, app: str) -> Recording:
    name = query.get("name", "")
    if not name or query.get("format") != "wav":
        raise Refusal(400 if not name else 422, "Name and a known format must be given")
    if name in it.pbx.live or (name in it.pbx.stored and query.get("ifExists", "fail") == "fail"):
        raise Refusal(409, "Recording already exists")
    return Recording(name, target, app, it.pbx.clock())


def live(it: Around, name: str) -> Recording:
    """One that is being made."""
    if (found := it.pbx.live.get(name)) is None:
        raise Refusal(404, "Recording not found")
    return found


def pause(on: bool) -> Callable[[Around, Query, str], None]:
    """Leave out what is said, or go on."""
    return lambda it, _query, name: it.pbx.pause(live(it, name), on)


def stop(it: Around, _query: Query, name: str) -> None:
    """End and keep one."""
    it.pbx.end_recording(live(it, name))


def kept(it: Around, name: str) -> Recording:
    """One that has ended."""
    if (found := it.pbx.stored.get(name)) is None:
        raise Refusal(404, "Recording not found")
    return found


def stored(it: Around, _query: Query) -> Any:
    """All that have ended."""
    return [{"name": each, "format": "wav"} for each in it.pbx.stored]


def erase(it: Around, _query: Query, name: str) -> None:
    """Do away with one."""
    del it.pbx.stored[kept(it, name).name]


def file(it: Around, _query: Query, name: str) -> Recording:
    """One whose sound is wanted."""
    return kept(it, name)


def named(name: str) -> Callable[[Around, Query, str], Any]:
    """One of what is there, by id, shown."""
    finders: dict[str, Callable[[Around, str], Any]] = {
        "live": lambda it, id: live(it, id).shown(),
        "stored": lambda it, id: {"name": kept(it, id).name, "format": "wav"},
    }
    return lambda it, _query, id: finders[name](it, id)
