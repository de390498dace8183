"""From a handle to a contact: found, or made at first sight."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import db, events, hooks
from polydesk.types import Contact, Handle, Scope


async def find(client: int, handle: Handle) -> int | None:
    """The contact a handle belongs to."""
    rows = await db.fetch(
        "SELECT contact FROM pd_identity WHERE client = {} AND kind = {} AND value = {}",
        client,
        handle.kind,
        handle.value[:400],
    )
    return int(rows[0]["contact"]) if rows else None


async def find_or_create(scope: Scope, handle: Handle, *, language: str = "", belongs_to: int | None = None) -> Contact:
    """The sender's contact; call it inside a transaction that holds the handle's lock.

    `belongs_to` is a contact a plugin recognised: the handle becomes one more of its identities.
    """
    assert scope.client is not None
    contact = await find(scope.client, handle)
    if contact is not None:
        return await load(contact)
    if belongs_to is None:
        rows = await db.fetch(
            "INSERT INTO pd_contact (client, market, name, language) VALUES ({}, {}, {}, {}) RETURNING id",
            scope.client,
            scope.market,
            db.clean(handle.name)[:300],
            language,
        )
        contact = int(rows[0]["id"])
    else:
        contact = belongs_to
    await db.fetch(
        "INSERT INTO pd_identity (client, contact, kind, value, name) VALUES ({}, {}, {}, {}, {})",
        scope.client,
        contact,
        handle.kind,
        db.clean(handle.value)[:400],
        db.clean(handle.name)[:300],
    )
    if belongs_to is None:
        made = Contact(
            id=contact, client=scope.client, market=scope.market, name=handle.name, language=language, handles=(handle,)
        )
        await events.announce(scope, hooks.polydesk_contact_created, contact=made)
        return made
    found = await load(contact)
    await events.announce(scope, hooks.polydesk_contact_updated, contact=found)
    return found


async def load(contact: int) -> Contact:
    """A contact with its handles."""
    rows = await db.fetch(
        "SELECT c.id, c.client, c.market, c.kind, c.name, c.language, c.attributes, i.kind AS handle_kind, "
        "i.value AS handle_value, i.name AS handle_name FROM pd_contact c LEFT JOIN pd_identity i ON i.contact = c.id "
        "WHERE c.id = {} ORDER BY i.id",
        contact,
    )
    return from_rows(rows)


def from_rows(rows: list[dict[str, Any]]) -> Contact:
    """A contact from its joined rows, one per handle."""
    first = rows[0]
    return Contact(
        id=first["id"],
        client=first["client"],
        market=first["market"],
        kind=first["kind"],
        name=first["name"],
        language=first["language"],
        attributes=msgspec.json.decode(first["attributes"]),
        handles=tuple(
            Handle(row["handle_kind"], row["handle_value"], row["handle_name"]) for row in rows if row["handle_kind"]
        ),
    )
