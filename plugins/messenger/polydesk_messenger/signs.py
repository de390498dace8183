"""Typing and read."""

from __future__ import annotations

from polydesk.types import Account, Sign
from polydesk_messenger import graph, people


async def send(sign: Sign, account: Account) -> None:
    """Both concern a person, not a message."""
    action = "typing_on" if sign.kind == "typing" else "mark_seen"
    body = {"recipient": {"id": people.scoped(account, (sign.to,))}, "sender_action": action}
    await graph.call(account.settings, "POST", f"{graph.node(account)}/messages", json=body, seconds=5.0)
