"""Which charset undeclared bytes are in, judged by whether the letters they would be form words of a living script.

Statistical detectors want a page of text; here it is often one word in a header. So each candidate is asked how usual
its characters would be in that place: an upper-case letter after a lower-case one, or a rare Chinese character, is not.
"""

from __future__ import annotations

from collections.abc import Callable

_SAMPLE = 3_000
_OFTEN = frozenset("оеаинтсрвлкмдпуіяыьгзбчй")
_WESTERN = frozenset("àâäáãåæçèéêëìíîïñòóôöõøœùúûüýÿßÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜÝ")
_CENTRAL = frozenset("ąćęłńóśźżáčďéěíňřšťúůýžäöüőűôĺľŕăâîșțşţĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽÄÖÜŐŰ")
_MARKS = frozenset("\u00a0«»“”„‘’‚–—…•€£§©®°·№")


def encoding(data: bytes) -> str:
    """The likeliest candidate; Western European when nothing speaks for another."""
    best, most = "cp1252", 0.0
    sample = _around(data)
    for name, usual in _CANDIDATES:
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        score = _score(text, usual)
        if score > most:
            best, most = name, score
    return best


def _around(data: bytes) -> bytes:
    """Enough bytes from the first that is not ASCII on; an even cut keeps most pairs whole."""
    start = next((at for at, byte in enumerate(data) if byte > 127), 0)
    sample = data[max(0, start - 1) : start + _SAMPLE]
    while len(data) > _SAMPLE and sample and sample[-1] > 127:
        sample = sample[:-1]
    return sample


def _score(text: str, usual: Callable[[str, str, str], float]) -> float:
    total, count = 0.0, 0
    for at, character in enumerate(text):
        if character < "\x80":
            continue
        count += 1
        if character in _MARKS:
            total += 0.6
        elif "\x80" <= character < "\xa0" or character == "\ufffd":
            total -= 1.0
        else:
            total += usual(character, text[at - 1 : at], text[at + 1 : at + 2])
    return total / count if count else 0.0


def _alone(before: str, after: str) -> bool:
    """Not beside an ASCII letter: words of other scripts do not mix with Latin ones."""
    return not (before.isascii() and before.isalpha()) and not (after.isascii() and after.isalpha())


def _cyrillic(character: str, before: str, after: str) -> float:
    if not ("\u0400" <= character <= "\u045f" or character in "ґҐ") or not _alone(before, after):
        return -1.0
    if character.islower():
        return 1.0 if character in _OFTEN else 0.7
    return 0.1 if before.islower() else 0.6


def _greek(character: str, before: str, after: str) -> float:
    if not "\u0384" <= character <= "\u03ce" or not _alone(before, after):
        return -1.0
    if character.islower():
        return 0.9
    return 0.0 if before.islower() else 0.5


def _hebrew(character: str, before: str, after: str) -> float:
    if not "\u05d0" <= character <= "\u05ea" or not _alone(before, after):
        return -1.0
    return -1.0 if character in "םןץףך" and "\u05d0" <= after <= "\u05ea" else 0.97


def _latin(letters: frozenset[str], weight: float, among_its_own: float) -> Callable[[str, str, str], float]:
    def usual(character: str, before: str, after: str) -> float:
        if character not in letters:
            return -0.5
        if _alone(before, after):
            return among_its_own if (before + after).strip().isalpha() else weight * 0.7
        return weight

    return usual


def _within(first: str, last: str, weight: float) -> Callable[[str, str, str], float]:
    def usual(character: str, before: str, after: str) -> float:
        return weight if first <= character <= last and _alone(before, after) else -0.5

    return usual


def _korean(character: str, before: str, after: str) -> float:
    """Nearly every Korean text is possible Chinese; but it has spaces between words."""
    if not "\uac00" <= character <= "\ud7a3" or not _in_national_set(character):
        return -0.5
    return 1.0 if " " in (before, after) else 0.94


def _in_national_set(character: str) -> bool:
    try:
        return len(character.encode("euc_kr")) == 2
    except UnicodeEncodeError:
        return False


def _chinese(name: str, first: int, last: int) -> Callable[[str, str, str], float]:
    """Both national sets put the characters in daily use first."""

    def usual(character: str, _before: str, _after: str) -> float:
        if "\u3000" <= character <= "\u303f" or "\uff01" <= character <= "\uff5e":
            return 0.7
        if not "\u4e00" <= character <= "\u9fff":
            return -0.5
        lead = character.encode(name)[0]
        return 0.95 if first <= lead <= last else 0.2

    return usual


def _japanese(character: str, _before: str, _after: str) -> float:
    if "\u3041" <= character <= "\u30ff" or "\u3000" <= character <= "\u3002":
        return 1.0
    return 0.6 if "\u4e00" <= character <= "\u9fff" else -0.5


_CANDIDATES: tuple[tuple[str, Callable[[str, str, str], float]], ...] = (
    ("cp1252", _latin(_WESTERN, 0.9, 0.2)),
    ("cp1251", _cyrillic),
    ("koi8-r", _cyrillic),
    ("gb18030", _chinese("gb18030", 0xB0, 0xD7)),
    ("big5", _chinese("big5", 0xA4, 0xC6)),
    ("cp932", _japanese),
    ("euc_jp", _japanese),
    ("cp949", _korean),
    ("cp1250", _latin(_CENTRAL, 0.85, 0.6)),
    ("cp1253", _greek),
    ("cp1255", _hebrew),
    ("cp1256", _within("\u060c", "\u06d2", 0.9)),
    ("cp874", _within("\u0e01", "\u0e5b", 0.9)),
)
