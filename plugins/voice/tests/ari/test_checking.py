"""What an admin is told before and after."""

from __future__ import annotations

import msgspec
import pytest

from polydesk_voice.plan import Speak
from polydesk_voice.providers.ari import checking, media, speech
from polydesk_voice.settings import LineSettings

from .conftest import Trial


async def test_a_line_that_is_set_up_right(trial: Trial) -> None:
    found = await trial.provider.check(trial.account.settings)
    assert all(each.ok for each in found), found
    news = await trial.provider.inspect(trial.account)
    assert news is not None
    assert news.trouble is None


async def test_what_is_wrong_is_said(trial: Trial) -> None:
    settings = trial.account.settings
    empty = await trial.provider.check(LineSettings())
    assert [each.ok for each in empty] == [False]
    wrong = await trial.provider.check(msgspec.structs.replace(settings, ari_password="wrong"))
    assert not wrong[0].ok
    trial.exchange.complaints.clear()
    down = await trial.provider.check(msgspec.structs.replace(settings, ari_url="http://127.0.0.1:9"))
    assert not down[0].ok
    mute = await trial.provider.check(msgspec.structs.replace(settings, ari_trunk="PJSIP/trunk", ari_speech="sound:x"))
    assert [each.ok for each in mute if not each.ok] == [False] * (1 if speech.available() else 2)
    news = await trial.provider.inspect(
        msgspec.structs.replace(trial.account, settings=msgspec.structs.replace(settings, ari_url="http://127.0.0.1:9"))
    )
    assert news is not None
    assert news.trouble is not None


async def test_lines_to_copy_bear_number_and_application(trial: Trial) -> None:
    values = "\n".join(each.value for each in checking.instructions(trial.account.settings))
    assert "exten => +995322000111,1,Stasis(polydesk,in,+995322000111)" in values
    assert "polydesk-ari-password" not in values


def test_words_become_media() -> None:
    asked = LineSettings(ari_speech="sound:http://tts/{x}?l={language}&t={text}")
    assert media.of(Speak(text="a & b", language="ka"), asked) == ["sound:http://tts/{x}?l=ka&t=a%20%26%20b"]
    assert media.of(Speak(text="a", audio="https://desk/a.wav"), asked) == ["sound:https://desk/a.wav"]
    assert media.of(Speak(text="  "), asked) == []
    long = "One sentence of many words. " * 60
    parts = media.parts(long)
    assert len(parts) > 1
    assert " ".join(parts) == long.strip()
    assert all(len(each) <= 600 for each in parts)
    assert "".join(media.parts("x" * 1500)) == "x" * 1500


def test_without_a_voice_words_have_no_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert media.of(Speak(text="Hello"), LineSettings()) == []
