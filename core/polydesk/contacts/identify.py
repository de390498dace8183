"""From a handle to a contact: found, or made at first sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from polydesk import db, events, hooks
from polydesk.errors import NotFound
from polydesk.i18n import N_
from polydesk.types import Contact, Handle, Scope, Text


async def find(client: int, handle: Handle) -> int | None:
    """The contact a handle belongs to."""
    rows = await db.fetch(
        "SELECT contact FROM pd_identity WHERE client = {} AND kind = {} AND value = {}",
        client,
        handle.kind,
        handle.value[:400],
    )
    return int(rows[0]["contact"]) if rows else None


async def find_any(client: int, handles: Sequence[Handle]) -> list[int]:
    """The contacts that handles belong to, in the handles' order, each once."""
    if len(handles) == 1:
        one = await find(client, handles[0])
        return [] if one is None else [one]
    either = " OR ".join(["(kind = {} AND value = {})"] * len(handles))
    rows = await db.fetch(
        f"SELECT kind, value, contact FROM pd_identity WHERE client = {{}} AND ({either})",
        client,
        *(part for each in handles for part in (each.kind, each.value[:400])),
    )
    known = {(row["kind"], row["value"]): int(row["contact"]) for row in rows}
    found = (known.get((each.kind, each.value[:400])) for each in handles)
    return list(dict.fromkeys(each for each in found if each is not None))


async def find_or_create(
    scope: Scope, handle: Handle, *, also: Sequence[Handle] = (), language: str = "", belongs_to: int | None = None
) -> Contact:
    """The sender's contact; call it inside a transaction that holds the handles' locks.

    `also` are handles that surely belong to the same person: any of them finds the contact, and all become theirs.
    `belongs_to` is a contact a plugin recognised: the handle becomes one more of its identities.
    """
    assert scope.client is not None
    known = await find_any(scope.client, (handle, *also))
    if known:
        contact = await load(known[0])
        if not also:
            return contact
        return await _learn(scope, contact, (handle, *also))
    if belongs_to is None:
        rows = await db.fetch(
            "INSERT INTO pd_contact (client, market, name, language) VALUES ({}, {}, {}, {}) RETURNING id",
            scope.client,
            scope.market,
            db.clean(handle.name)[:300],
            language,
        )
        mine = int(rows[0]["id"])
    else:
        mine = belongs_to
    for each in (handle, *also):
        await _insert(scope.client, mine, each)
    if belongs_to is None:
        made = Contact(
            id=mine,
            client=scope.client,
            market=scope.market,
            name=handle.name,
            language=language,
            handles=(handle, *also),
        )
        await events.announce(scope, hooks.polydesk_contact_created, contact=made)
        return made
    found = await load(mine)
    await events.announce(scope, hooks.polydesk_contact_updated, contact=found)
    return found


async def add_handles(client: int, known: Handle, now: Sequence[Handle]) -> int | None:
    """Whoever goes by `known` goes by `now` too; their contact, or None when nobody does. Inside a transaction."""
    contact = await find(client, known)
    if contact is None:
        return None
    found = await load(contact)
    await _learn(Scope(client, found.market), found, now)
    return contact


async def add_attributes(contact: Contact, attributes: Mapping[str, str]) -> None:
    """Keep what a service vouches for about a contact; inside a transaction."""
    if any(contact.attributes.get(name) != value for name, value in attributes.items()):
        await db.fetch(
            "UPDATE pd_contact SET attributes = {} WHERE id = {}",
            db.clean(msgspec.json.encode({**contact.attributes, **attributes}).decode()),
            contact.id,
        )


async def _learn(scope: Scope, contact: Contact, handles: Sequence[Handle]) -> Contact:
    """Add what is new of `handles`; what is another contact's stays theirs (see `conversations.merging`)."""
    mine = {(each.kind, each.value) for each in contact.handles}
    fresh = [each for each in handles if (each.kind, each.value[:400]) not in mine]
    if not fresh:
        return contact
    for each in fresh:
        await _insert(contact.client, contact.id, each)
    name = next((each.name for each in handles if each.name), "")
    if name and not contact.name:
        await db.fetch("UPDATE pd_contact SET name = {} WHERE id = {}", db.clean(name)[:300], contact.id)
    found = await load(contact.id)
    await events.announce(scope, hooks.polydesk_contact_updated, contact=found)
    return found


async def _insert(client: int, contact: int, handle: Handle) -> None:
    await db.fetch(
        "INSERT INTO pd_identity (client, contact, kind, value, name) VALUES ({}, {}, {}, {}, {}) "
        "ON CONFLICT (client, kind, value) DO NOTHING",
        client,
        contact,
        handle.kind,
        db.clean(handle.value)[:400],
        db.clean(handle.name)[:300],
    )


async def load(contact: int) -> Contact:
    """A contact with its handles."""
    rows = await db.fetch(
        "SELECT c.id, c.client, c.market, c.kind, c.name, c.language, c.attributes, i.kind AS handle_kind, "
        "i.value AS handle_value, i.name AS handle_name FROM pd_contact c LEFT JOIN pd_identity i ON i.contact = c.id "
        "WHERE c.id = {} ORDER BY i.id",
        contact,
    )
    if not rows:
        raise NotFound(Text(N_("There is nothing here, or it is not yours to see.")))
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
