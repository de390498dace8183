"""Telephone numbers as people write them."""

from __future__ import annotations

import re

PHONE = "phone"
"""The kind of handle a number is, on every channel."""


def number_of(written: str) -> str:
    """A number without what people put between its digits; other words stay as they are."""
    plain = re.sub(r"[\s().\-/\u200e\u200f\u202a-\u202e]", "", written)
    plain = "+" + plain[2:] if re.fullmatch(r"00[0-9]{6,15}", plain) else plain
    return plain[:100]


def is_number(written: str) -> bool:
    """Is it one with its country, in whatever spelling?"""
    return re.fullmatch(r"\+[0-9]{6,15}", number_of(written)) is not None
