"""Plans as documents: each is one that the service would carry out, and says what the plan says."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from polydesk import settings as configuration
from polydesk.settings import Settings
from polydesk.testing.telephone import twiml_documents
from polydesk.testing.telephone.twiml_documents import WAITING, Document, Verb
from polydesk.types import Account
from polydesk_voice.plan import Ask, HangUp, Meet, Plan, Refuse, Speak, TakeMessage, Wait
from polydesk_voice.providers.twiml import languages, xml
from polydesk_voice.settings import LineSettings

HELLO = Speak(text="Hello & <welcome>\x0b", language="en")
BASE = "https://desk.example/hooks/voice/twiml"
MUSIC = "https://desk.example/p/voice/hold.wav"


@pytest.fixture(autouse=True)
def address(test_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    import msgspec

    monkeypatch.setattr(
        configuration, "_current", msgspec.structs.replace(test_settings, base_url="https://desk.example")
    )


ACCOUNT = Account(
    id=3, client=1, market=None, channel="voice", name="Line", address="+995322000111",
    settings=LineSettings(number="+995322000111"),
)  # fmt: skip


def written(plan: Plan, **more: object) -> list[Verb]:
    return read(xml.document(plan, ACCOUNT, **more)).verbs  # type: ignore[arg-type]


def read(body: bytes, allowed: frozenset[str] = twiml_documents.INSIDE["Response"]) -> Document:
    found = twiml_documents.parse(body, "text/xml", BASE, allowed)
    assert found.remarks == []
    return found


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_words_are_said_in_their_language_and_recordings_are_played() -> None:
    said, played, end = written((HELLO, Speak(text="x", language="ka", audio="https://desk.example/a.wav")))
    assert (said.name, said.text, said.given) == ("Say", "Hello & <welcome>", {"language": "en-US"})
    assert (played.name, played.text) == ("Play", "https://desk.example/a.wav")
    assert end.name == "Hangup"


def test_a_long_text_is_said_in_parts_that_the_service_takes() -> None:
    parts = written((Speak(text="word " * 2000, language="en"), HangUp()))[:-1]
    assert len(parts) > 1
    assert " ".join(each.text for each in parts).split() == ["word"] * 2000


@pytest.mark.parametrize(
    ("language", "tag"),
    [("ru", "ru-RU"), ("ka", "ka-GE"), ("pt_BR", "pt-BR"), ("en-GB", "en-GB"), ("xx", "xx"), ("", "en-US")],
)
def test_languages_have_a_country(language: str, tag: str) -> None:
    assert languages.tag(language) == tag


@pytest.mark.parametrize(
    ("ask", "given"),
    [
        (Ask(says=(HELLO,)), {"input": "dtmf", "numDigits": "1", "finishOnKey": "", "timeout": "6"}),
        (Ask(says=(HELLO,), digits=0, timeout=9), {"input": "dtmf", "finishOnKey": "#", "timeout": "9"}),
        (Ask(says=(HELLO,), digits=4), {"numDigits": "4", "finishOnKey": "#"}),
        (
            Ask(says=(HELLO,), speech=True, language="ru", hints=("заказ", "оплата, счёт")),
            {"input": "dtmf speech", "language": "ru-RU", "hints": "заказ,оплата  счёт", "speechTimeout": "auto"},
        ),
    ],
)
def test_a_question_takes_keys_and_words(ask: Ask, given: dict[str, str]) -> None:
    gather, redirect = written((ask, HangUp()))
    assert gather.given.items() >= given.items()
    assert (gather.given["actionOnEmptyResult"], gather.children[0].name) == ("true", "Say")
    assert ("numDigits" in gather.given) == bool(ask.digits)
    assert gather.given["action"].startswith(f"{BASE}/heard/3?g=")
    assert (redirect.name, redirect.text) == ("Redirect", f"{BASE}/leg/3")


def test_each_question_has_an_address_of_its_own() -> None:
    assert len({written((Ask(says=()),))[0].given["action"] for _each in range(20)}) == 20


def test_waiting_is_a_queue_with_a_document_of_its_own() -> None:
    said, enqueue, redirect = written((HELLO, Wait(says=(HELLO,), seconds=40)))
    assert (said.name, enqueue.name, enqueue.text, redirect.name) == ("Say", "Enqueue", "polydesk-3", "Redirect")
    name = query(enqueue.given["waitUrl"])["w"]
    assert enqueue.given["waitUrl"] == f"{BASE}/wait/3?w={name}&n=0"
    assert enqueue.given["action"] == f"{BASE}/unwaited/3?w={name}"


def test_what_is_heard_while_waiting_ends_and_asks_again() -> None:
    plan = (HELLO, Wait(says=(Speak(text="You are next"),), seconds=40))
    first = read(xml.waiting(plan, ACCOUNT, xml.Round("ab", 0)), WAITING).verbs
    assert [(each.name, each.text) for each in first] == [
        ("Say", "You are next"), ("Play", MUSIC), ("Redirect", f"{BASE}/wait/3?w=ab&n=1"),
    ]  # fmt: skip
    assert first[1].given == {"loop": "2"}
    later = read(xml.waiting(plan, ACCOUNT, xml.Round("ab", 1)), WAITING).verbs
    assert [each.text for each in later] == ["Hello & <welcome>", "You are next", MUSIC, f"{BASE}/wait/3?w=ab&n=2"]


def test_keys_may_be_pressed_during_music_and_wrong_ones_only_bring_it_back() -> None:
    plan = (Wait(says=(HELLO,), music="https://x.example/a.mp3", keys="1#"),)
    gather, redirect = read(xml.waiting(plan, ACCOUNT, xml.Round("ab", 2)), WAITING).verbs
    assert gather.given.items() >= {"numDigits": "1", "finishOnKey": "", "timeout": "1"}.items()
    assert query(gather.given["action"]) == {"w": "ab", "n": "3", "k": "1#"}
    assert [(each.name, each.given.get("loop")) for each in gather.children] == [("Say", None), ("Play", None)]
    assert redirect.name == "Redirect"
    (gather, _redirect) = read(xml.waiting(plan, ACCOUNT, xml.Round("ab", 3), quiet=True), WAITING).verbs
    assert [each.name for each in gather.children] == ["Play"]


@pytest.mark.parametrize("plan", [(), (HangUp(),), (HELLO,), (HELLO, Meet(room="pd-1-ab"))])
def test_whoever_is_no_longer_to_wait_leaves(plan: Plan) -> None:
    assert [each.name for each in read(xml.waiting(plan, ACCOUNT, xml.Round()), WAITING).verbs] == ["Leave"]


def test_a_room_is_a_conference() -> None:
    (dial,) = written((Meet(room="pd-1-ab", records=True, ends=True, music="https://x.example/a.wav"),))
    (room,) = dial.children
    assert (room.name, room.text) == ("Conference", "pd-1-ab")
    assert room.given == {
        "beep": "false", "muted": "false", "startConferenceOnEnter": "true", "endConferenceOnExit": "true",
        "waitUrl": "https://x.example/a.wav", "statusCallback": f"{BASE}/room/3",
        "statusCallbackEvent": "join leave", "record": "record-from-start",
        "recordingStatusCallback": f"{BASE}/recording/3?r=pd-1-ab", "recordingStatusCallbackEvent": "completed absent",
    }  # fmt: skip
    assert query(dial.given["action"])["r"] == "pd-1-ab"


@pytest.mark.parametrize(
    ("meet", "coached", "muted", "coach"),
    [
        (Meet(room="r", role="listen"), "", "true", None),
        (Meet(room="r", role="whisper", only_to=7), "CA7", "false", "CA7"),
        (Meet(room="r", role="whisper", only_to=7), "", "true", None),
        (Meet(room="r", muted=True), "", "true", None),
        (Meet(room="r", role="whisper", only_to=7, muted=True), "CA7", "true", "CA7"),
    ],
)
def test_whoever_listens_is_not_heard_and_a_whisper_by_one_alone(
    meet: Meet, coached: str, muted: str, coach: str | None
) -> None:
    room = written((meet,), coached=coached)[0].children[0]
    assert (room.given["muted"], room.given.get("coach"), room.given["waitUrl"]) == (muted, coach, "")
    assert room.given["startConferenceOnEnter"] == ("true" if meet.role == "talk" else "false")


def test_a_message_is_recorded_and_silence_comes_back_too() -> None:
    record, redirect = written((TakeMessage(most_seconds=90, silence=4),))
    assert record.given.items() >= {"maxLength": "90", "timeout": "4", "finishOnKey": "#", "playBeep": "true"}.items()
    assert record.given["recordingStatusCallback"] == f"{BASE}/recording/3?m=1"
    assert redirect.text == record.given["action"]


@pytest.mark.parametrize(("busy", "reason"), [(True, "busy"), (False, "rejected")])
def test_a_refused_call_is_rejected_at_once(busy: bool, reason: str) -> None:
    (reject,) = written((Refuse(busy=busy),))
    assert (reject.name, reject.given) == ("Reject", {"reason": reason})
    assert [each.name for each in written((HELLO, Refuse()))] == ["Say", "Hangup"]


def test_what_has_just_failed_is_not_done_again_at_once() -> None:
    assert [each.name for each in written((Meet(room="r"),), stumbled=True)] == ["Pause", "Dial"]
