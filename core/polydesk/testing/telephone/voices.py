"""Sound for recordings: words spoken by espeak-ng and sox where they are to be real, else a tone for each."""

from __future__ import annotations

import array
import asyncio
import hashlib
import io
import math
import shutil
import struct
import tempfile
import wave
from functools import cache
from pathlib import Path

import msgspec

RATE = 8000
_LONGEST = 3600.0
_VOICES = {"en": "en", "de": "de", "fr": "fr", "ru": "ru", "ka": "ka", "tr": "tr", "ar": "ar"}


class Utterance(msgspec.Struct, frozen=True):
    """Who said what, and how many seconds after the beginning."""

    at: float
    who: str
    words: str


def missing() -> list[str]:
    """The programs without which no sound is real."""
    return [each for each in ("espeak-ng", "sox") if shutil.which(each) is None]


async def wav(said: list[Utterance], seconds: float, channels: int, *, real: bool) -> bytes:
    """The sound of a conversation, as long as it was: with two channels, whoever spoke first is on the first."""
    length = int(min(max(seconds, 1.0), _LONGEST) * RATE)
    tracks = [array.array("h", bytes(2 * length)) for _ in range(channels)]
    order = list(dict.fromkeys(each.who for each in said))
    for each in said:
        spoken = await voice(each.words, order.index(each.who)) if real and not missing() else _tone(each)
        track = tracks[min(order.index(each.who), channels - 1)]
        start = min(int(each.at * RATE), length)
        fits = spoken[: length - start]
        track[start : start + len(fits)] = fits
    return packed(tracks)


def packed(tracks: list[array.array[int]]) -> bytes:
    """Tracks of 16-bit samples as a WAV file."""
    if len(tracks) == 1:
        frames = tracks[0]
    else:
        frames = array.array("h", bytes(2 * len(tracks[0]) * len(tracks)))
        for number, track in enumerate(tracks):
            frames[number :: len(tracks)] = track
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(len(tracks))
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(frames.tobytes())
    return out.getvalue()


async def voice(words: str, speaker: int = 0, language: str = "en") -> array.array[int]:
    """Words as a person of that number would say them; kept, since the same is said again and again."""
    key = hashlib.sha256(f"{language}:{speaker}:{words}".encode()).hexdigest()
    kept = Path(tempfile.gettempdir()) / f"polydesk-voice-{key}.raw"
    if not await asyncio.to_thread(kept.exists):
        pitch = str(35 + 20 * (speaker % 4))
        spoken = await _run(
            ["espeak-ng", "-v", _VOICES.get(language, "en"), "-p", pitch, "--stdout", "--stdin"], words.encode()
        )
        raw = await _run(
            ["sox", "-t", "wav", "-", "-t", "raw", "-r", str(RATE), "-e", "signed", "-b", "16", "-c", "1", "-"], spoken
        )
        await asyncio.to_thread(_keep, kept, raw)
    found = array.array("h")
    found.frombytes(await asyncio.to_thread(kept.read_bytes))
    return found


def _keep(place: Path, raw: bytes) -> None:
    part = place.with_suffix(f".{id(raw)}")
    part.write_bytes(raw[: len(raw) // 2 * 2])
    part.replace(place)


async def _run(command: list[str], given: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    out, _error = await process.communicate(given)
    if process.returncode:
        raise OSError(f"{command[0]} ended with {process.returncode}")
    return out


def _tone(said: Utterance) -> array.array[int]:
    pitch = 180 + int(hashlib.sha256(said.who.encode()).hexdigest()[:4], 16) % 300
    second = _second(pitch)
    length = int(max(0.3, len(said.words) / 15.0) * RATE)
    return (second * (length // RATE + 1))[:length]


@cache
def _second(pitch: int) -> array.array[int]:
    # Whole waves only, so that seconds can be put one after the other.
    step = 2 * math.pi * pitch / RATE
    return array.array("h", [int(9000 * math.sin(step * each)) for each in range(RATE)])


def seconds_of(sound: bytes, media_type: str) -> float:
    """How long a piece of sound lasts: exactly for WAV, about so for MP3."""
    if sound[:4] != b"RIFF" or sound[8:12] != b"WAVE":
        return max(1.0, len(sound) / 4000.0) if media_type.startswith("audio/") else 1.0
    place, rate = 12, RATE * 2
    while place + 8 <= len(sound):
        name, size = sound[place : place + 4], struct.unpack_from("<I", sound, place + 4)[0]
        if name == b"fmt ":
            rate = struct.unpack_from("<I", sound, place + 16)[0] or rate
        elif name == b"data":
            return float(min(size, len(sound) - place - 8)) / rate
        place += 8 + size + size % 2
    return 1.0
