"""Hold the line to Asterisk: one socket per number, over which everything comes that happens to its channels."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect

from polydesk import N_, Door, PolydeskError, Refused, Text, TryLater, db
from polydesk.types import Account
from polydesk_voice.calls import machine
from polydesk_voice.happenings import Any_
from polydesk_voice.plan import Plan
from polydesk_voice.providers.ari import events, messages, names, resuming, rooms, whispering
from polydesk_voice.providers.ari.actor import Actor
from polydesk_voice.providers.ari.events import Event
from polydesk_voice.providers.ari.rest import Rest
from polydesk_voice.settings import LineSettings

log = logging.getLogger("polydesk.voice.ari")
TURN = "polydesk_turn"
LEG = "leg"
_OPEN_SECONDS, _PING_SECONDS, _WELL_SECONDS = 10.0, 15.0, 60.0
_LARGEST_EVENT = 4_000_000


class Model(Protocol):
    """Who knows what everybody is to hear: the call model."""

    async def happened(self, account: Account, it: Any_) -> Plan:
        """See `machine.happened`."""

    async def plan_of(self, account: Account, *, name: str = "", token: str = "") -> Plan:
        """See `machine.plan_of`."""


class Listener:
    """A line while this process holds it. What it remembers can be found out anew, see `resuming`."""

    def __init__(self, account: Account, *, pace: float = 1.0, model: Model = machine) -> None:
        self.account = account
        self._model = model
        self.settings: LineSettings = account.settings
        self.rest = Rest(self.settings)
        self.pace = pace
        """How many seconds pass in Asterisk in one of ours: other than 1 only where it is make-believe."""
        self.actors: dict[str, Actor] = {}
        self.rooms: dict[str, rooms.Room] = {}
        self.was_up = False
        self._seen, self._overs = events.Seen(), events.Seen()
        self._tokens: dict[str, str] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self, door: Door) -> None:
        """Until the line breaks, which raises, or this is cancelled; the calls go on in Asterisk."""
        try:
            async with await self._connect() as socket:
                await resuming.resume(self)
                await door.healthy()
                self.was_up = True
                well = asyncio.get_running_loop().time()
                async for words in socket:
                    self._read(words)
                    if asyncio.get_running_loop().time() - well > _WELL_SECONDS:
                        well = asyncio.get_running_loop().time()
                        self.aside(door.healthy())
            raise TryLater(Text(N_("Asterisk has closed the line.")))
        except websockets.ConnectionClosed as error:
            raise TryLater(Text(N_("The line to Asterisk broke: {words}"), {"words": str(error)})) from error
        except (OSError, TimeoutError) as error:
            raise TryLater(
                Text(N_("Asterisk cannot be reached: {words}"), {"words": str(error) or "timeout"})
            ) from error
        except websockets.InvalidStatus as error:
            status = error.response.status_code
            if status in (401, 403):
                raise Refused(Text(N_("Asterisk does not accept the user and password."))) from error
            raise TryLater(Text(N_("Asterisk refused the line ({status})."), {"status": status})) from error
        finally:
            for task in self._under_way:
                task.cancel()
            stopped = [each.stop() for each in self.actors.values()]
            await asyncio.gather(*self._under_way, *stopped, return_exceptions=True)

    def _read(self, words: str | bytes) -> None:
        try:
            self.take(msgspec.json.decode(words))
        except (KeyError, TypeError, ValueError) as error:
            log.warning("line %s: an event is not as events are (%r): %.200r", self.account.id, error, words)

    def take(self, event: Event) -> None:
        """One event, in the order they come; nothing here waits."""
        kind, channel = event.get("type", ""), events.about(event)
        if kind == "ApplicationReplaced":
            raise Refused(
                Text(
                    N_("Another program took over the Stasis application “{app}”. Every line needs one of its own."),
                    {"app": self.rest.app},
                )
            )
        if not self._seen.first(*events.mark(event)):
            return
        if whispering.is_ear(channel):
            if kind in ("StasisStart", "StasisEnd"):
                self.aside(whispering.overheard(self, whispering.owner(channel), event))
            return
        match kind:
            case "StasisStart":
                self._arrived(event)
            case "ChannelDtmfReceived":
                self._with(channel, lambda it: it.pressed(str(event["digit"])))
            case "PlaybackFinished":
                self._played(event)
            case "RecordingFinished" | "RecordingFailed":
                self._recorded(event)
            case "ChannelEnteredBridge" | "ChannelLeftBridge":
                self._met(event)
            case "ChannelUserevent" if event.get("eventname") == TURN:
                if (channel,) not in self._overs:
                    self.actor(channel).turn()
            case "StasisEnd" | "ChannelDestroyed":
                self.aside(self._over(event))
            case "Dial" | "ChannelStateChange":
                self.aside(self._progressed(event))

    def actor(self, channel: str) -> Actor:
        """Who looks after a channel."""
        if channel not in self.actors:
            self.actors[channel] = Actor(self, channel)
        return self.actors[channel]

    def forget(self, actor: Actor) -> None:
        """A channel is over, and that has been told."""
        if self.actors.get(actor.channel) is actor:
            del self.actors[actor.channel]
        self._tokens.pop(actor.channel, None)

    def aside(self, what: Coroutine[Any, Any, Any]) -> None:
        """Something that takes a moment and that nobody waits for."""

        async def go() -> None:
            try:
                await what
            except PolydeskError as error:
                log.warning("line %s: %s", self.account.id, error)
            except Exception:
                log.exception("line %s: an event could not be taken in", self.account.id)

        task = asyncio.create_task(go())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        # One that is given up before it began would else complain that nobody awaited it.
        task.add_done_callback(lambda _task: what.close())

    async def happened(self, it: Any_) -> Plan:
        """See `machine.happened`."""
        return await self._model.happened(self.account, it)

    async def plan_of(self, channel: str) -> Plan:
        """See `machine.plan_of`."""
        return await self._model.plan_of(self.account, name=channel)

    def clock(self) -> float:
        """Seconds of Asterisk's."""
        return asyncio.get_running_loop().time() * self.pace

    async def token_of(self, channel: str) -> str:
        """Our token for a channel that we dialled: it may be told of before the answer that names it is stored."""
        leg = names.leg_of(channel)
        if leg is None:
            return ""
        if channel not in self._tokens:
            rows = await db.fetch("SELECT token FROM voice_leg WHERE id = {} AND account = {}", leg, self.account.id)
            self._tokens[channel] = str(rows[0]["token"]) if rows else ""
        return self._tokens[channel]

    # --- inside

    async def _connect(self) -> ClientConnection:
        address = "ws" + self.rest.base.removeprefix("http") + "/events?" + urlencode({"app": self.rest.app})
        return await connect(
            address,
            additional_headers={"Authorization": self.rest.authorization},
            open_timeout=_OPEN_SECONDS,
            ping_interval=_PING_SECONDS,
            max_size=_LARGEST_EVENT,
            proxy=None,
        )

    def _with(self, channel: str, do: Any) -> None:
        if (actor := self.actors.get(channel)) is not None:
            do(actor)

    def _arrived(self, event: Event) -> None:
        args = event.get("args") or []
        actor = self.actor(event["channel"]["id"])
        if actor.arrived:
            return
        actor.arrived = True
        actor.answered = event["channel"].get("state") == "Up"
        if args and args[0] == LEG:
            actor.tell(events.ready(event), follow=True)
        else:
            actor.tell(events.incoming(event, self.settings.number), follow=True)

    def _played(self, event: Event) -> None:
        playback = event["playback"]
        kind, _colon, target = str(playback.get("target_uri", "")).partition(":")
        if playback.get("state") == "failed":
            log.warning("line %s: Asterisk cannot play %s", self.account.id, playback.get("media_uri"))
        if kind == "bridge":
            self.aside(rooms.played(self, target, str(playback["id"])))
        else:
            self._with(target, lambda it: it.finished(str(playback["id"])))

    def _recorded(self, event: Event) -> None:
        recording = event["recording"]
        known = names.recorded(self.rest.app, str(recording["name"]))
        if known is None:
            return
        room, channel = known
        if not room:
            taken, sound = messages.ended(event)
            actor = self.actors.get(channel)
            if actor is not None and not actor.over:
                actor.recording = ""
                actor.tell(taken, follow=True)
            else:
                self.aside(self.happened(taken))
            if sound is not None:
                self.aside(self.happened(sound))
            return
        missing = str(recording.get("cause") or "failed") if event["type"] == "RecordingFailed" else ""
        seconds = float(recording.get("duration") or 0)
        self.aside(self.happened(events.recorded(str(recording["name"]), room=room, seconds=seconds, missing=missing)))

    def _met(self, event: Event) -> None:
        bridge, channel = event["bridge"]["id"], event["channel"]["id"]
        actor = self.actors.get(channel)
        if actor is None:
            return
        room = actor.room if actor.aside == bridge else bridge
        if event["type"] == "ChannelEnteredBridge":
            self.aside(rooms.entered(self, bridge, channel))
            actor.tell(events.met(event, room))
            return
        if bridge not in actor.leaving:
            self.aside(rooms.without(self, bridge, channel))
        actor.left(bridge, events.met(event, room))

    async def _over(self, event: Event) -> None:
        channel = event["channel"]["id"]
        if not self._overs.first(channel):
            return
        ended = events.progressed(event, await self.token_of(channel))
        assert ended is not None
        self.actor(channel).end(ended)
        for bridge in [each.id for each in self.rooms.values() if channel in each.members | each.talkers]:
            await rooms.without(self, bridge, channel)

    async def _progressed(self, event: Event) -> None:
        channel = events.about(event)
        if names.leg_of(channel) is None:
            return
        progress = events.progressed(event, await self.token_of(channel))
        if progress is not None and (channel,) not in self._overs:
            self.actor(channel).tell(progress)
