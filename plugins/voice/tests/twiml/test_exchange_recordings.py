"""Its recordings, and news that does not behave."""

from __future__ import annotations

import array
import io
import os
import wave

import pytest

from polydesk.testing.telephone import voices
from polydesk.testing.telephone.twiml import TwilioExchange
from polydesk.testing.telephone.twiml_news import Mischief

from .asking import DONE, Api, over, room
from .pages import Pages

IDA, OLE = "+995555000111", "+995555000222"


IN, BACK = "/hooks/voice/twiml/incoming", "/hooks/voice/twiml/fallback"


WAIT = '<Enqueue waitUrl="/wait?q=1" action="/left">desk</Enqueue><Say>After</Say>'


TAKE = (
    '<Record action="/taken" timeout="3" finishOnKey="#" recordingStatusCallback="/rec" '
    'recordingStatusCallbackEvent="completed absent"/><Say>You said nothing</Say>'
)


async def test_a_message_is_recorded_and_told_when_it_is_ready(
    exchange: TwilioExchange, pages: Pages, api: Api
) -> None:
    pages.pages[IN] = TAKE
    line = await exchange.call(IDA)
    await line.until(lambda it: it.heard == ["beep"])
    await line.say("Please call me back about order 1042")
    await line.until(over)
    await exchange.settled()
    taken, ready = pages.given("/taken")[0], pages.given("/rec")[0]
    assert (ready["RecordingStatus"], ready["RecordingSource"]) == ("completed", "RecordVerb")
    assert ready["RecordingSid"] == taken["RecordingSid"]
    assert int(taken["RecordingDuration"]) == int(ready["RecordingDuration"]) == 2
    sid = ready["RecordingSid"]
    assert (await api.get(f"/Recordings/{sid}.json"))["status"] == "completed"
    with wave.open(io.BytesIO((await api.raw("GET", f"/Recordings/{sid}.wav")).content)) as sound:
        assert (sound.getnchannels(), round(sound.getnframes() / sound.getframerate())) == (1, 2)
    assert (await api.raw("DELETE", f"/Recordings/{sid}.json")).status_code == 204
    assert (await api.raw("GET", f"/Recordings/{sid}.json")).status_code == 404


async def test_silence_is_no_message_and_hanging_up_is_told(exchange: TwilioExchange, pages: Pages) -> None:
    pages.pages[IN] = TAKE
    silent = await exchange.call(IDA)
    await silent.until(over)
    assert silent.heard == ["beep", "You said nothing"]
    line = await exchange.call(OLE)
    await line.say("It is Ole, and I will")
    await line.until(lambda it: it.heard == ["beep"])
    await line.hang_up()
    await exchange.settled()
    assert [each["Digits"] for each in pages.given("/taken")] == ["hangup"]
    assert len(pages.given("/rec")) == 1


async def test_a_recording_may_be_absent_or_late(exchange: TwilioExchange, pages: Pages, api: Api) -> None:
    pages.pages[IN] = TAKE
    for fate in ("absent", "late"):
        exchange.recordings.fate = fate
        line = await exchange.call(IDA)
        await line.say("Hello there")
        await line.until(over)
    await exchange.settled()
    absent, late = pages.given("/rec")
    assert (absent["RecordingStatus"], absent["ErrorCode"]) == ("absent", "16101")
    paths = [f"/Recordings/{late['RecordingSid']}.json"] * 4
    assert [(await api.raw("GET", path)).status_code for path in paths] == [404, 404, 404, 200]


async def test_a_room_is_recorded_in_two_channels_without_what_was_said_in_a_pause(
    exchange: TwilioExchange, pages: Pages, api: Api
) -> None:
    pages.pages[IN] = room(record="record-from-start", recordingStatusCallback="/rec")
    ida, ole = await exchange.call(IDA), await exchange.call(OLE)
    await ida.until(lambda it: it.with_ == {OLE})
    await ole.say("What is your card number?")
    path = f"/Conferences/{exchange.rooms.conferences[0].sid}/Recordings"
    (shown,) = (await api.get(f"{path}.json"))["recordings"]  # type: ignore[misc]
    await api.post(f"{path}/{shown['sid']}.json", Status="paused")
    await ida.say("4111 1111 1111 1111")
    await api.post(f"{path}/{shown['sid']}.json", Status="in-progress")
    await ida.say("Thank you")
    await ida.hang_up()
    await ole.hang_up()
    await exchange.settled()
    recording = exchange.recordings.all[shown["sid"]]
    assert [each.words for each in recording.audible()] == ["What is your card number?", "Thank you"]
    assert pages.given("/rec")[0]["RecordingChannels"] == "2"
    for query, channels in (("", 1), ("?RequestedChannels=2", 2)):
        sound = (await api.raw("GET", f"/Recordings/{shown['sid']}.wav{query}")).content
        with wave.open(io.BytesIO(sound)) as opened:
            assert opened.getnchannels() == channels


async def test_with_sound_words_are_spoken(exchange: TwilioExchange, pages: Pages, api: Api) -> None:
    if lacking := voices.missing():
        assert os.environ.get("CI") != "true", f"not installed: {lacking}"
        pytest.skip(f"not installed: {', '.join(lacking)}")
    exchange.sound = True
    pages.pages[IN] = TAKE
    line = await exchange.call(IDA)
    await line.say("Please call me back about my parcel")
    await line.until(over)
    await exchange.settled()
    sid = pages.given("/rec")[0]["RecordingSid"]
    with wave.open(io.BytesIO((await api.raw("GET", f"/Recordings/{sid}.wav")).content)) as sound:
        samples = array.array("h", sound.readframes(sound.getnframes()))
        assert sound.getframerate() == voices.RATE
    # A tone would cross zero evenly; speech is loud and quiet by turns.
    loud = [max(samples[at : at + 400]) for at in range(0, len(samples) - 400, 400)]
    assert max(loud) > 10 * max(1, min(loud))


async def test_news_come_twice_late_and_never_and_the_same_for_the_same_seed(pages: Pages) -> None:
    async def lived(seed: int) -> tuple[int, int, int]:
        mischief = Mischief(twice=0.3, late=0.3, never=0.2, most_late=5.0)
        wild = TwilioExchange(speed=50.0, seed=seed, mischief=mischief, token=pages.token)
        await wild.start(f"{pages.url}/hooks/voice")
        pages.asked.clear()
        for number in range(40):
            await wild.call(f"+9955550{number:05d}")
        await wild.settled()
        await wild.stop()
        assert len(pages.given(DONE)) == 40 - wild.news.never + wild.news.twice
        return wild.news.twice, wild.news.late, wild.news.never

    first = await lived(4)
    assert all(first)
    assert await lived(4) == first


async def test_two_hundred_at_once_are_no_burden(exchange: TwilioExchange, pages: Pages) -> None:
    pages.pages[IN] = WAIT.replace("<Enqueue ", '<Enqueue maxQueueSize="500" ')
    pages.pages["/wait"] = '<Pause length="600"/>'
    lines = [await exchange.call(f"+9955550{number:05d}") for number in range(200)]
    await pages.asks("/wait", 200)
    assert len(exchange.queues["desk"].members) == 200
    for line in lines:
        await line.hang_up()
    await exchange.settled()
    assert len(pages.given(DONE)) == 200
    assert exchange.complaints == []
