"""What each of Meta's error codes means for a message and for the account (whatsapp.md, section 9)."""

from __future__ import annotations

from typing import Literal

Meaning = Literal["later", "pair", "account", "quality", "final"]

_LATER = {1, 2, 4, 80007, 130429, 131000, 131016, 131057}
_PAIR = {131056}
_ACCOUNT = {0, 3, 10, 33, 190, 131005, 131037, 131042, 131045, *range(200, 300)}
_QUALITY = {368, 130497, 131031, 131048, 131064}
SLOW_DOWN = frozenset({4, 80007, 130429})
"""The number as a whole is too fast."""
GONE = frozenset({131026, 131021, 131030, 130403, 131050})
"""This recipient will not get the next message either."""


def meaning(code: int) -> Meaning:
    """`later`: it passes. `pair`: too fast for this recipient. `account`, `quality`: nothing goes out until an admin
    acts, for the latter with Meta. `final`: this message will not arrive."""
    if code in _LATER:
        return "later"
    if code in _PAIR:
        return "pair"
    if code in _ACCOUNT:
        return "account"
    return "quality" if code in _QUALITY else "final"
