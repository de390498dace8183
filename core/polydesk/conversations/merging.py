"""Two contacts turn out to be one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from polydesk import db, events, hooks, live
from polydesk.contacts import identify
from polydesk.contacts.service import get_contact
from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk.timeline import service as timeline
from polydesk.types import Contact, Handle, Scope


async def merge(viewer: Viewer, kept: int, merged: int) -> None:
    """Everything of `merged` belongs to `kept` from now on; `merged` stays as a pointer, so old links still lead on.

    Items of the timeline keep what they say; only whose they are changes, and one item tells of the merge.
    """
    one, other = await get_contact(viewer, kept), await get_contact(viewer, merged)
    viewer.require("contact.edit", one.client, one.market)
    if one.id == other.id or one.client != other.client:
        raise Invalid({"merged": _("Choose another contact of the same client.")})
    async with db.transaction():
        await _lock(one.id, other.id)
        if await _merged(one.id, other.id):
            raise Invalid({"merged": _("One of these contacts was joined with another one just now.")})
        await join(one, other, by=viewer.id)


async def join(kept: Contact, merged: Contact, *, by: int | None) -> None:
    """Make two contacts one, because a person or a service says so; inside a transaction."""
    await _fill(kept, merged)
    for table in ("pd_identity", "pd_conversation", "pd_item", "pd_reach"):
        await db.fetch(f"UPDATE {table} SET contact = {{}} WHERE contact = {{}}", kept.id, merged.id)
    await db.fetch(
        "UPDATE pd_contact SET merged_into = {}, updated_at = {} WHERE id = {}",
        kept.id,
        datetime.now(UTC),
        merged.id,
    )
    await timeline.append(
        "merged",
        client=kept.client,
        contact=kept.id,
        person=by,
        data={"merged": merged.id, "name": merged.name},
    )
    await events.announce(
        Scope(kept.client, kept.market),
        hooks.polydesk_contacts_merged,
        kept=await identify.load(kept.id),
        merged=merged.id,
    )
    live.signal(kept.client, "contact", kept.id)


async def join_proven(client: int, contact: Contact, handles: Sequence[Handle]) -> Contact:
    """One person, says the service, known here as several contacts: they become one; inside a transaction.

    Unless they have different handles of one kind (two mail addresses, say): a browser or a telephone may be shared,
    and then only a person can tell.
    """
    for other_id in await identify.find_any(client, handles):
        if other_id == contact.id:
            continue
        await _lock(contact.id, other_id)
        if await _merged(contact.id, other_id):
            continue
        other = await identify.load(other_id)
        mine, theirs = _by_kind(contact), _by_kind(other)
        if any(mine[kind] != theirs[kind] for kind in mine.keys() & theirs.keys()):
            continue
        await join(contact, other, by=None)
        contact = await identify.load(contact.id)
    return contact


async def _lock(one: int, other: int) -> None:
    await db.lock(*(f"contact:{each}" for each in sorted((one, other))))


async def _merged(one: int, other: int) -> bool:
    """Whether one of them belongs to another contact already."""
    rows = await db.fetch(
        "SELECT id FROM pd_contact WHERE id IN ({}, {}) AND merged_into IS NOT NULL LIMIT 1", one, other
    )
    return bool(rows)


async def _fill(kept: Contact, merged: Contact) -> None:
    """What only the other one knew is known of the one that stays."""
    language = kept.language or merged.language
    kind = merged.kind if kept.kind == "customer" else kept.kind
    await db.fetch(
        "UPDATE pd_contact SET name = {}, kind = {}, language = {}, language_stated = {}, attributes = {} "
        "WHERE id = {}",
        kept.name or merged.name,
        kind,
        language,
        await _stated(kept.id if kept.language else merged.id),
        db.clean(msgspec.json.encode({**merged.attributes, **kept.attributes}).decode()),
        kept.id,
    )


async def _stated(contact: int) -> bool:
    rows = await db.fetch("SELECT language_stated FROM pd_contact WHERE id = {}", contact)
    return bool(rows[0]["language_stated"])


def _by_kind(contact: Contact) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in contact.handles:
        found.setdefault(each.kind, set()).add(each.value)
    return found
