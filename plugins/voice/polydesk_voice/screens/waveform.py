"""A waveform as the path of a drawing: one bar up and one down for every point, a channel to each side."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

HEIGHT = 48


class Wave(msgspec.Struct, frozen=True):
    """`path` is for an SVG of `width` by `HEIGHT` * 2."""

    path: str
    width: int


def wave(peaks: Sequence[Sequence[int]]) -> Wave | None:
    """The first channel above the line, the second below it; a single one on both sides."""
    if not peaks or not peaks[0]:
        return None
    above, below = peaks[0], peaks[1] if len(peaks) > 1 else peaks[0]
    loudest = max(1, *above, *below)
    bars = (
        f"M{at} {HEIGHT - _high(up, loudest)}V{HEIGHT + _high(down, loudest)}"
        for at, (up, down) in enumerate(zip(above, below, strict=False))
    )
    return Wave("".join(bars), min(len(above), len(below)))


def _high(peak: int, loudest: int) -> int:
    """Quiet calls fill the picture as well; silence stays a line."""
    return max(1, round((HEIGHT - 2) * peak / loudest)) if peak else 1
