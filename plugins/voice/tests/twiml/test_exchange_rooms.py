"""Its conferences, and the phones it rings."""

from __future__ import annotations

import httpx
import pytest

from polydesk.testing.telephone.exchange import Behaviour
from polydesk.testing.telephone.twiml import TwilioExchange

from .asking import Api, begin, over, room
from .pages import Given, Pages

IDA, OLE = "+995555000111", "+995555000222"


IN, BACK = "/hooks/voice/twiml/incoming", "/hooks/voice/twiml/fallback"


async def test_a_room_begins_with_two_and_ends_with_the_last(exchange: TwilioExchange, pages: Pages, api: Api) -> None:
    pages.pages[IN] = room()
    ida = await exchange.call(IDA)
    await ida.until(lambda it: bool(exchange.rooms.conferences))
    assert await api.get("/Conferences.json", FriendlyName="pd-1", Status="in-progress") == {"conferences": []}
    ole = await exchange.call(OLE)
    await ida.until(lambda it: it.with_ == {OLE})
    await ole.say("Hello Ida")
    assert ida.heard[-1] == "Hello Ida"
    found = await api.get("/Conferences.json", FriendlyName="pd-1", Status="in-progress")
    sid = found["conferences"][0]["sid"]  # type: ignore[index]
    call = pages.given(IN)[1]["CallSid"]
    shown = await api.post(f"/Conferences/{sid}/Participants/{call}.json", Muted="true")
    assert shown["muted"]
    assert (ida.with_, ole.with_) == (set(), {IDA})
    await api.post(f"/Conferences/{sid}/Participants/{call}.json", Muted="false", Hold="true")
    assert (ida.with_, ole.with_, ole.music) == (set(), set(), True)
    await ole.hang_up()
    await ida.hang_up()
    await exchange.settled()
    told = [(each["SequenceNumber"], each["StatusCallbackEvent"]) for each in pages.given("/room")]
    assert [event for _number, event in sorted(told, key=lambda each: int(each[0]))] == [
        "participant-join", "participant-join", "conference-start", "participant-mute", "participant-unmute",
        "participant-leave", "participant-leave", "conference-end",
    ]  # fmt: skip
    assert exchange.complaints == []


async def test_whoever_ends_the_room_puts_the_others_out_and_they_go_on(exchange: TwilioExchange, pages: Pages) -> None:
    pages.pages[IN] = lambda given: room(endConferenceOnExit="true" if given["From"] == OLE else "false")
    pages.pages["/out"] = "<Say>How was it?</Say>"
    ida, ole = await exchange.call(IDA), await exchange.call(OLE)
    await ida.until(lambda it: it.with_ == {OLE})
    await ole.hang_up()
    await ida.until(over)
    assert ida.heard[-1] == "How was it?"
    assert pages.given("/out")[0]["DialCallStatus"] == "answered"


async def test_a_whisper_is_heard_by_one_alone_and_needs_that_one(exchange: TwilioExchange, pages: Pages) -> None:
    coached: list[str] = ["CAnobody"]
    pages.pages[IN] = lambda given: room(coach=coached[0]) if given["From"] == "+995555000333" else room()
    pages.pages["/out"] = "<Say>Not now</Say>"
    early = await exchange.call("+995555000333")
    await early.until(over)
    assert early.heard == ["Not now"]
    ida, ole = await exchange.call(IDA), await exchange.call(OLE)
    await ida.until(lambda it: it.with_ == {OLE})
    coached[0] = next(each["CallSid"] for each in pages.given(IN) if each["From"] == OLE)
    boss = await exchange.call("+995555000333")
    await ole.until(lambda it: it.with_ == {IDA, "+995555000333"})
    assert (ida.with_, boss.with_) == ({OLE}, {IDA, OLE})


@pytest.mark.parametrize(
    ("phone", "statuses"),
    [
        (Behaviour(talks=3), ["initiated", "ringing", "in-progress", "completed"]),
        (Behaviour(does="rings"), ["initiated", "ringing", "no-answer"]),
        (Behaviour(does="busy"), ["initiated", "ringing", "busy"]),
        (Behaviour(does="declines"), ["initiated", "ringing", "busy"]),
        (Behaviour(does="fails"), ["initiated", "ringing", "failed"]),
    ],
)
async def test_a_phone_that_is_rung_behaves_and_all_of_it_is_told(
    exchange: TwilioExchange, pages: Pages, api: Api, phone: Behaviour, statuses: list[str]
) -> None:
    exchange.phones["client:ana"] = phone
    pages.pages["/agent"] = '<Pause length="60"/>'
    sid = await begin(api, pages, Timeout="10")
    await exchange.settled()
    told = pages.given("/dialled")
    assert [each["CallStatus"] for each in told] == statuses
    assert [each["SequenceNumber"] for each in told] == [str(number) for number in range(len(statuses))]
    assert (await api.get(f"/Calls/{sid}.json"))["status"] == statuses[-1]
    assert exchange.lines == {}


@pytest.mark.parametrize(("does", "by"), [("answers", "human"), ("machine", "machine_start")])
async def test_a_machine_is_told_from_a_person(
    exchange: TwilioExchange, pages: Pages, api: Api, does: str, by: str
) -> None:
    exchange.anyone = Behaviour(does=does)  # type: ignore[arg-type]
    await begin(api, pages, "+995555000999", MachineDetection="Enable")
    await exchange.settled()
    assert pages.given("/agent")[0]["AnsweredBy"] == by
    assert pages.given("/dialled")[-1]["AnsweredBy"] == by


async def test_a_ringing_phone_can_be_taken_back(exchange: TwilioExchange, pages: Pages, api: Api) -> None:
    exchange.phones["client:ana"] = Behaviour(after=50)
    sid = await begin(api, pages)
    await api.post(f"/Calls/{sid}.json", Status="completed")
    await exchange.settled()
    assert pages.given("/dialled")[-1]["CallStatus"] == "canceled"
    assert pages.given("/agent") == []


async def test_dial_rings_several_and_the_first_has_it(exchange: TwilioExchange, pages: Pages) -> None:
    exchange.phones |= {"client:ana": Behaviour(after=9), "sip:bo@x.example": Behaviour(after=2, talks=4)}
    pages.pages[IN] = (
        '<Dial timeout="20" action="/after" record="record-from-answer-dual" recordingStatusCallback="/rec">'
        '<Client statusCallback="/child">ana</Client><Sip url="/screen">sip:bo@x.example</Sip></Dial>'
    )
    pages.pages["/screen"] = "<Say>A call for you</Say>"
    ida = await exchange.call(IDA)
    await ida.until(lambda it: it.with_ == {"sip:bo@x.example"})
    await ida.until(over)
    await exchange.settled()
    after, taped = pages.given("/after")[0], pages.given("/rec")[0]
    assert (after["DialCallStatus"], after["DialBridged"]) == ("completed", "true")
    assert after["RecordingSid"] == taped["RecordingSid"]
    assert (taped["RecordingChannels"], taped["RecordingSource"]) == ("2", "DialVerb")
    assert [each["CallStatus"] for each in pages.given("/child")] == ["canceled"]


@pytest.mark.parametrize(
    ("form", "no"),
    [
        ({"To": "nobody", "From": "+995322000111", "Url": "http://x/"}, (400, 21211)),
        ({"To": "+995555000999", "From": "+15005550000", "Url": "http://x/"}, (400, 21210)),
        ({"To": "+995555000999", "From": "+995322000111"}, (400, 21205)),
        ({"To": "+995555000999", "From": "+995322000111", "Twiml": "x" * 4001}, (400, 21216)),
    ],
)
async def test_a_call_that_cannot_be_is_refused(api: Api, form: Given, no: tuple[int, int]) -> None:
    assert await api.refused("/Calls.json", **form) == no


@pytest.mark.parametrize(("mood", "status"), [("down", 503), ("busy", 429)])
async def test_it_may_be_out_of_sorts(exchange: TwilioExchange, api: Api, mood: str, status: int) -> None:
    exchange.rest.mood = mood
    assert (await api.raw("GET", "/Balance.json")).status_code == status
    exchange.rest.mood = ""
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.get(f"{exchange.root}/Balance.json")).status_code == 401
    exchange.rest.mood = "silent"
    with pytest.raises(httpx.RemoteProtocolError):
        await api.raw("POST", "/Calls.json?To=%2B995555000999&From=%2B995322000111&Url=http://127.0.0.1:9/")
    assert len(exchange.calls) == 1
