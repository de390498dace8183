"""What a typed answer looks like, written as anybody would: `#####` is five digits, `AB-#+` is AB- and digits."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_MOST = 60
_LONGEST_ANSWER = 300
_SIGNS = {"#": r"\d", "@": r"[^\W\d_]", "*": r"[^\W_]"}


def usable(shape: str) -> bool:
    """Can answers be compared with it? At most three repeated parts to an alternative, so that none takes long."""
    return len(shape) <= _MOST and all(
        part.strip() and part.count("+") <= 3 and not re.search(r"\+\+|^\+", part.strip())
        for part in shape.split("|")
        if shape
    )


def match(shape: str, text: str) -> str | None:
    """The part of an answer that has the shape, digits made plain; None when nothing in it has.

    `#` is a digit, `@` a letter, `*` either, `+` one or more of what stands before it, `|` parts alternatives; any
    other sign is itself, and case does not matter. An empty shape takes everything.
    """
    plain = "".join(str(unicodedata.digit(sign, sign)) for sign in text.strip()[:_LONGEST_ANSWER])
    if not shape.strip():
        return plain or None
    found = _compiled(shape).search(plain)
    return found[0] if found else None


def example(shape: str) -> str:
    """An answer that would do, for the test run and the outline."""
    first = shape.partition("|")[0].strip()
    digits = iter("48207136594820713659" * 4)
    out = ""
    for sign in first:
        if sign == "+":
            out += "".join(next(digits) for _ in range(4)) if out[-1:].isdigit() else out[-1:] * 2
        else:
            out += next(digits) if sign in "#*" else "K" if sign == "@" else sign
    return out


@lru_cache(maxsize=500)
def _compiled(shape: str) -> re.Pattern[str]:
    parts = []
    for part in shape.split("|"):
        signs = [_SIGNS.get(sign, "+" if sign == "+" else re.escape(sign)) for sign in part.strip()]
        parts.append("".join(signs))
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(parts)})(?![^\W_])", re.IGNORECASE)
