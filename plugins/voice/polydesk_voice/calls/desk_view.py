"""What one agent needs to see of their own call: who it is before answering, and what can be done while talking."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from polydesk import db
from polydesk.contacts import identify, outside
from polydesk.conversations import attending
from polydesk.queues import service as queues
from polydesk.staff.access import Viewer
from polydesk.types import Contact, Conversation, ItemDraft
from polydesk_voice.lists import results
from polydesk_voice.lists.settings import Result
from polydesk_voice.phones import service as phones
from polydesk_voice.phones.service import Phone

_EARLIER, _ORDERS = 3, 2


class Earlier(msgspec.Struct, frozen=True):
    """A conversation they had before."""

    id: int
    subject: str
    status: str
    channel: str
    at: datetime


class Other(msgspec.Struct, frozen=True):
    """Somebody else in the call, or on the way into it."""

    name: str
    up: bool
    listens: bool


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One's phone, and the call that has it."""

    phone: Phone
    call: dict[str, Any]
    contact: Contact
    conversation: Conversation
    queue: str
    mine: dict[str, Any] | None
    earlier: tuple[Earlier, ...] = ()
    outside: tuple[ItemDraft, ...] = ()
    others: tuple[Other, ...] = ()
    results: tuple[Result, ...] = ()

    @property
    def held(self) -> bool:
        """Does the customer hear music?"""
        return bool(self.call["state"] == "held")


async def bar(viewer: Viewer) -> Bar | None:
    """The call that has one's phone; None while there is none."""
    phone = await phones.of(viewer.id)
    if phone.call is None or phone.state == "idle":
        return None
    found = await db.fetch("SELECT * FROM voice_call WHERE id = {}", phone.call)
    if not found or not found[0]["conversation"] or not viewer.sees(found[0]["client"], found[0]["market"]):
        return None
    call = found[0]
    legs = await db.fetch(
        "SELECT l.*, p.name AS person_name FROM voice_leg l LEFT JOIN pd_person p ON p.id = l.person "
        "WHERE l.call = {} AND l.state <> 'ended' ORDER BY l.id",
        call["id"],
    )
    contact = await identify.load(call["contact"])
    rings = phone.state == "ringing"
    return Bar(
        phone=phone,
        call=call,
        contact=contact,
        conversation=await attending.load(call["conversation"]),
        queue=await queues.name_of(call["queue"]) if call["queue"] else "",
        mine=next((each for each in legs if each["person"] == viewer.id), None),
        earlier=await _earlier(viewer, call) if rings else (),
        outside=await _outside(contact) if rings else (),
        others=tuple(
            Other(
                each["person_name"] or each["endpoint"].partition(":")[2],
                each["state"] == "up",
                each["role"] == "listener",
            )
            for each in legs
            if each["role"] != "contact" and each["person"] != viewer.id
        ),
        results=await results.choices(call["list_entry"]) if call["list_entry"] else (),
    )


async def _earlier(viewer: Viewer, call: dict[str, Any]) -> tuple[Earlier, ...]:
    rows = await db.fetch(
        "SELECT v.id, v.subject, v.preview, v.status, v.channel, v.last_at FROM pd_conversation v "
        f"WHERE v.contact = {{}} AND v.id <> {{}} AND ({viewer.bound('v')}) ORDER BY v.last_at DESC LIMIT {_EARLIER}",
        call["contact"],
        call["conversation"],
    )
    return tuple(
        Earlier(row["id"], row["subject"] or row["preview"], row["status"], row["channel"], row["last_at"])
        for row in rows
    )


async def _outside(contact: Contact) -> tuple[ItemDraft, ...]:
    """The last orders, rides…, as other plugins know them."""
    drafts = [item for source in await outside.known_outside(contact) for item in source.items]
    return tuple(sorted(drafts, key=lambda each: each.occurred_at, reverse=True)[:_ORDERS])
