"""By which ways a contact can be reached, and for how long the chats among them stay open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from polydesk import db
from polydesk.channel import Channel
from polydesk.channels import service as channels
from polydesk.types import Account, Contact, Handle, Message, Scope, Text


class Window(msgspec.Struct, frozen=True):
    """Until when anything may be sent, and until when a person still may; None where the channel has no such end."""

    closes_at: datetime | None = None
    late_until: datetime | None = None

    @property
    def state(self) -> str:
        """ "open", "late" (a person may still answer) or "closed"."""
        now = datetime.now(UTC)
        if self.closes_at is None or now < self.closes_at:
            return "open"
        return "late" if self.late_until is not None and now < self.late_until else "closed"


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """An account that could carry a reply, and the contact's handles there, the one used last first."""

    account: int
    account_name: str
    channel: str
    label: Text
    icon: str
    handles: tuple[Handle, ...]


async def remember(account: Account, row: dict[str, Any], contact: Contact, message: Message) -> None:
    """The contact wrote here, about this; by the service's clock, since its windows run by that."""
    now = datetime.now(UTC)
    wrote_at = min(message.sent_at or now, now)
    await db.fetch(
        "INSERT INTO pd_reach (client, contact, account, kind, value, name, conversation, last_in_at, "
        "last_external_id) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (account, kind, value) DO UPDATE "
        "SET contact = EXCLUDED.contact, conversation = EXCLUDED.conversation, name = EXCLUDED.name, "
        "last_external_id = EXCLUDED.last_external_id, last_in_at = CASE WHEN pd_reach.last_in_at IS NULL "
        "OR pd_reach.last_in_at < EXCLUDED.last_in_at THEN EXCLUDED.last_in_at ELSE pd_reach.last_in_at END",
        account.client,
        contact.id,
        account.id,
        message.sender.kind,
        db.clean(message.sender.value)[:400],
        db.clean(message.sender.name)[:300],
        row["id"],
        wrote_at,
        db.clean(message.external_id)[:300],
    )


async def went_out(account: Account, row: dict[str, Any], to: tuple[Handle, ...]) -> None:
    """A conversation goes on by this chat now: what the contact writes there next belongs to it."""
    for each in to[:1]:
        await db.fetch(
            "INSERT INTO pd_reach (client, contact, account, kind, value, name, conversation, last_external_id) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, '') ON CONFLICT (account, kind, value) DO UPDATE "
            "SET conversation = EXCLUDED.conversation WHERE pd_reach.contact = EXCLUDED.contact",
            account.client,
            row["contact"],
            account.id,
            each.kind,
            each.value[:400],
            each.name[:300],
            row["id"],
        )


async def window(account: int, channel: Channel, contact: int) -> Window:
    """How long the contact may still be answered on an account."""
    can = channel.capabilities
    if not can.reply_window:
        return Window()
    rows = await db.fetch(
        "SELECT MAX(last_in_at) AS wrote FROM pd_reach WHERE contact = {} AND account = {}", contact, account
    )
    wrote = db.moment(rows[0]["wrote"])
    if wrote is None:
        return Window(datetime.fromtimestamp(0, UTC))
    late = wrote + timedelta(seconds=can.late_window) if can.late_window else None
    return Window(wrote + timedelta(seconds=can.reply_window), late)


async def ways(row: dict[str, Any], contact: Contact) -> tuple[Way, ...]:
    """Every account of the conversation's client and market that could reach the contact, its present one first."""
    rows = await db.fetch(
        "SELECT a.id, a.name, a.channel, a.market FROM pd_account a WHERE a.client = {} AND a.enabled = {} "
        "AND (a.market IS NULL OR a.market = {} OR a.id = {}) ORDER BY CASE WHEN a.id = {} THEN 0 ELSE 1 END, a.id",
        row["client"],
        True,
        row["market"],
        row["account"],
        row["account"],
    )
    used = {
        (each["account"], each["kind"], each["value"])
        for each in await db.fetch("SELECT account, kind, value FROM pd_reach WHERE contact = {}", contact.id)
    }
    found = []
    for each in rows:
        pair = channels.find_channel(each["channel"], Scope(row["client"], row["market"]))
        if pair is None or not pair[1].capabilities.writes:
            continue
        channel = pair[1]
        handles = [h for kind in channel.handle_kinds for h in contact.handles if h.kind == kind]
        known = [h for h in handles if (each["id"], h.kind, h.value) in used]
        if not channel.capabilities.starts_conversations and each["id"] != row["account"]:
            handles = known
        if handles:
            ordered = dict.fromkeys((*reversed(known), *reversed(handles)))
            found.append(
                Way(
                    account=each["id"],
                    account_name=each["name"],
                    channel=channel.name,
                    label=channel.label,
                    icon=channel.icon,
                    handles=tuple(ordered),
                )
            )
    return tuple(found)
