"""What must not hurt: forged calls, unknown numbers, news twice and late, a desk that fails while somebody listens."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from polydesk import db, live
from polydesk.channels import service as channels
from polydesk.testing.telephone.exchange import Line
from polydesk.testing.telephone.twiml_news import Mischief
from polydesk.types import Call
from polydesk_voice.calls import machine
from polydesk_voice.channel import VoiceChannel
from polydesk_voice.providers.twiml import fallback
from polydesk_voice.settings import LineSettings

from .conftest import Board

IDA = "+995555000111"
FORM = {"CallSid": "CA1", "From": IDA, "To": "+995322000111", "CallStatus": "ringing", "Direction": "inbound"}


def over(line: Line) -> bool:
    return bool(line.ended)


async def post(board: Board, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
    async with httpx.AsyncClient() as stranger:
        return await stranger.post(f"{board.desk.url}/hooks/voice/twiml/{path}", data=form, headers=headers)


async def signed(board: Board, path: str, form: dict[str, str]) -> Any:
    return await board.exchange.desk.ask(f"{board.desk.url}/hooks/voice/twiml/{path}", form)


# --- Who is believed ------------------------------------------------------------------------------------------------


async def test_a_forged_call_is_refused_and_the_admin_is_told(board: Board) -> None:
    answer = await post(board, "incoming", FORM, **{"x-twilio-signature": "Zm9yZ2Vk"})
    assert (answer.status_code, answer.text) == (403, "Forbidden")
    rows = await board.desk.until("SELECT facts FROM pd_account WHERE facts LIKE '%refused_calls%'")
    assert "signature" in str(rows[0]["facts"])
    assert (await post(board, "incoming", FORM)).status_code == 403
    assert await db.fetch("SELECT id FROM voice_call") == []


async def test_forged_calls_between_calls_in_order_are_no_trouble(board: Board) -> None:
    for number in range(25):
        await post(board, "incoming", FORM, **{"x-twilio-signature": "Zm9yZ2Vk"})
        if number % 10 == 9:
            await signed(board, "progress", {**FORM, "CallStatus": "ringing"})
    assert (await db.fetch("SELECT trouble FROM pd_account"))[0]["trouble"] == ""


async def test_what_is_at_no_address_of_ours_is_not_found(board: Board) -> None:
    assert (await signed(board, "teapot/1", FORM)).status == 404


async def test_a_call_of_a_line_that_is_gone_is_told_good_bye(board: Board) -> None:
    answer = await signed(board, "leg/999", FORM)
    assert (answer.status, b"try again later" in answer.body, b"<Hangup/>" in answer.body) == (200, True, True)
    assert (await signed(board, "progress/999", {**FORM, "CallStatus": "completed"})).status == 204


# --- Numbers that are none of ours ----------------------------------------------------------------------------------


async def test_a_call_to_an_unknown_number_is_spoken_to_told_and_found_once_the_number_is_set_up(
    board: Board,
) -> None:
    line = await board.exchange.call(IDA, called="+995322000999")
    await line.until(over)
    assert any("try again later" in each for each in line.heard)
    facts = (await board.desk.until("SELECT facts FROM pd_account WHERE facts LIKE '%+995322000999%'"))[0]["facts"]
    assert IDA in str(facts)
    kept = await board.desk.until("SELECT id, reason FROM pd_arrival WHERE state = 'unreadable'")
    assert "+995322000999" in str(kept[0]["reason"])
    account = await board.account()
    other = await channels.save_account(
        board.owner, channel="voice", client=account.client, market=None, name="New",
        settings=LineSettings(number="+995 322 000 999", account_sid="AC2", token="t"),
    )  # fmt: skip
    from polydesk.inbound import service as inbound

    await inbound.replay(board.owner, int(str(kept[0]["id"])))
    missed = await board.desk.until("SELECT account FROM pd_conversation")
    assert missed[0]["account"] == other
    assert (await db.fetch("SELECT value FROM pd_identity WHERE value = {}", IDA)) != []


# --- Twice, late, in disorder ---------------------------------------------------------------------------------------


async def test_a_request_that_comes_twice_changes_nothing(board: Board) -> None:
    first = await signed(board, "incoming", FORM)
    again = await signed(board, "incoming", FORM)
    assert b"<Enqueue" in first.body
    assert b"<Enqueue" in again.body
    assert len(await db.fetch("SELECT id FROM voice_call")) == 1
    done = {**FORM, "CallStatus": "completed", "SequenceNumber": "3", "CallDuration": "7"}
    for each in (done, {**FORM, "CallStatus": "ringing", "SequenceNumber": "1"}, done):
        assert (await signed(board, "progress", each)).status == 204
    assert len(await db.fetch("SELECT id FROM pd_item WHERE kind = 'call.ended'")) == 1
    assert b"<Hangup/>" in (await signed(board, "leg/1", FORM)).body


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("progress", {"CallStatus": "completed"}),
        ("progress", {"CallStatus": "singing", "CallSid": "CA1"}),
        ("progress", {"CallSid": "CA1", "CallStatus": "completed", "SequenceNumber": "minus one", "Timestamp": "soon"}),
        ("room/1", {"StatusCallbackEvent": "participant-speech-start", "CallSid": "CA1"}),
        ("room/1", {"StatusCallbackEvent": "participant-join", "CallSid": "CAnobody", "FriendlyName": "x"}),
        ("recording/1", {"RecordingStatus": "in-progress", "RecordingSid": "RE1"}),
        ("recording/1", {"RecordingStatus": "completed", "RecordingSid": "RE1", "RecordingDuration": "-1"}),
        ("heard/1", {"CallSid": "CAnobody", "Digits": "1", "Confidence": "very"}),
        ("unwaited/1", {"CallSid": "CAnobody", "QueueResult": "bridging-in-process"}),
        ("wait/1?w=x&n=many", {"CallSid": "CAnobody"}),
        ("fallback", {}),
    ],
)
async def test_odd_news_are_taken_without_harm(board: Board, path: str, form: dict[str, str]) -> None:
    answer = await signed(board, path, {"To": "+995322000111", **form})
    assert answer.status in (200, 204)


async def test_news_that_come_twice_late_or_never_leave_no_call_alive(board: Board) -> None:
    board.exchange.news.mischief = Mischief(twice=0.5, late=0.5, most_late=20.0)
    await board.agent("Ana")
    for number in range(6):
        line = await board.exchange.call(f"+99555500011{number}")
        await line.until(lambda it: it.music or bool(it.with_))
        await line.hang_up()
    await board.exchange.settled()
    rows = await db.fetch("SELECT state FROM voice_call WHERE state <> 'ended'")
    assert rows == []
    assert board.exchange.complaints == []


# --- A desk that fails ----------------------------------------------------------------------------------------------


async def test_a_caller_holds_while_the_desk_is_in_trouble_and_is_let_in_after_it(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, failures = machine.happened, 2

    async def failing(*given: Any) -> Any:
        nonlocal failures
        if failures:
            failures -= 1
            raise RuntimeError("the database is on fire")
        return await right(*given)

    monkeypatch.setattr(machine, "happened", failing)
    line = await board.exchange.call(IDA)
    await line.until(lambda it: it.music)
    assert [each for each in line.heard if "hold the line" in each][:2] == line.heard[:2]
    assert len(board.exchange.fallbacks) == 2
    await line.hang_up()
    assert (await board.call("ended"))["outcome"] == "abandoned"


async def test_a_caller_whom_nobody_can_let_in_is_told_to_call_later(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_given: Any) -> Any:
        raise RuntimeError("the database is on fire")

    monkeypatch.setattr(machine, "happened", failing)
    line = await board.exchange.call(IDA)
    await line.until(over)
    assert "try again later" in line.heard[-1]
    assert (line.ended, len(board.exchange.fallbacks)) == ("completed", 3)


async def test_without_the_database_callers_hear_words_in_their_language(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db.fetch("UPDATE pd_client SET languages = 'ru'")
    live.signal(0, "scopes")
    await signed(board, "incoming", FORM)

    async def gone(_channel: str) -> Any:
        raise OSError("no database")

    monkeypatch.setattr(channels, "enabled", gone)
    assert (await signed(board, "incoming", FORM)).status == 503
    first = await signed(board, "fallback", {**FORM, "ErrorUrl": f"{board.desk.url}/hooks/voice/twiml/incoming"})
    assert (first.status, b"/twiml/incoming/1?tried=1" in first.body) == (200, True)
    assert 'language="ru-RU"' in first.body.decode()
    last = await signed(board, "fallback", {**FORM, "ErrorUrl": "https://x.example/?tried=2"})
    assert "Перезвоните" in last.body.decode() or "Позвоните" in last.body.decode()
    stranger = await signed(board, "fallback", {**FORM, "To": "+15005550000", "ErrorUrl": "https://x.example/"})
    assert b"try again later" in stranger.body


async def test_a_fallback_for_nobody_in_particular_says_to_call_later() -> None:
    call = Call(method="POST", url="https://desk.example/hooks/voice/twiml/fallback", path="twiml/fallback")
    answer = await VoiceChannel().unanswered(call)
    assert answer is not None
    assert b"try again later" in answer.body
    elsewhere = Call(method="POST", url="https://desk.example/hooks/voice/ari", path="ari")
    assert await VoiceChannel().unanswered(elsewhere) is None
    assert fallback.TRIES == 2
