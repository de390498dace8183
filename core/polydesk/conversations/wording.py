"""The words of a message as lists and hooks are given them."""

from __future__ import annotations

from polydesk import db
from polydesk.types import Message

_PREVIEW = 200


def visible_text(message: Message) -> str:
    """The words without repeated history."""
    end = message.quote_starts_at
    return message.text if end < 0 else (message.text[:end].rstrip() or message.text)


def preview_of(text: str) -> str:
    """The first words, on one line."""
    return db.clean(" ".join(text[: _PREVIEW * 3].split()))[:_PREVIEW]
