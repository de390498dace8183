"""A make-believe Asterisk on one port: ARI over HTTP and its socket, with callers and phones around it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
import time
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from polydesk.testing.telephone import ari_commands, voices
from polydesk.testing.telephone.ari_media import SAID, Media
from polydesk.testing.telephone.ari_objects import Channel, Playback, Recording, Refusal
from polydesk.testing.telephone.ari_pbx import (
    BUSY,
    CONGESTION,
    NO_ANSWER,
    NORMAL,
    REJECTED,
    Pbx,
)
from polydesk.testing.telephone.ari_phones import Phones
from polydesk.testing.telephone.ari_socket import EventLine, Mischief
from polydesk.testing.telephone.exchange import Exchange, Line, Talk
from polydesk.testing.telephone.wire import Request, Response, Server

USER, PASSWORD, APP = "polydesk", "polydesk-ari-password", "polydesk"
_WANTS_AN_ANSWER = frozenset({"StasisStart", "ChannelUserevent", "ChannelDtmfReceived"})
_ENDS = {BUSY: "busy", NO_ANSWER: "no-answer", REJECTED: "refused", CONGESTION: "refused"}
_SILENCE_SECONDS = 8.0
_LONGEST_SILENT_FILE = 3.0


class AsteriskLine(Line):
    """A receiver on this exchange."""

    def __init__(self, who: str, exchange: AsteriskExchange, channel: Channel) -> None:
        super().__init__(who)
        self._exchange, self.channel = exchange, channel

    async def press(self, keys: str) -> None:
        """Each is an event of its own; before anybody has answered they wait."""
        for key in keys:
            if self.channel.over:
                return
            if self.channel.state == "Up":
                self._exchange.pressed(self.channel, key)
            else:
                self.channel.held_keys += key

    async def say(self, words: str, confidence: float = 0.9) -> None:
        """Asterisk understands nobody: words matter where they are recorded."""
        self._exchange.pbx.said(self.channel, words)

    async def hang_up(self) -> None:
        """At any moment."""
        self._exchange.pbx.hang_up(self.channel, NORMAL, asked=True)


class AsteriskExchange(Exchange):
    """See `Exchange`. The same seed brings the same mischief."""

    def __init__(
        self,
        *,
        number: str = "+995322000111",
        speed: float = 1.0,
        sound: bool = False,
        mischief: Mischief | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(number=number, speed=speed)
        self.sound, self.mischief = sound, mischief or Mischief()
        self._chance = random.Random(seed)
        self.pbx = Pbx(speed, self._chance, self._send, self._over, self._heard)
        self._phones = Phones(self.pbx, self, self._picks_up)
        self._media = Media(self.complaints.append)
        self.pbx.length = self._media.seconds
        self.numbers = {number: APP}
        """Which application the dialplan hands calls to, by number."""
        self.commands: list[str] = []
        """Every command that came, as "POST channels/…"."""
        self._listening: dict[str, EventLine] = {}
        self._ever: set[str] = set()
        self._people: set[asyncio.Task[None]] = set()
        self._server = Server(self._answer, self._upgrade)
        self._count = 0
        self.url = ""

    async def start(self, hook: str) -> dict[str, Any]:
        """See `Exchange.start`. Asterisk is never told of the hook: it is the desk that comes."""
        del hook
        await self._server.open()
        self.url = self._server.url
        self._media.own = f"{self.url}{SAID}"
        return {
            "provider": "ari",
            "number": self.number,
            "ari_url": self.url,
            "ari_user": USER,
            "ari_password": PASSWORD,
            "ari_app": self.numbers[self.number],
            "ari_trunk": "PJSIP/{number}@trunk",
            "ari_phone": "PJSIP/{name}",
            "ari_speech": f"sound:{self.url}{SAID}{{language}}?text={{text}}",
        }

    async def stop(self) -> None:
        """See `Exchange.stop`."""
        for channel in list(self.pbx.channels.values()):
            self.pbx.hang_up(channel)
        for task in self._people:
            task.cancel()
        await asyncio.gather(*self._people, return_exceptions=True)
        await self._media.close()
        self.pbx.close()
        for line in list(self._listening.values()):
            line.cut()
        await self._server.close()

    async def call(self, caller: str, talk: Talk | None = None, *, name: str = "", called: str = "") -> AsteriskLine:
        """See `Exchange.call`. A number that no dialplan knows, or whose application never was, fails at once."""
        number = called or self.number
        app = self.numbers.get(number, "")
        self._count += 1
        began = self.pbx.now()
        id = f"{began:.3f}.{self._count}"
        channel = Channel(id, f"PJSIP/trunk-{self._count:08x}", app, caller, name, number, began=began)
        line = AsteriskLine(caller, self, channel)
        if app not in self._ever:
            line.ended = "failed"
            return line
        self._add(channel, line)
        self.pbx.into_application(channel, ["in", number])
        if talk is not None:
            self._live(talk(line))
        return line

    def drop_the_line(self) -> None:
        """Have every program that listens lose its line."""
        for line in list(self._listening.values()):
            line.cut()

    def pressed(self, channel: Channel, key: str) -> None:
        """For lines."""
        self.pbx.press(channel, key)

    # --- people

    def _add(self, channel: Channel, line: AsteriskLine) -> None:
        channel.line = line
        self.pbx.channels[channel.id] = channel
        self.lines[channel.id] = line

    def _live(self, what: Any) -> None:
        async def go() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await what

        task = asyncio.create_task(go())
        self._people.add(task)
        task.add_done_callback(self._people.discard)

    def ring(self, id: str, query: dict[str, str]) -> Channel:
        """Ring a phone; for commands."""
        return self._phones.ring(id, query)

    def _picks_up(self, who: str, channel: Channel) -> None:
        line = AsteriskLine(who, self, channel)
        self._add(channel, line)
        if self.picked_up is not None:
            self._live(self.picked_up(who, line))

    def _over(self, channel: Channel, cause: int) -> None:
        line = self.lines.pop(channel.id, None)
        if line is None:
            return
        if channel.state == "Up":
            line.ended = "completed"
        else:
            line.ended = _ENDS.get(cause, "canceled")
        line.with_, line.music = set(), False
        if channel.waiting_since and time.monotonic() - channel.waiting_since > _SILENCE_SECONDS:
            self.complaints.append(f"{line.who} heard silence for {time.monotonic() - channel.waiting_since:.1f} s")
        self.pbx.wake(line)

    # --- sounds

    def _heard(self, channel: Channel, playback: Playback) -> None:
        if channel.line is not None:
            channel.line.heard.append(self._media.words(playback.media))
            self.pbx.wake(channel.line)

    # --- the wire

    def listens(self, app: str) -> bool:
        """Does a program listen for this application?"""
        return app in self._listening

    def _send(self, app: str, event: dict[str, Any]) -> None:
        channel = self.pbx.channels.get((event.get("channel") or {}).get("id", ""))
        if channel is not None and channel.line is not None and event["type"] in _WANTS_AN_ANSWER:
            # Keys are answered only where somebody asks: not amid music or a talk.
            idle = channel.bridge is not None or channel.music
            channel.waiting_since = None if idle and event["type"] == "ChannelDtmfReceived" else time.monotonic()
        if (line := self._listening.get(app)) is not None:
            line.put(event)

    async def _answer(self, request: Request) -> Response:
        path = unquote(request.path) if "%2F" not in request.path else request.path
        if request.path.startswith(SAID):
            return Response(200, {"content-type": "audio/wav"}, await voices.wav([], 1.0, 1, real=False))
        if not self._signed_in(request):
            self.complaints.append(f"{request.method} {request.path} without the right password")
            return self._said(401, {"error": "Authentication required"})
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        command = path.removeprefix("/ari/").strip("/")
        self.commands.append(f"{request.method} {command}")
        self._commanded(command, query)
        try:
            found = ari_commands.carry_out(self, request.method, command, query)
        except Refusal as error:
            if error.status in (400, 500) and "already" not in str(error) and "Channel not found" not in str(error):
                self.complaints.append(f"{request.method} {command}: {error}")
            return self._said(error.status, {"message": str(error)})
        if isinstance(found, Recording):
            seconds = found.duration if self.sound else min(found.duration, _LONGEST_SILENT_FILE)
            file = await voices.wav(found.said, seconds, 1, real=self.sound)
            return Response(200, {"content-type": "audio/wav"}, file)
        return Response(204) if found is None else self._said(200, found)

    def _commanded(self, command: str, query: dict[str, str]) -> None:
        """The desk has said what a channel is to do."""
        parts = command.split("/")
        id = parts[1] if parts[0] == "channels" and len(parts) > 1 else query.get("channel", "")
        if parts[0] == "playbacks" and len(parts) > 1 and (playback := self.pbx.playbacks.get(parts[1])):
            id = playback.target.partition(":")[2]
        channel = self.pbx.channels.get(id)
        if channel is not None and channel.waiting_since:
            self.answer_times.append(time.monotonic() - channel.waiting_since)
            channel.waiting_since = None

    def _upgrade(self, request: Request, transport: asyncio.Transport) -> asyncio.Protocol:
        line = EventLine(request, transport, mischief=self.mischief, chance=self._chance, gone=self._gone)
        app = dict(parse_qsl(request.query)).get("app", "")
        if not self._signed_in(request):
            line.refuse(401, "Authentication required")
        elif not app or request.path != "/ari/events":
            line.refuse(400, "HTTP request is missing param: [app]")
        else:
            if (before := self._listening.pop(app, None)) is not None:
                before.put({"type": "ApplicationReplaced", "application": app})
            self._listening[app] = line
            self._ever.add(app)
            line.welcome()
        return line

    def _gone(self, line: EventLine) -> None:
        for app in [app for app, known in self._listening.items() if known is line]:
            del self._listening[app]

    @staticmethod
    def _signed_in(request: Request) -> bool:
        given = request.headers.get("authorization", "")
        key = dict(parse_qsl(request.query)).get("api_key", "")
        return (
            given == "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode() or key == f"{USER}:{PASSWORD}"
        )

    @staticmethod
    def _said(status: int, found: Any) -> Response:
        return Response(status, {"content-type": "application/json"}, msgspec.json.encode(found))
