"""Telephone numbers as handles, and senders that are none."""

from __future__ import annotations

import re

from polydesk.types import Handle

PHONE, NAME = "phone", "sms_name"
_E164 = re.compile(r"\+[1-9]\d{6,14}")


def normal(written: str) -> str:
    """E.164 of a number written in any way with its country; "" when it is none."""
    plain = re.sub(r"[\s().\-/]", "", written.strip())
    plain = "+" + plain[2:] if plain.startswith("00") else plain
    return plain if _E164.fullmatch(plain) else ""


def sender(given: str) -> Handle:
    """Who wrote. Short codes and names (`INFOSMS`) cannot be answered, so they are no telephone numbers."""
    number = normal(given)
    return Handle(PHONE, number) if number else Handle(NAME, given.strip()[:100] or "?", given.strip()[:100])
