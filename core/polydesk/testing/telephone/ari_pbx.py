"""What goes on inside a make-believe Asterisk: channels, bridges, sounds, and the events they bring about."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

from polydesk.testing.telephone.ari_media import LETTERS_A_SECOND
from polydesk.testing.telephone.ari_objects import Bridge, Channel, Playback, Recording, Refusal, heard_by, stamp
from polydesk.testing.telephone.exchange import Line
from polydesk.testing.telephone.voices import Utterance

NORMAL, BUSY, NO_ANSWER, REJECTED, CONGESTION = 16, 17, 19, 21, 34
_WORDS = {0: "Unknown", NORMAL: "Normal Clearing", BUSY: "User busy", NO_ANSWER: "User alerting, no answer",
          REJECTED: "Call Rejected", CONGESTION: "Circuit/channel congestion"}  # fmt: skip
Emit = Callable[[str, dict[str, Any]], None]
Ended = Callable[[Channel, int], None]
Heard = Callable[[Channel, Playback], None]


class Pbx:
    """Everything there is, by id. `emit` sends an event to an application; `ended` and `heard` concern people."""

    def __init__(self, speed: float, chance: random.Random, emit: Emit, ended: Ended, heard: Heard) -> None:
        self.speed, self.chance = speed, chance
        self._emit, self._ended, self._heard = emit, ended, heard
        self.channels: dict[str, Channel] = {}
        self.ears: set[Channel] = set()
        self.bridges: dict[str, Bridge] = {}
        self.playbacks: dict[str, Playback] = {}
        self.live: dict[str, Recording] = {}
        self.stored: dict[str, Recording] = {}
        self.length: Callable[[str], float] = lambda _media: 1.0
        """How long a piece of media plays."""
        self._timers: set[asyncio.TimerHandle] = set()
        self._last = 0.0

    # --- time

    def now(self) -> float:
        """No two moments are the same millisecond."""
        self._last = max(self._last + 0.001, time.time())
        return self._last

    def clock(self) -> float:
        """Seconds of this exchange."""
        return time.monotonic() * self.speed

    def later(self, seconds: float, what: Callable[[], object]) -> asyncio.TimerHandle:
        """Do something in so many seconds of this exchange."""

        def do() -> None:
            self._timers.discard(handle)
            what()

        handle = asyncio.get_running_loop().call_later(seconds / self.speed, do)
        self._timers.add(handle)
        return handle

    def close(self) -> None:
        """Nothing happens any more."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def tell(self, app: str, kind: str, **more: Any) -> None:
        """An event."""
        self._emit(app, {"type": kind, "application": app, "timestamp": stamp(self.now()), "asterisk_id": "pd", **more})

    # --- channels

    def channel(self, id: str) -> Channel:
        """A living one."""
        if (found := self.channels.get(id)) is None:
            raise Refusal(404, "Channel not found")
        return found

    def handled(self, id: str) -> Channel:
        """One that is in an application."""
        found = self.channel(id)
        if found.args is None:
            raise Refusal(409, "Channel not in Stasis application")
        return found

    def set_state(self, channel: Channel, state: str) -> None:
        """Ringing, Up…"""
        channel.state = state
        self.tell(channel.app, "ChannelStateChange", channel=channel.shown())

    def into_application(self, channel: Channel, args: list[str]) -> None:
        """Hand a channel over."""
        channel.args = args
        self.tell(channel.app, "StasisStart", channel=channel.shown(), args=args)

    def hang_up(self, channel: Channel, cause: int = NORMAL, *, asked: bool = False) -> None:
        """The end of a channel, with all it was part of."""
        if channel.over:
            return
        channel.over = True
        for timer in channel.timers:
            timer.cancel()
        if asked and channel.args is not None:
            self.tell(channel.app, "ChannelHangupRequest", channel=channel.shown(), cause=cause)
        self.stop_all(channel)
        if channel.recording is not None:
            self.end_recording(channel.recording)
        self.take_out(channel)
        del self.channels[channel.id]
        self.ears.discard(channel)
        if channel.args is not None:
            self.tell(channel.app, "StasisEnd", channel=channel.shown())
        words = _WORDS.get(cause, "Unknown")
        self.tell(channel.app, "ChannelDestroyed", channel=channel.shown(), cause=cause, cause_txt=words)
        for ear in [each for each in self.ears if each.spies_on is channel]:
            self.hang_up(ear)
        self._ended(channel, cause)

    def press(self, channel: Channel, key: str) -> None:
        """A key on the telephone."""
        self.tell(channel.app, "ChannelDtmfReceived", channel=channel.shown(), digit=key, duration_ms=120)
        recording = channel.recording
        if recording is not None and recording.ends_on in (key, "any"):
            self.end_recording(recording)

    # --- bridges

    def bridge(self, id: str) -> Bridge:
        """One that is there."""
        if (found := self.bridges.get(id)) is None:
            raise Refusal(404, "Bridge not found")
        return found

    def put_in(self, bridge: Bridge, channel: Channel) -> None:
        """Have a channel hear the others."""
        if channel.recording is not None:
            raise Refusal(409, "Channel currently recording")
        self.take_out(channel)
        channel.bridge = bridge
        bridge.members.append(channel)
        self.tell(channel.app, "ChannelEnteredBridge", bridge=bridge.shown(), channel=channel.shown())
        self.listen(*bridge.members)

    def take_out(self, channel: Channel) -> None:
        """Have it hear them no more."""
        bridge, channel.bridge = channel.bridge, None
        if bridge is not None:
            bridge.members.remove(channel)
            self.tell(channel.app, "ChannelLeftBridge", bridge=bridge.shown(), channel=channel.shown())
            self.listen(channel, *bridge.members)

    def destroy(self, bridge: Bridge) -> None:
        """Everybody is out of it."""
        if bridge.recording is not None:
            self.end_recording(bridge.recording)
        if bridge.playing is not None:
            self.stop(bridge.playing)
        bridge.music = False
        del self.bridges[bridge.id]
        for channel in list(bridge.members):
            self.take_out(channel)

    def listen(self, *changed: Channel) -> None:
        """Who hears whom, after something has changed for these; who spies on them or is spied on has a share in it."""
        concerned = set(changed)
        for ear in self.ears:
            concerned |= {ear.spies_on} if ear.spies_on is not None else set()
            concerned |= set(ear.bridge.members) if ear.bridge is not None else set()
        for channel in concerned:
            line = channel.line
            if line is None:
                continue
            with_ = heard_by(channel, self.ears) - {line.who}
            music = channel.music or (channel.bridge is not None and channel.bridge.music)
            if (with_, music) != (line.with_, line.music):
                line.with_, line.music = with_, music
                self.wake(line)

    @staticmethod
    def wake(line: Line) -> None:
        """Whoever waits for something on this line looks again."""
        asyncio.get_running_loop().create_task(line.tell())

    def said(self, channel: Channel, words: str) -> None:
        """Somebody speaks: nobody understands them but whoever listens to the recording."""
        seconds = len(words) / LETTERS_A_SECOND
        own, common = channel.recording, channel.bridge.recording if channel.bridge is not None else None
        if own is None and channel.bridge is None:
            channel.held_words.append(words)
        for recording in (own, common):
            if recording is not None and recording.paused is None and channel.line is not None and not channel.hushed:
                at = self.clock() - recording.began - recording.left_out
                recording.said.append(Utterance(at, channel.line.who, words))
                recording.talked += seconds
                self.quiet(recording, seconds)

    # --- sounds

    def play(self, channel: Channel, playback: Playback) -> None:
        """After what is played already."""
        channel.playing.append(playback)
        self.playbacks[playback.id] = playback
        if channel.music:
            channel.music = False
            self.listen(channel)
        if len(channel.playing) == 1:
            self._next(channel)

    def play_to_all(self, bridge: Bridge, playback: Playback) -> None:
        """To whoever is in a bridge."""
        bridge.playing = self.playbacks[playback.id] = playback
        for channel in bridge.members:
            self._heard(channel, playback)
        app = bridge.members[0].app if bridge.members else ""
        playback.state = "playing"
        self.tell(app, "PlaybackStarted", playback=playback.shown())
        playback.timer = self.later(self.length(playback.media), lambda: self.stop(playback))

    def stop(self, playback: Playback, state: str = "done") -> None:
        """It is over, or is to be."""
        if self.playbacks.pop(playback.id, None) is None:
            return
        if playback.timer is not None:
            playback.timer.cancel()
        playback.state = state
        kind, _colon, target = playback.target.partition(":")
        if kind == "bridge":
            if (bridge := self.bridges.get(target)) is not None:
                bridge.playing = None
                app = bridge.members[0].app if bridge.members else ""
                self.tell(app, "PlaybackFinished", playback=playback.shown())
            return
        channel = self.channels.get(target)
        if channel is None:
            return
        first = bool(channel.playing) and channel.playing[0] is playback
        channel.playing.remove(playback)
        self.tell(channel.app, "PlaybackFinished", playback=playback.shown())
        if first and channel.playing and not channel.over:
            self._next(channel)

    def stop_all(self, channel: Channel) -> None:
        """Silence."""
        for playback in list(channel.playing)[::-1]:
            self.stop(playback)

    def _next(self, channel: Channel) -> None:
        playback = channel.playing[0]
        playback.state = "playing"
        self.tell(channel.app, "PlaybackStarted", playback=playback.shown())
        self._heard(channel, playback)
        playback.timer = self.later(self.length(playback.media), lambda: self.stop(playback))

    # --- recordings

    def record(self, recording: Recording, most: float = 0.0) -> None:
        """From now on."""
        self.live[recording.name] = recording
        self.tell(recording.app, "RecordingStarted", recording=recording.shown())
        if most:
            recording.longest = self.later(most, lambda: self.end_recording(recording))
        self.quiet(recording)

    def quiet(self, recording: Recording, talks: float = 0.0) -> None:
        """Silence ends a recording, from when whoever talks has done so."""
        if recording.silence:
            if recording.silent is not None:
                recording.silent.cancel()
            recording.silent = self.later(talks + recording.silence, lambda: self.end_recording(recording))

    def pause(self, recording: Recording, on: bool) -> None:
        """Leave out what is said meanwhile."""
        if on and recording.paused is None:
            recording.paused, recording.state = self.clock(), "paused"
        elif not on and recording.paused is not None:
            recording.left_out += self.clock() - recording.paused
            recording.paused, recording.state = None, "recording"

    def end_recording(self, recording: Recording) -> None:
        """Store it."""
        if self.live.pop(recording.name, None) is None:
            return
        for timer in (recording.longest, recording.silent):
            if timer is not None:
                timer.cancel()
        self.pause(recording, False)
        recording.state = "done"
        # Whoever has said something has taken the time for it.
        recording.duration = max(recording.talked, self.clock() - recording.began - recording.left_out)
        self.stored[recording.name] = recording
        kind, _colon, target = recording.target.partition(":")
        if kind == "bridge" and target in self.bridges:
            self.bridges[target].recording = None
        elif kind == "channel" and target in self.channels:
            self.channels[target].recording = None
        self.tell(recording.app, "RecordingFinished", recording=recording.shown())
