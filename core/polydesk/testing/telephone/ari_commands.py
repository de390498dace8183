"""The commands of ARI, as far as a desk gives any: what they do, and what Asterisk says to wrong ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Protocol
from uuid import uuid4

from polydesk.testing.telephone import ari_recording
from polydesk.testing.telephone.ari_objects import Bridge, Channel, Playback, Refusal
from polydesk.testing.telephone.ari_pbx import BUSY, CONGESTION, NORMAL, REJECTED, Pbx

Query = dict[str, str]
_REASONS = {"": NORMAL, "normal": NORMAL, "busy": BUSY, "congestion": CONGESTION, "rejected": REJECTED}


class Around(Protocol):
    """What commands need beside the insides of Asterisk."""

    pbx: Pbx

    def ring(self, id: str, query: Query) -> Channel:
        """Originate."""

    def listens(self, app: str) -> bool:
        """Does anybody listen for an application?"""


def carry_out(around: Around, method: str, path: str, query: Query) -> Any:
    """JSON, a recording whose sound is wanted, or None for "no content". Raises `Refusal`."""
    for known, pattern, do in _COMMANDS:
        if known == method and (found := pattern.fullmatch(path)):
            return do(around, query, *found.groups())
    raise Refusal(404, "Resource not found")


def _channels(it: Around, _query: Query) -> Any:
    return [each.shown() for each in it.pbx.channels.values()]


def _channel(it: Around, _query: Query, id: str) -> Any:
    return it.pbx.channel(id).shown()


def _originate(it: Around, query: Query, id: str) -> Any:
    if id in it.pbx.channels:
        raise Refusal(409, "Channel with given unique ID already exists")
    if not query.get("endpoint"):
        raise Refusal(400, "Endpoint must be specified")
    return it.ring(id, query).shown()


def _hang_up(it: Around, query: Query, id: str) -> None:
    reason = query.get("reason", "")
    if reason not in _REASONS:
        raise Refusal(400, "Invalid Reason")
    it.pbx.hang_up(it.pbx.channel(id), _REASONS[reason], asked=True)


def _answer(it: Around, _query: Query, id: str) -> None:
    channel = it.pbx.handled(id)
    if channel.state != "Up":
        it.pbx.set_state(channel, "Up")
        keys, channel.held_keys = channel.held_keys, ""
        for key in keys:
            it.pbx.press(channel, key)


def _mute(on: bool) -> Callable[[Around, Query, str], None]:
    def do(it: Around, query: Query, id: str) -> None:
        channel = it.pbx.handled(id)
        if query.get("direction") in ("in", "both"):
            channel.hushed = on
        it.pbx.listen(channel, *(channel.bridge.members if channel.bridge is not None else ()))

    return do


def _moh(on: bool) -> Callable[[Around, Query, str], None]:
    def do(it: Around, _query: Query, id: str) -> None:
        channel = it.pbx.handled(id)
        channel.music = on
        it.pbx.listen(channel)

    return do


def _play(it: Around, query: Query, id: str, name: str) -> Any:
    channel = it.pbx.handled(id)
    if not query.get("media"):
        raise Refusal(400, "Media must be specified")
    playback = Playback(name, query["media"], f"channel:{id}", query.get("lang", ""))
    it.pbx.play(channel, playback)
    return playback.shown()


def _stop(it: Around, _query: Query, name: str) -> None:
    playback = it.pbx.playbacks.get(name)
    if playback is None:
        raise Refusal(404, "Playback not found")
    it.pbx.stop(playback)


def _snoop(it: Around, query: Query, id: str, ear_id: str) -> Any:
    target = it.pbx.channel(id)
    if ear_id in it.pbx.channels:
        raise Refusal(409, "Channel with given unique ID already exists")
    ear = Channel(
        ear_id, f"Snoop/{id}-00000001", query["app"], "", state="Up", began=it.pbx.now(),
        spies_on=target if query.get("spy") == "both" else None, whispers=query.get("whisper") == "out",
    )  # fmt: skip
    it.pbx.channels[ear_id] = ear
    it.pbx.ears.add(ear)
    it.pbx.later(0, lambda: None if ear.over else it.pbx.into_application(ear, query.get("appArgs", "").split(",")))
    return ear.shown()


def _bridges(it: Around, _query: Query) -> Any:
    return [each.shown() for each in it.pbx.bridges.values()]


def _bridge(it: Around, _query: Query, id: str) -> Any:
    return it.pbx.bridge(id).shown()


def _make_bridge(it: Around, query: Query, id: str) -> Any:
    if id in it.pbx.bridges:
        words = "Supplying a bridge type when updating a bridge is not allowed." if query.get("type") else ""
        if query.get("name", "") not in ("", it.pbx.bridges[id].name):
            words = "Changing bridge name is not implemented"
        if words:
            raise Refusal(500, words)
    else:
        it.pbx.bridges[id] = Bridge(id, query.get("name", ""))
    return it.pbx.bridges[id].shown()


def _destroy(it: Around, _query: Query, id: str) -> None:
    it.pbx.destroy(it.pbx.bridge(id))


def _add(it: Around, query: Query, id: str) -> None:
    bridge, channel = it.pbx.bridge(id), it.pbx.channels.get(query.get("channel", ""))
    if channel is None:
        raise Refusal(400, "Channel not found")
    if channel.args is None:
        raise Refusal(422, "Channel not in Stasis application")
    it.pbx.put_in(bridge, channel)


def _remove(it: Around, query: Query, id: str) -> None:
    bridge, channel = it.pbx.bridge(id), it.pbx.channels.get(query.get("channel", ""))
    if channel is None:
        raise Refusal(400, "Channel not found")
    if channel.bridge is not bridge:
        raise Refusal(422, "Channel not in this bridge")
    it.pbx.take_out(channel)


def _bridge_moh(on: bool) -> Callable[[Around, Query, str], None]:
    def do(it: Around, _query: Query, id: str) -> None:
        bridge = it.pbx.bridge(id)
        if not on and not bridge.music:
            raise Refusal(409, "Bridge is not playing music on hold")
        bridge.music = on
        it.pbx.listen(*bridge.members)

    return do


def _bridge_play(it: Around, query: Query, id: str, name: str) -> Any:
    playback = Playback(name, query["media"], f"bridge:{id}")
    it.pbx.play_to_all(it.pbx.bridge(id), playback)
    return playback.shown()


def _user_event(it: Around, query: Query, name: str) -> None:
    app, source = query.get("application", ""), query.get("source", "")
    if not it.listens(app):
        raise Refusal(404, "Application not found")
    kind, _colon, id = source.partition(":")
    if kind != "channel":
        raise Refusal(400, "Invalid event source URI")
    if (channel := it.pbx.channels.get(id)) is None:
        raise Refusal(422, "Event source was not found")
    it.pbx.tell(app, "ChannelUserevent", eventname=name, channel=channel.shown(), userevent={})


def _application(it: Around, _query: Query, app: str) -> Any:
    if not it.listens(app):
        raise Refusal(404, "Application not found")
    mine = [each.id for each in it.pbx.channels.values() if each.app == app]
    return {"name": app, "channel_ids": mine, "bridge_ids": [], "endpoint_ids": [], "device_names": []}


def _info(_it: Around, _query: Query) -> Any:
    return {"system": {"version": "22.8.0", "entity_id": "pd"}, "status": {}, "build": {}, "config": {"name": ""}}


def _module(_it: Around, _query: Query, name: str) -> Any:
    return {"name": name, "description": name, "use_count": 0, "status": "Running", "support_level": "core"}


def _command(method: str, path: str, do: Callable[..., Any]) -> tuple[str, re.Pattern[str], Callable[..., Any]]:
    return method, re.compile(path.replace("*", "([^/]+)")), do


_COMMANDS = [
    _command("GET", "channels", _channels),
    _command("GET", "channels/*", _channel),
    _command("POST", "channels/*", _originate),
    _command("POST", "channels", lambda it, query: _originate(it, query, query.get("channelId") or uuid4().hex)),
    _command("DELETE", "channels/*", _hang_up),
    _command("POST", "channels/*/answer", _answer),
    _command("POST", "channels/*/mute", _mute(True)),
    _command("DELETE", "channels/*/mute", _mute(False)),
    _command("POST", "channels/*/moh", _moh(True)),
    _command("DELETE", "channels/*/moh", _moh(False)),
    _command("POST", "channels/*/play/*", _play),
    _command("POST", "channels/*/record", ari_recording.of_channel),
    _command("POST", "channels/*/snoop/*", _snoop),
    _command("DELETE", "playbacks/*", _stop),
    _command("GET", "bridges", _bridges),
    _command("GET", "bridges/*", _bridge),
    _command("POST", "bridges/*", _make_bridge),
    _command("DELETE", "bridges/*", _destroy),
    _command("POST", "bridges/*/addChannel", _add),
    _command("POST", "bridges/*/removeChannel", _remove),
    _command("POST", "bridges/*/moh", _bridge_moh(True)),
    _command("DELETE", "bridges/*/moh", _bridge_moh(False)),
    _command("POST", "bridges/*/play/*", _bridge_play),
    _command("POST", "bridges/*/record", ari_recording.of_bridge),
    _command("GET", "recordings/live/*", ari_recording.named("live")),
    _command("POST", "recordings/live/*/pause", ari_recording.pause(True)),
    _command("DELETE", "recordings/live/*/pause", ari_recording.pause(False)),
    _command(
        "POST", "recordings/live/*/stop", lambda it, _query, name: it.pbx.end_recording(ari_recording.live(it, name))
    ),
    _command("GET", "recordings/stored", ari_recording.stored),
    _command("GET", "recordings/stored/*", ari_recording.named("stored")),
    _command("GET", "recordings/stored/*/file", ari_recording.file),
    _command(
        "DELETE",
        "recordings/stored/*",
        lambda it, _query, name: it.pbx.stored.pop(ari_recording.kept(it, name).name) and None,
    ),
    _command("POST", "events/user/*", _user_event),
    _command("GET", "applications/*", _application),
    _command("GET", "asterisk/info", _info),
    _command("GET", "asterisk/modules/*", _module),
]
