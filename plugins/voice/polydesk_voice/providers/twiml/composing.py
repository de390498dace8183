"""Write the music of lines that have none: `python -m polydesk_voice.providers.twiml.composing`.

Ours from the first note to the last, so that nobody need be paid for it; it ends where it begins.
"""

from __future__ import annotations

import array
import math
import struct
from pathlib import Path

from polydesk_voice.providers.twiml.music import FILE, SECONDS

_RATE = 8000
_CHORDS = ("A2 E3 A3 C4 E4", "F2 C3 A3 C4 F4", "C3 G3 C4 E4 G4", "G2 D3 B3 D4 G4", "D3 A3 D4 F4 A4") * 2
_STEPS = {"C": -9, "D": -7, "E": -5, "F": -4, "G": -2, "A": 0, "B": 2}
_LOUD = 0.3
_CLIP = 32635


def compose() -> bytes:
    """One chord every two seconds, broken into eight notes; a µ-law WAV."""
    length = _RATE * SECONDS
    sound = array.array("d", bytes(8 * length))
    for bar, chord in enumerate(_CHORDS):
        notes = chord.split()
        for eighth, place in enumerate((0, 2, 3, 4, 1, 3, 4, 2)):
            _pluck(sound, _pitch(notes[place]), int((bar * 2.0 + eighth * 0.25) * _RATE), 1.0 if eighth == 0 else 0.7)
    frames = bytes(_law(int(each * 32767)) for each in sound)
    kind = struct.pack("<HHIIHHH", 7, 1, _RATE, _RATE, 1, 8, 0)
    parts = b"".join(name + struct.pack("<I", len(it)) + it for name, it in ((b"fmt ", kind), (b"data", frames)))
    return b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WAVE" + parts


def _pitch(note: str) -> float:
    return 440.0 * math.pow(2.0, (_STEPS[note[0]] + 12 * (int(note[1]) - 4)) / 12)


def _pluck(sound: array.array[float], pitch: float, start: int, force: float) -> None:
    """A note that fades away, over the end of the piece into its beginning."""
    for at in range(int(1.6 * _RATE)):
        moment = at / _RATE
        loud = _LOUD * force * min(1.0, moment / 0.012) * math.exp(-2.6 * moment)
        wave = math.sin(math.tau * pitch * moment) + 0.35 * math.exp(-3 * moment) * math.sin(
            math.tau * 2 * pitch * moment
        )
        sound[(start + at) % len(sound)] += loud * wave


def _law(sample: int) -> int:
    """One sample as ITU-T G.711 µ-law."""
    sign = 0x80 if sample < 0 else 0
    size = min(abs(sample), _CLIP) + 132
    exponent = size.bit_length() - 8
    return ~(sign | exponent << 4 | size >> exponent + 3 & 0x0F) & 0xFF


if __name__ == "__main__":
    Path(FILE).write_bytes(compose())
