"""The provider's API in the words of every provider: what is asked for, and what its ways of saying no mean."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator

import msgspec
import pytest

from polydesk import db, http
from polydesk.errors import OutcomeUnknown, Refused, TryLater
from polydesk.testing.fixtures import TestDesk
from polydesk.testing.telephone.exchange import Behaviour
from polydesk.testing.telephone.twiml import TwilioExchange
from polydesk.testing.telephone.twiml_calls import TwilioLine
from polydesk.types import Account
from polydesk_voice.providers.base import Party, State
from polydesk_voice.providers.twiml import Twiml, checking, rest
from polydesk_voice.settings import LineSettings

from .pages import Pages

TWIML = Twiml()
IDA = "+995555000111"
IN = "/hooks/voice/twiml/incoming"


@pytest.fixture
async def account(desk: TestDesk, exchange: TwilioExchange, pages: Pages) -> AsyncIterator[Account]:
    """A line there, of a desk that is not asked: what it would answer is written down."""
    given = await exchange_settings(exchange, pages)
    yield Account(id=3, client=1, market=None, channel="voice", name="Line", address=exchange.number, settings=given)
    await http.close()


async def exchange_settings(exchange: TwilioExchange, pages: Pages) -> LineSettings:
    del pages
    return LineSettings(
        number=exchange.number, account_sid=exchange.account_sid, token=exchange.token, api_url=exchange.url,
        calls_per_second=100,
    )  # fmt: skip


def party(**more: object) -> Party:
    return msgspec.structs.replace(Party(id=7, call=1, name="", token="tok", endpoint="client:ana"), **more)


async def dial(account: Account, **more: object) -> str:
    return await TWIML.dial(account, party(**more), caller=account.address, ring_seconds=20, machine=False)


def changed(account: Account, **settings: object) -> Account:
    return msgspec.structs.replace(account, settings=msgspec.structs.replace(account.settings, **settings))


# --- Dialling -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "to"),
    [("number:+995555000222", "+995555000222"), ("sip:bo@x.example", "sip:bo@x.example"), ("client:ana", "client:ana")],
)
async def test_somebody_is_rung_and_tells_us_so_by_the_token(
    account: Account, exchange: TwilioExchange, endpoint: str, to: str
) -> None:
    name = await dial(account, endpoint=endpoint)
    assert exchange.calls[name].to == to
    given = exchange.rest.asked[-1][2]
    assert (given["To"], given["From"], given["Timeout"]) == (to, exchange.number, "20")
    assert given["Url"].endswith("/hooks/voice/twiml/ready/3/tok")
    assert given["FallbackUrl"].endswith("/fallback/3/tok")
    assert given["StatusCallback"].endswith("/progress/3/tok")
    assert given["StatusCallbackEvent"] == "ringing completed"
    assert "MachineDetection" not in given


async def test_a_machine_is_listened_for_where_that_is_wanted(account: Account, exchange: TwilioExchange) -> None:
    await TWIML.dial(account, party(), caller=account.address, ring_seconds=3, machine=True)
    given = exchange.rest.asked[-1][2]
    assert (given["MachineDetection"], given["Timeout"]) == ("Enable", "5")


async def test_only_so_many_calls_begin_in_a_second(account: Account, exchange: TwilioExchange) -> None:
    slow = changed(account, calls_per_second=1)
    await dial(slow)
    with pytest.raises(TryLater) as later:
        await dial(slow)
    assert 0.0 < later.value.after <= 1.0
    # Another line of the same account waits with it.
    with pytest.raises(TryLater):
        await dial(msgspec.structs.replace(slow, id=4, address="+995322000112"))
    assert len(exchange.calls) == 1


@pytest.mark.parametrize(
    ("endpoint", "caller", "words"),
    [
        ("number:nobody", "", "cannot be called"),
        ("number:+995555000222", "+15005550000", "not verified"),
    ],
)
async def test_what_cannot_be_called_is_refused_in_words(
    account: Account, endpoint: str, caller: str, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        await TWIML.dial(
            account, party(endpoint=endpoint), caller=caller or account.address, ring_seconds=20, machine=False
        )


async def test_a_service_in_trouble_is_asked_again_unless_it_may_have_rung(
    account: Account, exchange: TwilioExchange
) -> None:
    exchange.rest.mood = "busy"
    with pytest.raises(TryLater) as busy:
        await dial(account)
    assert busy.value.after == 1.0
    with pytest.raises(TryLater, match="Waiting for our turn"):
        await dial(account)
    # The second that the service asked for has passed.
    await db.fetch("DELETE FROM pd_pace")
    exchange.rest.mood = "down"
    with pytest.raises(OutcomeUnknown):
        await dial(account)
    exchange.rest.mood = "silent"
    with pytest.raises(OutcomeUnknown):
        await dial(account)
    assert len(exchange.calls) == 1
    exchange.rest.mood = ""
    with pytest.raises(TryLater, match="account SID and token"):
        await dial(changed(account, token="wrong"))
    with pytest.raises(TryLater, match="could not be reached"):
        await dial(changed(account, api_url="http://127.0.0.1:9"))


# --- Living parties -------------------------------------------------------------------------------------------------


async def test_a_living_party_is_turned_and_hung_up_and_one_that_is_gone_is_no_error(
    account: Account, exchange: TwilioExchange, pages: Pages
) -> None:
    pages.pages[IN] = '<Pause length="60"/>'
    line = await exchange.call(IDA)
    assert isinstance(line, TwilioLine)
    await line.until(lambda it: isinstance(it, TwilioLine) and bool(it.answered))
    here = party(name=line.sid)
    assert await TWIML.look(account, here) == State(alive=True, progress="answered")
    await TWIML.turn(account, here)
    given = exchange.rest.asked[-1][2]
    assert given["Url"].endswith("/hooks/voice/twiml/leg/3/tok")
    assert given["StatusCallback"].endswith("/progress/3/tok")
    await line.until(lambda it: bool(it.ended))
    for act in (TWIML.turn, TWIML.hang_up):
        await act(account, here)
        await act(account, party(name="CAnobody"))
        await act(account, party())
    state = await TWIML.look(account, here)
    assert (state.alive, state.progress) == (False, "completed")
    assert state.seconds is not None
    for nobody in (party(name="CAnobody"), party()):
        assert await TWIML.look(account, nobody) == State(alive=False, progress="failed")


async def test_a_ringing_phone_is_taken_back(account: Account, exchange: TwilioExchange) -> None:
    exchange.phones["client:ana"] = Behaviour(after=60)
    name = await dial(account)
    assert (await TWIML.look(account, party(name=name))).alive
    await TWIML.hang_up(account, party(name=name))
    assert (await TWIML.look(account, party(name=name))) == State(alive=False, progress="canceled", seconds=0)


# --- Rooms and recordings -------------------------------------------------------------------------------------------

ROOM = '<Dial><Conference record="record-from-start" recordingStatusCallback="/rec">pd-1-ab</Conference></Dial>'


async def two_in_a_room(exchange: TwilioExchange, pages: Pages) -> tuple[TwilioLine, TwilioLine]:
    pages.pages[IN] = ROOM
    one, other = await exchange.call(IDA), await exchange.call("+995555000222")
    await one.until(lambda it: bool(it.with_))
    assert isinstance(one, TwilioLine)
    assert isinstance(other, TwilioLine)
    return one, other


async def test_a_party_is_muted_in_its_room(account: Account, exchange: TwilioExchange, pages: Pages) -> None:
    one, other = await two_in_a_room(exchange, pages)
    await TWIML.mute(account, party(name=one.sid, room="pd-1-ab"), True)
    assert (one.with_, other.with_) == ({"+995555000222"}, set())
    await TWIML.mute(account, party(name=one.sid, room="pd-1-ab"), False)
    assert other.with_ == {IDA}
    await TWIML.mute(account, party(name=one.sid, room="pd-none"), True)
    await TWIML.mute(account, party(name="CAnobody", room="pd-1-ab"), True)


async def test_a_recording_is_paused_fetched_and_erased(
    account: Account, exchange: TwilioExchange, pages: Pages
) -> None:
    one, other = await two_in_a_room(exchange, pages)
    await TWIML.record(account, "pd-1-ab", "paused")
    (taped,) = exchange.recordings.all.values()
    assert taped.status == "paused"
    await TWIML.record(account, "pd-1-ab", "recording")
    assert taped.status == "in-progress"
    assert await TWIML.recordings(account, room="pd-1-ab") == []
    with pytest.raises(TryLater, match="not ready"):
        await TWIML.sound_of(account, taped.sid)
    await TWIML.record(account, "pd-1-ab", "stopped")
    await TWIML.record(account, "pd-1-ab", "paused")
    await TWIML.record(account, "pd-none", "paused")
    await one.hang_up()
    await other.hang_up()
    await exchange.settled()
    (told,) = await TWIML.recordings(account, room="pd-1-ab")
    assert (told.reference, told.channels, told.message, told.missing) == (taped.sid, 2, False, "")
    with wave.open(io.BytesIO(await TWIML.sound_of(account, taped.sid))) as sound:
        assert sound.getnchannels() == 2
    await TWIML.erase(account, taped.sid)
    await TWIML.erase(account, taped.sid)
    with pytest.raises(TryLater):
        await TWIML.sound_of(account, taped.sid)


async def test_a_recording_that_is_late_comes_and_one_that_is_absent_never_does(
    account: Account, exchange: TwilioExchange, pages: Pages
) -> None:
    pages.pages[IN] = '<Record action="/taken" timeout="2" recordingStatusCallback="/rec"/>'
    for fate in ("absent", "late"):
        exchange.recordings.fate = fate
        line = await exchange.call(IDA)
        await line.say("Hello there")
        await line.until(lambda it: bool(it.ended))
    await exchange.settled()
    absent, late = exchange.recordings.all.values()
    with pytest.raises(Refused):
        await TWIML.sound_of(account, absent.sid)
    for _time in range(3):
        with pytest.raises(TryLater):
            await TWIML.sound_of(account, late.sid)
    assert (await TWIML.sound_of(account, late.sid))[:4] == b"RIFF"
    missing = await TWIML.recordings(account, leg=absent.lines[0].sid)
    assert [(each.message, bool(each.missing)) for each in missing] == [(True, True)]


# --- The line -------------------------------------------------------------------------------------------------------


async def test_the_connection_is_tested_step_by_step(account: Account, exchange: TwilioExchange) -> None:
    settings = account.settings
    exchange.numbers[exchange.number].voice_url = checking.instructions("")[0].value
    found = await checking.check(settings)
    assert [each.ok for each in found[:2]] == [True, True]
    assert all(each.advice is not None for each in found if not each.ok)
    for wrong, step in (
        ({"token": ""}, 0),
        ({"token": "wrong"}, 0),
        ({"api_url": "http://127.0.0.1:9"}, 0),
        ({"number": "+15005550006"}, 1),
    ):
        found = await checking.check(msgspec.structs.replace(settings, **wrong))  # type: ignore[arg-type]
        assert [each.ok for each in found] == [True] * step + [False]
    exchange.rest.status = "suspended"
    assert "not active" in str((await checking.check(settings))[0].advice)


async def test_what_to_enter_at_the_provider_is_what_it_is_checked_for(
    account: Account, exchange: TwilioExchange
) -> None:
    from polydesk.channels import service as channels

    number = exchange.numbers[exchange.number]
    number.voice_url, number.fallback, number.callback = (
        each.value for each in TWIML.instructions(account.settings, channels.hook("voice"))
    )
    assert all(each.ok for each in await checking.check(account.settings))


async def test_balance_and_trouble_of_the_account_are_told(account: Account, exchange: TwilioExchange) -> None:
    news = await TWIML.inspect(account)
    assert news is not None
    assert [str(each.value) for each in news.facts] == ["42.50 USD"]
    exchange.rest.status = "suspended"
    for changes in ({}, {"token": "wrong"}, {"api_url": "http://127.0.0.1:9"}):
        news = await TWIML.inspect(changed(account, **changes))
        assert news is not None
        assert news.trouble is not None
        assert str(news.trouble)


def test_an_unknown_no_is_told_in_the_services_own_words() -> None:
    no = rest.Failure(400, 99999, "The moon is in the wrong house")
    assert str(no.words) == "The provider says: The moon is in the wrong house (99999)"
    assert rest.root(LineSettings(number="+1", account_sid="AC1", api_url="x.signalwire.com/api/laml")) == (
        "https://x.signalwire.com/api/laml/2010-04-01/Accounts/AC1"
    )
