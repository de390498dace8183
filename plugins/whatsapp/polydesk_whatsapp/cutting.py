"""Words that must fit: long texts in parts at the ends of sentences, labels cut so that they stay different."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ENDS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"[.!?…。！？؟۔]+[\"'”»)\]]*\s"), re.compile(r"\s"))


def parts(text: str, most: int) -> list[str]:
    """The text in pieces of at most `most` characters: at paragraphs, else lines, sentences, words, else anywhere."""
    found = []
    rest = text.strip()
    while len(rest) > most:
        end = _end(rest, most)
        found.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*found, rest] if rest else found


def _end(text: str, most: int) -> int:
    for pattern in _ENDS:
        ends = [each.end() for each in pattern.finditer(text[: most + 1]) if len(text[: each.end()].rstrip()) <= most]
        # An early paragraph would leave a stump; then the next smaller unit is looked at.
        if ends and ends[-1] > most // 2:
            return ends[-1]
    return most


def short(text: str, most: int) -> str:
    """One line, with "…" for what does not fit."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def different(labels: Sequence[str], most: int) -> list[str]:
    """Each label short, and none the same as another: those that became so are numbered."""
    found: list[str] = []
    for label in labels:
        cut, number = short(label, most) or "-", 2
        while cut in found:
            mark = f" {number}"
            cut, number = short(label, most - len(mark)) + mark, number + 1
        found.append(cut)
    return found
