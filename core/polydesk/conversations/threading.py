"""Which conversation a message belongs to: by proof, by reference, by ticket number, by a plugin's word.

References work in any order of arrival: each message leaves behind its own id and those it refers to, so a message that
comes late finds the conversation its answer has already opened.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from polydesk import db
from polydesk.types import Contact, Handle, Message

MOST_REFERENCES = 20


class Thread(msgspec.Struct, frozen=True):
    """The conversation found, and whether the sender was known to take part in it."""

    row: dict[str, Any]
    known_sender: bool


class Running(msgspec.Struct, frozen=True):
    """Of a chat's account: what was solved no longer ago than this is still the same matter."""

    account: int
    solved_since: datetime


def ref(external_id: str) -> str:
    """How an external id is stored: ids have no length limit of their own."""
    return hashlib.sha256(external_id.encode("utf-8", "surrogatepass")).hexdigest()


def lock_keys(client: int, message: Message) -> tuple[str, ...]:
    """Two messages that share a sender or the root of their thread are received one after the other."""
    root = message.references[-1] if message.references else message.external_id
    people = (f"sender:{client}:{each.kind}:{each.value}" for each in (message.sender, *message.also))
    return (*sorted(people), f"thread:{client}:{ref(root)}")


async def find(
    client: int, message: Message, contact: Contact, claimed: int | None, running: Running | None = None
) -> Thread | None:
    """The conversation a message continues, or None for a new one; inside the receiving transaction.

    `running` is given for chats, where what nothing else tells continues the contact's last matter on the account.
    """
    if message.conversation is not None and (row := await _row(client, message.conversation)):
        return Thread(row, await _takes_part(row, message.sender, contact))
    if (thread := await _by_reference(client, message, contact)) is not None:
        return thread
    if message.ticket is not None:
        row = await _row(client, message.ticket)
        if row is not None and await _takes_part(row, message.sender, contact):
            return Thread(row, True)
    if claimed is not None and (row := await _row(client, claimed)):
        return Thread(row, await _takes_part(row, message.sender, contact))
    if running is not None and (row := await _running(contact, running)):
        return Thread(row, True)
    return None


async def remember(client: int, conversation: int, item: int, message: Message) -> None:
    """Leave behind what later messages can be threaded by."""
    wanted = [(message.external_id, True), *((each, False) for each in message.references[:MOST_REFERENCES])]
    seen: dict[str, bool] = {}
    for external_id, own in wanted:
        if external_id:
            seen.setdefault(ref(external_id), own)
    if not seen:
        return
    holes = ", ".join(["({}, {}, {}, {}, {})"] * len(seen))
    values = [part for key, own in seen.items() for part in (client, key, conversation, item, own)]
    await db.fetch(f"INSERT INTO pd_message_ref (client, key, conversation, item, own) VALUES {holes}", *values)


async def remember_own(client: int, conversation: int, item: int, external_id: str) -> None:
    """Leave behind what the service calls a message of ours."""
    await db.fetch(
        "INSERT INTO pd_message_ref (client, key, conversation, item, own) VALUES ({}, {}, {}, {}, {})",
        client,
        ref(external_id),
        conversation,
        item,
        True,
    )


async def item_of(client: int, external_id: str) -> dict[str, Any] | None:
    """The stored item that a service's id names, of this client; None when none does."""
    rows = await db.fetch(
        "SELECT i.* FROM pd_message_ref r JOIN pd_item i ON i.id = r.item WHERE r.client = {} AND r.key = {} "
        "AND r.own = {} LIMIT 1",
        client,
        ref(external_id),
        True,
    )
    return rows[0] if rows else None


async def _by_reference(client: int, message: Message, contact: Contact) -> Thread | None:
    strongest = [ref(each) for each in message.references[:MOST_REFERENCES] if each]
    mine = ref(message.external_id)
    keys = [*strongest, mine]
    holes = ", ".join(["{}"] * len(keys))
    found = await db.fetch(
        "SELECT r.key, r.own, r.conversation, v.contact FROM pd_message_ref r JOIN pd_conversation v "
        f"ON v.id = r.conversation WHERE r.client = {{}} AND r.key IN ({holes})",
        client,
        *keys,
    )
    if not found:
        return None

    def strength(row: dict[str, Any]) -> tuple[bool, int]:
        return not row["own"], keys.index(row["key"])

    for each in sorted(found, key=strength):
        # Anyone may answer a message of this desk's conversations; but to share only a common ancestor with one,
        # or to be the ancestor of one, proves nothing about a stranger.
        proves = bool(each["own"]) and each["key"] != mine
        if proves or each["contact"] == contact.id:
            row = await _row(client, each["conversation"])
            if row is not None:
                return Thread(row, await _takes_part(row, message.sender, contact))
    return None


async def _running(contact: Contact, running: Running) -> dict[str, Any] | None:
    rows = await db.fetch(
        "SELECT v.* FROM pd_reach r JOIN pd_conversation v ON v.id = r.conversation WHERE r.contact = {} "
        "AND r.account = {} AND v.contact = r.contact AND (v.status <> 'solved' OR v.solved_at > {}) "
        "ORDER BY v.last_at DESC LIMIT 1",
        contact.id,
        running.account,
        running.solved_since,
    )
    return rows[0] if rows else None


async def _row(client: int, conversation: int) -> dict[str, Any] | None:
    rows = await db.fetch("SELECT * FROM pd_conversation WHERE id = {} AND client = {}", conversation, client)
    return rows[0] if rows else None


async def _takes_part(row: dict[str, Any], sender: Handle, contact: Contact) -> bool:
    if row["contact"] == contact.id:
        return True
    return bool(
        await db.fetch(
            "SELECT id FROM pd_participant WHERE conversation = {} AND kind = {} AND value = {} AND verified = {}",
            row["id"],
            sender.kind,
            sender.value[:400],
            True,
        )
    )
