"""When the chat speaks first: by page, time on it, how far it was read, and whether the visitor came back."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from polydesk.errors import Invalid
from polydesk.i18n import _

_LINE = re.compile(r"(\S+)((?:\s+[^:\s]+)*)\s*:\s+(.+)")
_WORD = re.compile(r"after=(\d+)|scroll=(\d+)|(new|returning)|\[([\w-]+)\]")


class Rule(msgspec.Struct, omit_defaults=True):
    """All conditions must hold. `words` by language; "" is for every other."""

    page: str
    after: int = 0
    scroll: int = 0
    who: Literal["", "new", "returning"] = ""
    words: dict[str, str] = {}


def read(lines: str) -> list[Rule]:
    """Lines such as "/basket* after=30 returning: May we help?" and "/basket* after=30 returning [fr]: …"."""
    found: dict[tuple[object, ...], Rule] = {}
    for line in filter(None, (each.strip() for each in lines.splitlines())):
        matched = _LINE.fullmatch(line)
        words = [_WORD.fullmatch(word) for word in matched[2].split()] if matched else []
        if matched is None or not all(words):
            raise Invalid(
                {"invitations": _("“%(line)s” is not understood: write “/basket* after=30: words”.", line=line)}
            )
        rule, language = Rule(page=matched[1]), ""
        for word in filter(None, words):
            rule.after = int(word[1] or rule.after)
            rule.scroll = min(100, int(word[2] or rule.scroll))
            rule.who = word[3] or rule.who  # type: ignore[assignment]
            language = word[4] or language
        same = found.setdefault((rule.page, rule.after, rule.scroll, rule.who), rule)
        same.words[language] = matched[3]
    return list(found.values())
