"""Typing and read, as Meta takes them: both name the message they answer."""

from __future__ import annotations

from typing import Any

from polydesk.types import Account, Sign
from polydesk_whatsapp import graph


async def send(sign: Sign, account: Account) -> None:
    """Typing marks as read too: Meta knows no other way."""
    if not sign.external_id:
        return
    body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": sign.external_id}
    if sign.kind == "typing":
        body["typing_indicator"] = {"type": "text"}
    await graph.call(account.settings, "POST", f"{account.settings.phone_number_id}/messages", json=body, seconds=5.0)
