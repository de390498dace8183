"""Put a message of ours into a conversation: its item and the job that delivers it, in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from polydesk import db, jobs, live
from polydesk.channels import service as channels
from polydesk.conversations import threading
from polydesk.conversations.wording import preview_of
from polydesk.timeline import service as timeline
from polydesk.types import Account, Handle

TAKEN_BACK = "-"
"""How a channel is told that our sign on a message goes away."""


async def post(
    row: dict[str, Any],
    account: Account,
    text: str,
    *,
    to: tuple[Handle, ...],
    copied: tuple[Handle, ...] = (),
    person: int | None = None,
    author: str = "",
    more: dict[str, Any] | None = None,
    moves: bool = True,
) -> int:
    """The new item's id; inside a transaction. `row` is the stored conversation, `more` goes into the item's data.

    The conversation goes on where this message goes: its channel and account become the message's. One that does not
    move it is a mere copy for the contact, and answers nothing. What a person says ends a machine's questions.
    """
    data = {
        "channel": account.channel,
        "account": account.id,
        "to": to,
        "copied": copied,
        "subject": row["subject"],
        "author": author,
        **(more or {}),
    }
    item = await timeline.append(
        "message",
        client=row["client"],
        contact=row["contact"],
        conversation=row["id"],
        direction="out",
        person=person,
        text=text,
        data={name: value for name, value in data.items() if value not in ("", (), None, False, {})},
    )
    await _queue_delivery(row, account, item)
    if moves:
        await db.fetch(
            "UPDATE pd_conversation SET messages = messages + 1, awaits_reply = {}, asking = (asking AND {}), "
            "preview = {}, last_at = {}, channel = {}, account = {} WHERE id = {}",
            False,
            person is None,
            preview_of(text),
            datetime.now(UTC),
            account.channel,
            account.id,
            row["id"],
        )
    live.signal(row["client"], "conversation", row["id"])
    live.signal(row["client"], "inbox", row["id"])
    return item


async def sign(
    row: dict[str, Any],
    account: Account,
    on: int,
    sign: str,
    *,
    to: tuple[Handle, ...],
    person: int,
    author: str,
) -> int:
    """A reaction of ours on a message; its item. Inside a transaction."""
    item = await timeline.append(
        "reaction",
        client=row["client"],
        contact=row["contact"],
        conversation=row["id"],
        direction="out",
        person=person,
        data={
            "item": on,
            "sign": sign,
            "by": author,
            "channel": account.channel,
            "account": account.id,
            "to": to,
            "quotes": on,
            "reaction": sign or TAKEN_BACK,
        },
    )
    await _queue_delivery(row, account, item)
    live.signal(row["client"], "conversation", row["id"])
    return item


async def _queue_delivery(row: dict[str, Any], account: Account, item: int) -> None:
    found = channels.find_channel(account.channel)
    external_id = found[1].message_id(account, row["id"], item) if found else ""
    await db.fetch(
        "INSERT INTO pd_delivery (client, conversation, item, account, state, external_id, changed_at) "
        "VALUES ({}, {}, {}, {}, 'queued', {}, {})",
        row["client"],
        row["id"],
        item,
        account.id,
        external_id,
        datetime.now(UTC),
    )
    if external_id:
        await threading.remember_own(row["client"], row["id"], item, external_id)
    await jobs.enqueue("outbound.deliver", {"item": item}, key=f"deliver:{item}", client=row["client"])
