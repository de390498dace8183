"""What of a recording can be searched: text without case and accents, split into words."""

from __future__ import annotations

import re
import unicodedata

_MOST = 4000


def fold(text: str) -> list[str]:
    """The words of a text, as they are stored and as they are looked for."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(each for each in spread if not unicodedata.combining(each)))


def folded(*texts: str) -> str:
    """Many texts as one line of words; of a number its digits, too, without what stands between them."""
    words = [word for text in texts for word in fold(text)]
    return " ".join(words)[:_MOST]


def matching(text: str, dialect: str) -> str:
    """A query of the full-text index: every word of `text` begins a word there. "" when there is no word in it."""
    words = [word[:100] for word in fold(text)][:12]
    if dialect == "sqlite":
        return " ".join(f'"{word}"*' for word in words)
    return " & ".join(f"{word}:*" for word in words)
