"""The API of the make-believe Twilio, for conferences and recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polydesk.testing.telephone import twiml_shown as shown
from polydesk.testing.telephone.twiml_answers import Found, Given, No, Route
from polydesk.testing.telephone.wire import Response

if TYPE_CHECKING:
    from polydesk.testing.telephone.twiml import TwilioExchange
    from polydesk.testing.telephone.twiml_recordings import Recording
    from polydesk.testing.telephone.twiml_rooms import Conference, Participant


class RestOfRooms:
    """What is asked and done about rooms, who is in them, and what was recorded."""

    def __init__(self, exchange: TwilioExchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[Route]:
        """Method, path below the account, and what answers it."""
        return [
            ("GET", "/Conferences", self._conferences),
            ("GET", "/Conferences/([^/]+)", self._conference),
            ("POST", "/Conferences/([^/]+)", self._end_conference),
            ("GET", "/Conferences/([^/]+)/Participants", self._participants),
            ("GET", "/Conferences/([^/]+)/Participants/([^/]+)", self._participant),
            ("POST", "/Conferences/([^/]+)/Participants/([^/]+)", self._set_participant),
            ("DELETE", "/Conferences/([^/]+)/Participants/([^/]+)", self._put_out),
            ("GET", "/Conferences/([^/]+)/Recordings", self._recordings_of_conference),
            ("POST", "/Conferences/[^/]+/Recordings/([^/]+)", self._set_recording),
            ("GET", "/Calls/([^/]+)/Recordings", self._recordings_of_call),
            ("POST", "/Calls/([^/]+)/Recordings", self._record_call),
            ("POST", "/Calls/[^/]+/Recordings/([^/]+)", self._set_recording),
            ("GET", "/Recordings", self._recordings),
            ("GET", "/Recordings/([^/]+)", self._recording),
            ("DELETE", "/Recordings/([^/]+)", self._erase),
        ]

    # --- conferences

    async def _conferences(self, given: Given) -> Found:
        found = [
            each
            for each in reversed(self._exchange.rooms.conferences)
            if given.get("FriendlyName", each.name) == each.name and given.get("Status", each.status) == each.status
        ]
        return 200, {"conferences": [shown.conference(each) for each in found]}

    async def _conference(self, sid: str, given: Given) -> Found:
        del given
        return 200, shown.conference(self._room(sid))

    async def _end_conference(self, sid: str, given: Given) -> Found:
        room = self._room(sid)
        if given.get("Status") == "completed":
            await room.close()
        return 200, shown.conference(room)

    async def _participants(self, sid: str, given: Given) -> Found:
        del given
        room = self._room(sid)
        return 200, {"participants": [shown.participant(room, each) for each in room.inside.values()]}

    async def _participant(self, sid: str, call: str, given: Given) -> Found:
        del given
        room = self._room(sid)
        return 200, shown.participant(room, self._inside(room, call))

    async def _set_participant(self, sid: str, call: str, given: Given) -> Found:
        room = self._room(sid)
        it = self._inside(room, call)
        for name, kind in (("Muted", "mute"), ("Hold", "hold")):
            if name not in given:
                continue
            on = given[name].lower() == "true"
            setattr(it, "muted" if name == "Muted" else "hold", on)
            room.tell(f"participant-{'' if on else 'un'}{kind}", kind, it)
        if "EndConferenceOnExit" in given:
            it.ends = given["EndConferenceOnExit"].lower() == "true"
        if "CallSidToCoach" in given or "Coaching" in given:
            it.coach = given.get("CallSidToCoach", "") if given.get("Coaching", "true").lower() == "true" else ""
        await room.hearing()
        return 200, shown.participant(room, it)

    async def _put_out(self, sid: str, call: str, given: Given) -> Found:
        del given
        it = self._inside(self._room(sid), call)
        if not it.gone.done():
            it.gone.set_result(None)
        return 204, None

    def _room(self, sid: str) -> Conference:
        found = next((each for each in self._exchange.rooms.conferences if each.sid == sid), None)
        if found is None:
            raise No(404, 20404, f"The requested resource /Conferences/{sid}.json was not found")
        return found

    def _inside(self, room: Conference, call: str) -> Participant:
        if call not in room.inside:
            raise No(404, 20404, f"{call} is not in {room.sid}")
        return room.inside[call]

    # --- recordings

    async def _recordings(self, given: Given) -> Found:
        return 200, self._list(given.get("CallSid"), given.get("ConferenceSid"))

    async def _recordings_of_call(self, sid: str, given: Given) -> Found:
        del given
        return 200, self._list(self._exchange.rest.line(sid).sid, None)

    async def _recordings_of_conference(self, sid: str, given: Given) -> Found:
        del given
        return 200, self._list(None, self._room(sid).sid)

    def _list(self, call: str | None, conference: str | None) -> Any:
        found = [
            each.shown()
            for each in self._exchange.recordings.all.values()
            if not each.erased
            and (call is None or each.call == call)
            and (conference is None or (each.conference is not None and each.conference.sid == conference))
        ]
        return {"recordings": found}

    async def _record_call(self, sid: str, given: Given) -> Found:
        line = self._exchange.rest.line(sid)
        if not line.answered or line.over:
            raise No(400, 21220, "Requested resource is not eligible for recording")
        recording = self._exchange.recordings.begin(
            line,
            source="StartCallRecordingAPI",
            callback=given.get("RecordingStatusCallback", ""),
            events=given.get("RecordingStatusCallbackEvent", "completed"),
            channels=2 if given.get("RecordingChannels") == "dual" else 1,
        )
        return 201, recording.shown()

    async def _set_recording(self, sid: str, given: Given) -> Found:
        recording = self._kept(sid)
        wanted = given.get("Status", "")
        if wanted not in ("paused", "in-progress", "stopped"):
            raise No(400, 21220, "Status is not valid")
        if recording.status not in ("in-progress", "paused"):
            raise No(400, 21220, "Requested resource is not eligible for recording")
        if wanted == "stopped":
            self._exchange.recordings.finish(recording)
        else:
            recording.pause(wanted == "paused")
        return 200, recording.shown()

    async def _recording(self, sid: str, given: Given) -> Found:
        del given
        recording = self._kept(sid)
        if recording.missed and recording.status in ("completed", "absent"):
            recording.missed -= 1
            raise No(404, 20404, f"The requested resource /Recordings/{sid}.json was not found")
        return 200, recording.shown()

    async def _erase(self, sid: str, given: Given) -> Found:
        del given
        self._kept(sid).erased = True
        return 204, None

    def _kept(self, sid: str) -> Recording:
        found = self._exchange.recordings.all.get(sid)
        if found is None or found.erased:
            raise No(404, 20404, f"The requested resource /Recordings/{sid}.json was not found")
        return found

    async def media(self, path: str, given: Given) -> Response:
        """The sound itself."""
        recording = self._kept(path.removeprefix("/Recordings/").partition(".")[0])
        if recording.status != "completed" or recording.missed:
            raise No(404, 20404, "The requested resource was not found")
        # Both channels of a conference come only to who asks for them.
        usual = "1" if recording.source == "Conference" else "2"
        channels = int(given.get("RequestedChannels", usual))
        sound = await self._exchange.recordings.sound(recording, channels)
        return Response(200, {"content-type": "audio/x-wav"}, sound)
