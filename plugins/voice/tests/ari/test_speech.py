"""Our own voice: a program on this machine, asked for at an address that is signed."""

from __future__ import annotations

import io
import math
import os
import sys
import wave
from pathlib import Path

import httpx
import pytest

from polydesk import NotFound
from polydesk.testing.fixtures import TestDesk
from polydesk_voice.plan import Speak
from polydesk_voice.providers.ari import media, speech
from polydesk_voice.settings import LineSettings

# What espeak-ng does: 22050 Hz to a pipe, with a header that promises far too much.
_PROGRAM = """#!{python}
import math, struct, sys
words = sys.stdin.read()
assert "--stdin" in sys.argv and "--stdout" in sys.argv
samples = [int(8000 * math.sin(at / 22050 * 440 * math.tau)) for at in range(2205 * len(words))]
data = struct.pack(f"<{{len(samples)}}h", *samples)
head = b"RIFF" + struct.pack("<I", 0x7FFFF024) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 22050, 44100, 2, 16)
sys.stdout.buffer.write(head + b"data" + struct.pack("<I", 0x7FFFF000) + data)
"""


@pytest.fixture
def voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that hums as many tenths of a second as there are letters."""
    program = tmp_path / "espeak-ng"
    program.write_text(_PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


async def test_words_are_rendered_for_asterisk(desk: TestDesk, client: httpx.AsyncClient, voice: None) -> None:
    (found,) = media.of(Speak(text="გამარჯობა", language="ka-GE"), LineSettings())
    address = found.removeprefix("sound:")
    assert address.endswith(".wav")
    answer = await client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/wav"
    assert "max-age" in answer.headers["cache-control"]
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        assert math.isclose(sound.getnframes() / 8000, 0.9, abs_tol=0.01)
        samples = sound.readframes(8000)
    assert max(samples) > 0


async def test_an_address_that_is_not_ours_says_nothing(desk: TestDesk, client: httpx.AsyncClient, voice: None) -> None:
    token = speech.token_for("en", "Hello")
    assert speech.words_of(token) == ("en", "Hello")
    data, _dot, signature = token.partition(".")
    for forged in (f"{data}x.{signature}", f"{data}.{signature[:-1]}a", data, "", f"{data}.", "é" * 20, "a" * 9000):
        if forged != token:
            with pytest.raises(NotFound):
                speech.words_of(forged)
    assert (await client.get(f"/p/voice/said/{data}.{signature[:-2]}aa.wav")).status_code == 404
    assert (await client.get(f"/p/voice/said/{token}.mp3")).status_code == 404
