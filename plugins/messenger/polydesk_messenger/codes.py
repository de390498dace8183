"""What each of Graph's errors means for a message and for the account (messenger_instagram.md, section 6)."""

from __future__ import annotations

from typing import Literal

Meaning = Literal["later", "slower", "account", "taken", "final"]

_WINDOW = {2018278, 2534022}
_RESTRICTED = {1893063}
_TAKEN = {2018300, 2018321}
_LATER = {1, 2}
_SLOWER = {4, 17, 32, 613, *range(80001, 80007)}
_ACCOUNT = {3, 10, 102, 190, *range(200, 300)}


def meaning(code: int, subcode: int) -> Meaning:
    """`slower`: too many calls. `account`: an admin has to act first. `taken`: another app has the thread."""
    if subcode in _WINDOW:
        return "final"
    if subcode in _RESTRICTED:
        return "account"
    if code in _TAKEN or subcode in _TAKEN:
        return "taken"
    if code in _LATER:
        return "later"
    if code in _SLOWER:
        return "slower"
    return "account" if code in _ACCOUNT else "final"
