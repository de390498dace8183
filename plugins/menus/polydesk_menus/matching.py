"""Which choice somebody meant by what they typed, in any script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

_LONG = 400


@lru_cache(maxsize=5000)
def fold(text: str) -> str:
    """Words as they are compared: no case, accents or punctuation, plain digits, single spaces around and between."""
    spread = unicodedata.normalize("NFKD", text[:_LONG].casefold())
    kept = "".join(
        str(unicodedata.digit(sign, sign)) if sign.isalnum() else " "
        for sign in spread
        if not unicodedata.combining(sign)
    )
    return f" {' '.join(kept.split())} "


def split(listed: str) -> list[str]:
    """Words an admin listed with commas, in whichever script the comma is."""
    return [part.strip() for part in re.split(r"[,،、;\n]", listed) if part.strip()]


def says(text: str, words: Iterable[str]) -> bool:
    """Does the text hold any of these words or phrases, as whole words? One that ends in `*` may go on."""
    folded = fold(text)
    for each in words:
        wanted = fold(each.rstrip("*"))
        if wanted.strip() and (wanted[:-1] if each.endswith("*") else wanted) in folded:
            return True
    return False


def which(text: str, labels: Sequence[str], also: Sequence[Sequence[str]]) -> int | None:
    """The place of the one choice that was meant: by number, by its label, then by further words; None if unclear."""
    folded = fold(text)
    if re.fullmatch(r" \d{1,2} ", folded):
        number = int(folded)
        return number - 1 if 1 <= number <= len(labels) else None
    by_label = [place for place, label in enumerate(labels) if fold(label) == folded and label.strip()]
    if by_label:
        return by_label[0]
    by_words = [place for place, words in enumerate(also) if says(text, words)]
    if len(by_words) == 1:
        return by_words[0]
    held = [place for place, label in enumerate(labels) if len(label) > 3 and says(text, [label])]
    return held[0] if len(held) == 1 else None
