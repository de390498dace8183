"""Read stories.txt: who wrote what to whom, and what became of it."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from polydesk.types import Handle

End = Literal["open", "waiting", "solved", "snoozed", "urgent"]
_SENDER = re.compile(r"(.+?) <(.+)>")
_LINE = re.compile(r"([<>#+])(\d*) (.*)")


class Line(msgspec.Struct):
    """`kind` is "in", "out" or "note"; `hours` passed since the line before."""

    kind: Literal["in", "out", "note"]
    hours: int
    text: str
    files: list[str] = []


class Story(msgspec.Struct):
    """One conversation."""

    office: str
    language: str
    sender: Handle
    subject: str
    tags: tuple[str, ...]
    end: End
    lines: list[Line] = []


_KINDS: dict[str, Literal["in", "out", "note"]] = {">": "in", "<": "out", "#": "note"}


@cache
def stories() -> tuple[Story, ...]:
    """Every story, in the order of the file."""
    found: list[Story] = []
    for number, line in enumerate((files("polydesk.demo") / "stories.txt").read_text("utf-8").splitlines(), 1):
        if line.startswith("@ "):
            found.append(_head(line))
        elif found and line.startswith("  "):
            found[-1].lines[-1].text += "\n" + line.strip()
        elif found and (parts := _LINE.fullmatch(line)):
            sign, hours, text = parts.groups()
            if sign == "+":
                found[-1].lines[-1].files.append(text)
            else:
                found[-1].lines.append(Line(_KINDS[sign], int(hours or 0), text))
        elif found and line:
            raise ValueError(f"stories.txt, line {number}: {line}")
    return tuple(found)


def _head(line: str) -> Story:
    place, sender, subject, tags, end = (part.strip() for part in line[2:].split("|"))
    office, language = place.split()
    parts = _SENDER.fullmatch(sender)
    if parts is None:
        raise ValueError(f"stories.txt: {sender} is no sender")
    return Story(
        office=office,
        language=language,
        sender=Handle("email", parts[2], parts[1]),
        subject=subject,
        tags=tuple(tags.split()),
        end=msgspec.convert(end, End),
    )
