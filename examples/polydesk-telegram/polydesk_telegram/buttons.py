"""Buttons below a message: what stands on them, and the answer Telegram waits for after one was pressed."""

from __future__ import annotations

from typing import Any

from polydesk import http
from polydesk.channels import service as channels
from polydesk.types import Choice, Conversation, Item
from polydesk_telegram import api
from polydesk_telegram.api import BotApiFailure

PRESSED = "callback:"
"""What a message is named by that came of a button."""
_MOST_BYTES = 64
"""What a button may carry."""


def keyboard(choices: tuple[Choice, ...]) -> dict[str, Any] | None:
    """One below the other: labels are sentences in some languages."""
    if not choices:
        return None
    rows = [[{"text": each.label, "callback_data": _data(place, each)}] for place, each in enumerate(choices, 1)]
    return {"inline_keyboard": rows}


def _data(place: int, choice: Choice) -> str:
    """The value; one that does not fit is known by its place, and then by its label."""
    fits = len(choice.value.encode()) <= _MOST_BYTES and choice.value and not choice.value.startswith("#")
    return choice.value if fits else f"#{place}"


async def seen(conversation: Conversation, item: Item) -> None:
    """Telegram shows a pressed button turning until it is answered. If that fails, it stops by itself."""
    named = str(item.data.get("external_id") or "")
    if not named.startswith(PRESSED) or conversation.account is None:
        return
    account = await channels.load(conversation.account)
    pressed = named.removeprefix(PRESSED)
    try:
        await api.call(account.settings, "answerCallbackQuery", callback_query_id=pressed, seconds=1.5)
    except (http.NotReached, http.NoAnswer, http.TooLarge, BotApiFailure):
        return
