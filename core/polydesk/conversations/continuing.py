"""A conversation goes on by another way because the contact has left the one it was on."""

from __future__ import annotations

from typing import Any

from polydesk import db
from polydesk.channels import service as channels
from polydesk.contacts import identify
from polydesk.conversations import posting, reaching
from polydesk.types import Handle, Scope


async def by(
    conversation: int,
    *,
    kind: str,
    text: str,
    subject: str = "",
    to: Handle | None = None,
    author: str = "",
    once: str = "",
    copy: bool = False,
) -> int | None:
    """Send words to the contact by an account of the scope that reaches handles of `kind`; the item, or None.

    None when there is no such account, or no handle: give `to` for one that is only claimed. What the contact answers
    there belongs to the same conversation. The same `once` never sends twice: then the answer is None as well. A `copy`
    (a transcript, say) leaves the conversation where it is, still waiting for what it waits for.
    """
    rows = await db.fetch("SELECT * FROM pd_conversation WHERE id = {}", conversation)
    if not rows:
        return None
    row = rows[0]
    found = await _account(row, kind)
    handle = to or await _handle(row, kind)
    if found is None or handle is None:
        return None
    account = await channels.load(found)
    async with db.transaction():
        if once and not await _first(row["client"], once):
            return None
        if subject and not row["subject"]:
            await db.fetch("UPDATE pd_conversation SET subject = {} WHERE id = {}", db.clean(subject)[:500], row["id"])
            row = {**row, "subject": subject}
        item = await posting.post(
            row, account, text, to=(handle,), author=author, more={"automatic": True}, moves=not copy
        )
        if not copy and is_chat(account.channel):
            await reaching.went_out(account, row, (handle,))
    return item


def is_chat(name: str) -> bool:
    """Whether a channel runs on as one thread."""
    found = channels.find_channel(name)
    return found is not None and found[1].capabilities.chat


async def _account(row: dict[str, Any], kind: str) -> int | None:
    """The market's own, then the client's, then any other of the client: better from a neighbour than not at all."""
    rows = await db.fetch(
        "SELECT id, client, market, channel FROM pd_account WHERE client = {} AND enabled = {} "
        "ORDER BY CASE WHEN market = {} THEN 0 WHEN market IS NULL THEN 1 ELSE 2 END, id",
        row["client"],
        True,
        row["market"],
    )
    for each in rows:
        found = channels.find_channel(each["channel"], Scope(each["client"], each["market"]))
        if found and kind in found[1].handle_kinds and found[1].capabilities.starts_conversations:
            return int(each["id"])
    return None


async def _handle(row: dict[str, Any], kind: str) -> Handle | None:
    contact = await identify.load(row["contact"])
    return next((each for each in reversed(contact.handles) if each.kind == kind), None)


async def _first(client: int, once: str) -> bool:
    return bool(
        await db.fetch(
            "INSERT INTO pd_message_key (client, channel, fingerprint, arrival) VALUES ({}, 'continuing', {}, 0) "
            "ON CONFLICT (client, channel, fingerprint) DO NOTHING RETURNING id",
            client,
            once[:64],
        )
    )
