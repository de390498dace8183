"""Recordings: begun, paused, finished, ready a while later; or absent, or not to be found just yet."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from polydesk.testing.telephone import voices
from polydesk.testing.telephone.voices import Utterance

if TYPE_CHECKING:
    from polydesk.testing.telephone.twiml import TwilioExchange
    from polydesk.testing.telephone.twiml_calls import TwilioLine
    from polydesk.testing.telephone.twiml_rooms import Conference


class Recording:
    """One; `seconds` are of the service's own time."""

    def __init__(
        self,
        exchange: TwilioExchange,
        lines: tuple[TwilioLine, ...],
        source: str,
        callback: str,
        events: frozenset[str],
        channels: int,
        conference: Conference | None,
    ) -> None:
        self.exchange, self.lines, self.source = exchange, lines, source
        self.callback, self.events, self.channels, self.conference = callback, events, channels, conference
        self.sid = exchange.sid("RE")
        self.status = "in-progress"
        self.began_at = datetime.now(UTC)
        self.seconds = 0.0
        self.spoken: list[Utterance] = []
        self.pauses: list[tuple[float, float]] = []
        self.erased = False
        self.missed = 0
        """How often it was asked for while it could not be found yet."""
        self._began = time.monotonic()

    @property
    def now(self) -> float:
        """Seconds since it began."""
        return (time.monotonic() - self._began) * self.exchange.speed

    @property
    def call(self) -> str:
        """The call it is listed under."""
        if self.lines:
            return self.lines[0].sid
        return next(iter(self.conference.inside), "") if self.conference is not None else ""

    def add(self, line: TwilioLine, words: str, seconds: float) -> None:
        """Words after all that is there already: a message."""
        self.spoken.append(Utterance(self.seconds, line.who, words))
        self.seconds += seconds

    def pause(self, on: bool) -> None:
        """Silence from now on, or no more."""
        if on and self.status == "in-progress":
            self.pauses.append((self.now, float("inf")))
            self.status = "paused"
        elif not on and self.status == "paused":
            self.pauses[-1] = (self.pauses[-1][0], self.now)
            self.status = "in-progress"

    def audible(self) -> list[Utterance]:
        """What of the words is on it."""
        return [each for each in self.spoken if not any(start <= each.at < end for start, end in self.pauses)]

    @property
    def url(self) -> str:
        """The resource; with .wav or .mp3 the sound."""
        return f"{self.exchange.root}/Recordings/{self.sid}"

    def told(self) -> dict[str, str]:
        """For the document that follows it."""
        return {"RecordingUrl": self.url, "RecordingSid": self.sid, "RecordingDuration": str(round(self.seconds))}

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "sid": self.sid,
            "account_sid": self.exchange.account_sid,
            "call_sid": self.call,
            "conference_sid": self.conference.sid if self.conference is not None else None,
            "status": self.status,
            "duration": str(round(self.seconds)) if self.status == "completed" else None,
            "channels": self.channels,
            "source": self.source,
            "error_code": 16101 if self.status == "absent" else None,
            "start_time": format_datetime(self.began_at),
            "date_created": format_datetime(self.began_at),
            "media_url": self.url,
            "uri": f"/2010-04-01/Accounts/{self.exchange.account_sid}/Recordings/{self.sid}.json",
        }


class Recordings:
    """All of them, by SID. `fate` is what becomes of those that end from now on: "", "absent" or "late" (the first
    three times somebody asks there is nothing); `delay` is for how long they are made ready."""

    def __init__(self, exchange: TwilioExchange) -> None:
        self._exchange = exchange
        self.all: dict[str, Recording] = {}
        self.fate = ""
        self.delay = 2.0

    def begin(
        self,
        line: TwilioLine | None,
        *,
        source: str,
        callback: str = "",
        events: str = "completed",
        channels: int = 1,
        conference: Conference | None = None,
        also: TwilioLine | None = None,
    ) -> Recording:
        """From now on."""
        lines = tuple(each for each in (line, also) if each is not None)
        kinds = frozenset(events.split())
        recording = Recording(self._exchange, lines, source, callback, kinds, channels, conference)
        self.all[recording.sid] = recording
        if "in-progress" in kinds:
            self._tell(recording)
        return recording

    def living(self) -> Iterable[Recording]:
        """Those that go on."""
        return [each for each in self.all.values() if each.status in ("in-progress", "paused")]

    def spoke(self, line: TwilioLine, words: str) -> None:
        """On every recording that can hear them."""
        for each in self.living():
            inside = each.conference is not None and line.sid in each.conference.inside
            if each.source != "RecordVerb" and (inside or line in each.lines):
                each.spoken.append(Utterance(each.now, line.who, words))

    def finish(self, recording: Recording) -> None:
        """It ends; its sound is ready a while later."""
        if recording.status not in ("in-progress", "paused"):
            return
        if recording.source != "RecordVerb":
            recording.seconds = recording.now
        recording.status = "processing"
        recording.missed = 3 if self.fate == "late" else 0
        self._exchange.spawn(self._ready(recording, self.fate))

    def forget(self, recording: Recording) -> None:
        """It was nothing but silence."""
        recording.erased, recording.callback = True, ""

    def over(self, line: TwilioLine) -> None:
        """A call has ended, and so have its own recordings."""
        for each in self.living():
            if each.source == "StartCallRecordingAPI" and line in each.lines:
                self.finish(each)

    async def _ready(self, recording: Recording, fate: str) -> None:
        await self._exchange.pass_time(self.delay)
        recording.status = "absent" if fate == "absent" else "completed"
        self._tell(recording)

    def _tell(self, recording: Recording) -> None:
        if recording.status not in recording.events:
            return
        told = {
            "AccountSid": self._exchange.account_sid,
            "CallSid": recording.call,
            "RecordingSid": recording.sid,
            "RecordingUrl": recording.url,
            "RecordingStatus": recording.status,
            "RecordingDuration": str(round(recording.seconds)),
            "RecordingChannels": str(recording.channels),
            "RecordingStartTime": format_datetime(recording.began_at),
            "RecordingSource": recording.source,
            "RecordingTrack": "both",
        }
        if recording.conference is not None:
            told["ConferenceSid"] = recording.conference.sid
        if recording.status == "absent":
            told["ErrorCode"] = "16101"
        self._exchange.news.tell(recording.callback, told)

    async def sound(self, recording: Recording, channels: int) -> bytes:
        """Its WAV; of two channels, the first is whoever was there first."""
        return await voices.wav(
            recording.audible(), recording.seconds, min(channels, recording.channels), real=self._exchange.sound
        )
