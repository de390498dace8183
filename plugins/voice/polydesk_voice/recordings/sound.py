"""What sound is, how long, and what it looks like; nothing is converted."""

from __future__ import annotations

import io
import sys
import wave
from array import array

import msgspec

POINTS = 400
_LOOKED_AT = 600
_TYPES = {1: "b", 2: "h", 4: "i"}


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """`peaks` has a row for each channel, of at most `POINTS` numbers from 0 to 100; none when it cannot be seen."""

    media_type: str
    seconds: float = 0.0
    channels: int = 1
    peaks: tuple[tuple[int, ...], ...] = ()


def look(data: bytes) -> Sound | None:
    """None when these bytes are no sound that browsers play."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        try:
            return _wave(data)
        except (wave.Error, EOFError, ValueError, ZeroDivisionError):
            # Compressed inside (mu-law, say): browsers play it, we cannot see it.
            return Sound(media_type="audio/wav")
    if data[:3] == b"ID3" or (len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0):
        return Sound(media_type="audio/mpeg")
    return Sound(media_type="audio/ogg") if data[:4] == b"OggS" else None


def _wave(data: bytes) -> Sound:
    with wave.open(io.BytesIO(data)) as file:
        channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
        frames = file.readframes(file.getnframes())
    count = len(frames) // (channels * width)
    return Sound(
        media_type="audio/wav",
        seconds=count / rate,
        channels=channels,
        peaks=_peaks(frames[: count * channels * width], channels, width) if width in _TYPES and count else (),
    )


def _peaks(frames: bytes, channels: int, width: int) -> tuple[tuple[int, ...], ...]:
    samples = array(_TYPES[width])
    # A sample of one byte is unsigned, with silence in the middle.
    samples.frombytes(frames.translate(_SIGNED) if width == 1 else frames)
    if sys.byteorder == "big" and width > 1:
        samples.byteswap()
    full = float(1 << (8 * width - 1))
    return tuple(_row(samples[channel::channels], full) for channel in range(channels))


_SIGNED = bytes((value + 128) % 256 for value in range(256))


def _row(samples: array[int], full: float) -> tuple[int, ...]:
    """The loudest of each stretch; of a long one, some hundred samples tell as much as all of them."""
    points = min(POINTS, len(samples))
    row = []
    for point in range(points):
        begins, ends = len(samples) * point // points, len(samples) * (point + 1) // points
        part = samples[begins : ends : max(1, (ends - begins) // _LOOKED_AT)]
        loudest = max(abs(min(part)), abs(max(part)))
        row.append(min(100, round(100 * loudest / full)))
    return tuple(row)
