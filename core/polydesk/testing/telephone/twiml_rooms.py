"""Who hears whom: conferences with everything that can be done to who is in them, and two parties connected by Dial."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from polydesk.testing.telephone.twiml_calls import Failed, TwilioLine
from polydesk.testing.telephone.twiml_documents import Document, Verb

if TYPE_CHECKING:
    from polydesk.testing.telephone.twiml import TwilioExchange
    from polydesk.testing.telephone.twiml_recordings import Recording

_MUSIC = "http://twimlets.com/holdmusic?Bucket=com.twilio.music.classical"


class Participant:
    """Somebody in a conference. `gone` is done when they are put out of it."""

    def __init__(self, line: TwilioLine, noun: Verb) -> None:
        self.line = line
        self.muted, self.hold = noun.yes("muted"), False
        self.starts, self.ends = noun.yes("startConferenceOnEnter", True), noun.yes("endConferenceOnExit")
        self.coach = noun.get("coach")
        self.label = noun.get("participantLabel")
        self.since = datetime.now(UTC)
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def told(self) -> dict[str, str]:
        """What news of the room says of them."""
        found = {
            "CallSid": self.line.sid,
            "Muted": str(self.muted).lower(),
            "Hold": str(self.hold).lower(),
            "Coaching": str(bool(self.coach)).lower(),
            "EndConferenceOnExit": str(self.ends).lower(),
            "StartConferenceOnEnter": str(self.starts).lower(),
        }
        return found | ({"ParticipantLabel": self.label} if self.label else {})


class Conference:
    """One room, from the first who comes until the last has left; a later one of the same name is another."""

    def __init__(self, exchange: TwilioExchange, name: str) -> None:
        self.exchange, self.name = exchange, name
        self.sid = exchange.sid("CF")
        self.status = "init"
        self.made_at = datetime.now(UTC)
        self.began = time.monotonic()
        self.inside: dict[str, Participant] = {}
        self.recording: Recording | None = None
        self.wanted: tuple[str, str] | None = None
        """Where to tell of its recording, and what, once it begins: somebody has asked for one."""
        self._callback, self._events = "", frozenset[str]()
        self._sequence = 0

    def settle(self, noun: Verb, document: Document) -> None:
        """What the first participant says about it counts."""
        if noun.get("statusCallback"):
            self._callback = urljoin(document.url, noun.get("statusCallback"))
            self._events = frozenset(noun.get("statusCallbackEvent", "").split())

    def record(self, noun: Verb, document: Document) -> None:
        """Whoever asks for a recording has it begin with the conference."""
        if noun.get("record") in ("record-from-start", "true") and self.wanted is None:
            address = noun.get("recordingStatusCallback")
            events = noun.get("recordingStatusCallbackEvent", "completed")
            self.wanted = (urljoin(document.url, address) if address else "", events)

    def tell(self, event: str, kind: str, participant: Participant | None = None, **more: str) -> None:
        """News of it, if that was asked for."""
        self._sequence += 1
        if kind not in self._events:
            return
        told = {
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "AccountSid": self.exchange.account_sid,
            "SequenceNumber": str(self._sequence),
            "Timestamp": self.exchange.now(),
            "StatusCallbackEvent": event,
            **(participant.told() if participant is not None else {}),
            **more,
        }
        self.exchange.news.tell(self._callback, told)

    async def hearing(self) -> None:
        """Work out anew who hears whom."""
        going = self.status == "in-progress"
        for each in self.inside.values():
            others = [other for other in self.inside.values() if other is not each]
            each.line.with_ = {
                other.line.who
                for other in others
                if going
                and not (each.hold or other.hold or other.muted)
                and (not other.coach or other.coach == each.line.sid)
            }
            each.line.music = each.hold or (not going and each.line.music)
            await each.line.tell()

    async def enter(self, participant: Participant) -> None:
        """Come in; with a second one it begins."""
        self.inside[participant.line.sid] = participant
        participant.line.conference = self.sid
        self.tell("participant-join", "join", participant)
        if self.status == "init" and len(self.inside) > 1 and any(each.starts for each in self.inside.values()):
            self.status = "in-progress"
            for each in self.inside.values():
                each.line.music = False
            self.tell("conference-start", "start")
            if self.wanted is not None:
                callback, events = self.wanted
                self.recording = self.exchange.recordings.begin(
                    None, source="Conference", callback=callback, events=events, channels=2, conference=self
                )
        await self.hearing()

    async def leave(self, participant: Participant) -> None:
        """Go; some take everybody with them."""
        if self.inside.pop(participant.line.sid, None) is None:
            return
        participant.line.conference, participant.line.with_, participant.line.music = "", set(), False
        self.tell("participant-leave", "leave", participant)
        if not self.inside or participant.ends:
            await self.close(participant)
        await self.hearing()

    async def close(self, because: Participant | None = None) -> None:
        """Everybody out."""
        if self.status == "completed":
            return
        self.status = "completed"
        for each in list(self.inside.values()):
            self.inside.pop(each.line.sid)
            each.line.conference, each.line.with_, each.line.music = "", set(), False
            self.tell("participant-leave", "leave", each)
            if not each.gone.done():
                each.gone.set_result(None)
            await each.line.tell()
        if self.recording is not None:
            self.exchange.recordings.finish(self.recording)
        ending = because.line.sid if because is not None else ""
        self.tell("conference-end", "end", CallSidEndingConference=ending)


class Rooms:
    """All conferences, and who is connected to whom."""

    def __init__(self, exchange: TwilioExchange) -> None:
        self._exchange = exchange
        self.conferences: list[Conference] = []
        self._pairs: dict[str, TwilioLine] = {}

    def find(self, name: str) -> Conference | None:
        """The one of this name or SID that has not ended."""
        return next(
            (
                each
                for each in reversed(self.conferences)
                if each.status != "completed" and name in (each.name, each.sid)
            ),
            None,
        )

    async def attend(self, line: TwilioLine, noun: Verb, document: Document) -> dict[str, str]:
        """Be in a conference until put out of it."""
        conference = self.find(noun.text)
        if noun.get("coach") and (conference is None or noun.get("coach") not in conference.inside):
            self._exchange.coached_nobody += 1
            return {"DialCallStatus": "failed", "ErrorCode": "13240"}
        if conference is None:
            conference = Conference(self._exchange, noun.text)
            self.conferences.append(conference)
            conference.settle(noun, document)
        if len(conference.inside) >= noun.number("maxParticipants", 250):
            return {"DialCallStatus": "failed"}
        conference.record(noun, document)
        participant = Participant(line, noun)
        await conference.enter(participant)
        try:
            if conference.status == "init" and "waitUrl" in noun.given:
                await self._music(line, noun.get("waitUrl") and urljoin(document.url, noun.get("waitUrl")))
            elif conference.status == "init":
                await self._music(line, _MUSIC)
            await participant.gone
        finally:
            await asyncio.shield(conference.leave(participant))
        return {"DialCallStatus": "answered"}

    async def _music(self, line: TwilioLine, url: str) -> None:
        if url:
            line.music = True
            await line.hear(url)
            try:
                await self._exchange.desk.audio(url)
            except Failed as failed:
                self._exchange.complain(str(failed))

    async def spoke(self, line: TwilioLine, words: str) -> None:
        """Whoever hears them hears the words."""
        conference = self.find(line.conference) if line.conference else None
        others = [each.line for each in conference.inside.values()] if conference else []
        if (other := self._pairs.get(line.sid)) is not None:
            others.append(other)
        for each in others:
            if each is not line and line.who in each.with_:
                await each.hear(words)

    # --- two parties

    async def connect(self, one: TwilioLine, other: TwilioLine) -> None:
        """Let two hear each other."""
        for each, mate in ((one, other), (other, one)):
            self._pairs[each.sid] = mate
            each.with_ = {mate.who}
            each.music = False
            await each.tell()

    def connected(self, one: TwilioLine, other: TwilioLine) -> bool:
        """Whether they still do."""
        return self._pairs.get(one.sid) is other and not one.over and not other.over

    def unpair(self, line: TwilioLine) -> None:
        """One of two has gone elsewhere."""
        other = self._pairs.pop(line.sid, None)
        if other is not None:
            self._pairs.pop(other.sid, None)
            line.with_, other.with_ = set(), set()

    async def part(self, one: TwilioLine, other: TwilioLine) -> None:
        """They do no more."""
        self.unpair(one)
        await one.tell()
        await other.tell()
