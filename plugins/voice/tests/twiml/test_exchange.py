"""The make-believe Twilio obeys documents verb by verb, and keeps its queues."""

from __future__ import annotations

import pytest

from polydesk.testing.telephone.twiml import TwilioExchange

from .asking import DONE, Api, over
from .pages import Given, Pages

IDA, OLE = "+995555000111", "+995555000222"


IN, BACK = "/hooks/voice/twiml/incoming", "/hooks/voice/twiml/fallback"


async def test_a_call_hears_a_document_and_ends_with_it(exchange: TwilioExchange, pages: Pages) -> None:
    pages.pages[IN] = (
        '<Say language="en-US">Hello</Say><Play>/music.wav</Play><Pause length="1"/><Hangup/><Say>no</Say>'
    )
    line = await exchange.call(IDA, name="Ida K")
    await line.until(over)
    await exchange.settled()
    assert line.heard == ["Hello", f"{pages.url}/music.wav"]
    assert (line.ended, exchange.complaints, pages.unsigned) == ("completed", [], [])
    first = pages.given(IN)[0]
    assert (first["From"], first["To"], first["Direction"], first["CallStatus"]) == (
        IDA, exchange.number, "inbound", "ringing",
    )  # fmt: skip
    assert first["CallerName"] == "Ida K"
    told = pages.given(DONE)
    assert [(each["CallStatus"], each["CallbackSource"]) for each in told] == [("completed", "call-progress-events")]
    assert int(told[0]["CallDuration"]) >= 1


@pytest.mark.parametrize(
    ("gather", "press", "answer"),
    [
        ('numDigits="1" finishOnKey=""', "7", {"Digits": "7"}),
        ('numDigits="1" finishOnKey=""', "#", {"Digits": "#"}),
        ('numDigits="4"', "1042", {"Digits": "1042"}),
        ("", "12#", {"Digits": "12", "FinishedOnKey": "#"}),
        ('finishOnKey="*"', "1#*", {"Digits": "1#"}),
        ('timeout="2"', "55", {"Digits": "55"}),
    ],
)
async def test_keys_are_gathered_as_the_document_says(
    exchange: TwilioExchange, pages: Pages, gather: str, press: str, answer: Given
) -> None:
    pages.pages[IN] = f'<Gather {gather} action="keys?n=1"><Say>{"A long menu. " * 60}</Say></Gather>'
    pages.pages["/hooks/voice/twiml/keys"] = "<Say>Thank you</Say>"
    line = await exchange.call(IDA)
    await line.until(lambda it: bool(it.heard))
    await line.press(press)
    await line.until(over)
    told = pages.given("/hooks/voice/twiml/keys")[0]
    assert told.items() >= {**answer, "n": "1", "CallStatus": "in-progress"}.items()
    assert line.heard[-1] == "Thank you"


async def test_silence_falls_through_unless_it_is_asked_for(exchange: TwilioExchange, pages: Pages) -> None:
    pages.pages[IN] = (
        '<Gather timeout="2" action="/keys"/><Say>Nothing</Say>'
        '<Gather timeout="1" actionOnEmptyResult="true" action="/keys"/>'
    )
    line = await exchange.call(IDA)
    await line.until(over)
    assert line.heard == ["Nothing"]
    assert [each["Digits"] for each in pages.given("/keys")] == [""]


async def test_words_are_heard_with_their_confidence(exchange: TwilioExchange, pages: Pages) -> None:
    pages.pages[IN] = '<Gather input="dtmf speech" language="ru-RU" action="/said"><Say>Speak</Say></Gather>'
    line = await exchange.call(IDA)
    await line.say("где мой заказ", 0.75)
    await line.until(over)
    told = pages.given("/said")[0]
    assert (told["SpeechResult"], told["Confidence"], told["Language"]) == ("где мой заказ", "0.75000000", "ru-RU")
    assert "FinishedOnKey" not in told


@pytest.mark.parametrize(
    ("document", "ended", "told"),
    [('<Reject reason="busy"/>', "refused", "busy"), ("<Reject/>", "refused", "no-answer")],
)
async def test_a_rejected_call_is_never_answered(
    exchange: TwilioExchange, pages: Pages, document: str, ended: str, told: str
) -> None:
    pages.pages[IN] = document
    line = await exchange.call(IDA)
    await line.until(over)
    await exchange.settled()
    assert line.ended == ended
    assert [each["CallStatus"] for each in pages.given(DONE)] == [told]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("<Say>unclosed", "12100"),
        ("<say>small</say>", "12200"),
        ("<Say>Hi</Say><Reject/>", "12200"),
        ("<Dial><Sign>x</Sign></Dial>", "12200"),
        ("<Redirect/>", "12200"),
    ],
)
async def test_what_is_no_document_has_the_fallback_asked_and_is_complained_of(
    exchange: TwilioExchange, pages: Pages, document: str, code: str
) -> None:
    pages.pages[IN] = document
    pages.pages[BACK] = "<Say>Call again later</Say>"
    line = await exchange.call(IDA)
    await line.until(over)
    assert line.heard == ["Call again later"]
    told = pages.given(BACK)[0]
    assert (told["ErrorCode"], told["ErrorUrl"]) == (code, f"{pages.url}{IN}")
    assert exchange.complaints


async def test_a_desk_that_fails_twice_ends_the_call_with_an_excuse(exchange: TwilioExchange, pages: Pages) -> None:
    pages.status |= {IN: 503, BACK: 500}
    line = await exchange.call(IDA)
    await line.until(over)
    assert line.ended == "failed"
    assert "application error" in line.heard[-1]
    assert "HTTP 500" in exchange.complaints[-1]


async def test_an_unknown_attribute_is_complained_of_and_passed_over(exchange: TwilioExchange, pages: Pages) -> None:
    pages.pages[IN] = '<Say volume="11">Hello</Say>'
    line = await exchange.call(IDA)
    await line.until(over)
    assert (line.heard, line.ended) == (["Hello"], "completed")
    assert "Say has no attribute volume" in exchange.complaints[0]


WAIT = '<Enqueue waitUrl="/wait?q=1" action="/left">desk</Enqueue><Say>After</Say>'


async def test_whoever_waits_is_given_a_document_again_and_again_until_one_lets_them_go(
    exchange: TwilioExchange, pages: Pages
) -> None:
    pages.pages[IN] = WAIT
    pages.pages["/wait"] = lambda given: (
        "<Leave/>" if int(given["QueueTime"]) >= 3 else "<Say>Soon</Say><Play>/music.wav</Play>"
    )
    pages.pages["/left"] = "<Say>Your turn</Say>"
    line = await exchange.call(IDA)
    await line.until(over)
    asked = pages.given("/wait")
    assert len(asked) > 1
    assert (asked[0]["QueuePosition"], asked[0]["CurrentQueueSize"]) == ("1", "1")
    assert (pages.given("/left")[0]["QueueResult"], line.heard[-1]) == ("leave", "Your turn")
    assert exchange.complaints == []


async def test_a_key_during_music_is_told_and_silence_plays_on(exchange: TwilioExchange, pages: Pages) -> None:
    pages.pages[IN] = WAIT
    pages.pages["/wait"] = (
        '<Gather numDigits="1" timeout="1" action="/key"><Play>/music.wav</Play></Gather><Redirect>/wait?q=2</Redirect>'
    )
    pages.pages["/key"] = "<Leave/>"
    line = await exchange.call(IDA)
    await pages.asks("/wait", 3)
    await line.until(lambda it: it.music)
    await line.press("1")
    await line.until(over)
    assert [each["q"] for each in pages.given("/wait")][:3] == ["1", "2", "2"]
    assert pages.given("/key")[0]["Digits"] == "1"


async def test_hanging_up_in_a_queue_is_told_there(exchange: TwilioExchange, pages: Pages) -> None:
    pages.pages[IN], pages.pages["/wait"] = WAIT, '<Pause length="30"/>'
    line = await exchange.call(IDA)
    await pages.asks("/wait")
    await line.hang_up()
    await exchange.settled()
    assert [each["QueueResult"] for each in pages.given("/left")] == ["hangup"]
    assert [each["CallStatus"] for each in pages.given(DONE)] == ["completed"]
    assert exchange.queues["desk"].members == []


async def test_a_queue_is_full_at_its_size(exchange: TwilioExchange, pages: Pages) -> None:
    pages.pages[IN] = '<Enqueue waitUrl="/wait" action="/left" maxQueueSize="1">desk</Enqueue>'
    pages.pages["/wait"], pages.pages["/left"] = '<Pause length="60"/>', "<Say>Full</Say>"
    await exchange.call(IDA)
    await pages.asks("/wait")
    second = await exchange.call(OLE)
    await second.until(over)
    assert (pages.given("/left")[0]["QueueResult"], second.heard) == ("queue-full", ["Full"])


async def test_a_call_in_a_queue_is_turned_elsewhere(exchange: TwilioExchange, pages: Pages, api: Api) -> None:
    pages.pages[IN], pages.pages["/wait"] = WAIT, '<Pause length="60"/>'
    pages.pages["/turned"] = "<Say>Elsewhere</Say>"
    line = await exchange.call(IDA)
    await pages.asks("/wait")
    sid = pages.given(IN)[0]["CallSid"]
    await api.post(f"/Calls/{sid}.json", Url=f"{pages.url}/turned")
    await line.until(over)
    await exchange.settled()
    assert line.heard == ["Elsewhere"]
    assert [each["QueueResult"] for each in pages.given("/left")] == ["redirected"]
    assert await api.refused(f"/Calls/{sid}.json", Url=f"{pages.url}/turned") == (400, 21220)


async def test_an_agent_takes_the_head_of_a_queue_and_both_talk(exchange: TwilioExchange, pages: Pages) -> None:
    pages.pages[IN] = lambda given: (
        WAIT if given["From"] == IDA else '<Dial action="/after"><Queue url="/tell">desk</Queue></Dial>'
    )
    pages.pages["/wait"], pages.pages["/tell"] = '<Pause length="60"/>', "<Say>An agent is here</Say>"
    contact = await exchange.call(IDA)
    await pages.asks("/wait")
    agent = await exchange.call(OLE)
    await contact.until(lambda it: it.with_ == {OLE})
    assert (agent.with_, contact.heard[-1]) == ({IDA}, "An agent is here")
    await agent.say("Good morning")
    assert contact.heard[-1] == "Good morning"
    await contact.hang_up()
    await agent.until(over)
    await exchange.settled()
    assert pages.given("/tell")[0]["DequeingCallSid"]
    assert pages.given("/after")[0]["DialCallStatus"] == "completed"
