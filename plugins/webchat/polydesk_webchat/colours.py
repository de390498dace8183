"""From the admin's one colour to pairs of ink and ground that can be read (WCAG AA)."""

from __future__ import annotations

import re

HEX = re.compile(r"#[0-9a-fA-F]{6}")
_READABLE = 4.5
_LIGHT, _DARK = (255, 255, 255), (23, 24, 27)
Colour = tuple[int, int, int]


def stylesheet(colour: str) -> str:
    """The custom properties a chat is coloured with, in the light and in the dark."""
    chosen = _parse(colour)
    ink = _LIGHT if contrast(chosen, _LIGHT) >= contrast(chosen, _DARK) else _DARK
    # A middling colour is read by neither ink: it is moved until one can be.
    ground = _until_readable(chosen, ink)
    in_light, in_dark = _until_readable(chosen, _LIGHT), _until_readable(chosen, (34, 36, 40))
    return (
        f":root{{--brand:{_hex(ground)};--on-brand:{_hex(ink)};"
        f"--brand-ink:light-dark({_hex(in_light)},{_hex(in_dark)});"
        f"--brand-soft:light-dark({_hex(_mix(chosen, _LIGHT, 0.9))},{_hex(_mix(chosen, _DARK, 0.8))})}}"
    )


def pair(colour: str) -> tuple[str, str]:
    """The ground and the ink of the launcher."""
    chosen = _parse(colour)
    ink = _LIGHT if contrast(chosen, _LIGHT) >= contrast(chosen, _DARK) else _DARK
    return _hex(_until_readable(chosen, ink)), _hex(ink)


def contrast(one: Colour, other: Colour) -> float:
    """The ratio of WCAG 2."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _until_readable(colour: Colour, against: Colour) -> Colour:
    towards = (0, 0, 0) if _luminance(against) > 0.4 else _LIGHT
    for step in range(21):
        moved = _mix(colour, towards, step / 20)
        if contrast(moved, against) >= _READABLE:
            return moved
    return towards


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a * (1 - share) + b * share) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _parse(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
