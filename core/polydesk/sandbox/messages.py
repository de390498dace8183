"""A message that would have left, put into the outbox of its client."""

from __future__ import annotations

import msgspec

from polydesk.sandbox import service
from polydesk.types import Account, Outgoing, Scope


async def keep(message: Outgoing, account: Account) -> None:
    """Everything the service would have been handed, files by name and size alone."""
    data = {
        "from": message.sender or account.name,
        "account": account.name,
        "author": message.author,
        "copied": [each.value for each in message.copied],
        "files": [{"name": each.name, "type": each.media_type, "bytes": len(each.data)} for each in message.files],
        "reaction": message.reaction,
        "template": msgspec.to_builtins(message.template),
        "choices": [choice.label for choice in message.prompt.choices] if message.prompt else [],
        "pieces": [msgspec.to_builtins(piece) for piece in message.pieces],
        "automatic": message.automatic,
    }
    await service.keep(
        Scope(message.conversation.client, message.conversation.market),
        account.channel,
        f"message:{message.idempotency_key}",
        recipient=", ".join(each.value for each in message.to),
        subject=message.subject or message.conversation.subject,
        text=message.text,
        conversation=message.conversation.id,
        data={name: value for name, value in data.items() if value},
    )
