"""Contacts as screens read and change them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from polydesk import db, events, hooks, live
from polydesk.contacts import identify
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk.types import Contact, Scope

PAGE = 50
_MOST_MERGED = 20


class ContactRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the contact list."""

    id: int
    client: int
    name: str
    kind: str
    language: str
    handle: str
    updated_at: datetime


class ContactPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the contact list; `next` is the id to go on after, 0 at the end."""

    rows: tuple[ContactRow, ...]
    next: int = 0


async def list_contacts(viewer: Viewer, words: str = "", after: int = 0) -> ContactPage:
    """Contacts, newest first; `words` keeps those whose name or address begins with it."""
    narrowed, arguments = "", []
    if words.strip():
        narrowed = (
            " AND (lower(c.name) LIKE {} ESCAPE '!' OR EXISTS (SELECT 1 FROM pd_identity w WHERE w.contact = c.id "
            "AND w.value LIKE {} ESCAPE '!'))"
        )
        escaped = words.strip().lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        arguments = [f"{escaped}%", f"{escaped}%"]
    older = f" AND c.id < {after:d}" if after else ""
    rows = await db.fetch(
        "SELECT c.id, c.client, c.name, c.kind, c.language, c.updated_at, "
        "COALESCE((SELECT i.value FROM pd_identity i WHERE i.contact = c.id ORDER BY i.id LIMIT 1), '') AS handle "
        f"FROM pd_contact c WHERE {_bound(viewer)} AND c.merged_into IS NULL{narrowed}{older} "
        f"ORDER BY c.id DESC LIMIT {PAGE + 1}",
        *arguments,
    )
    shown = tuple(msgspec.convert(row, ContactRow) for row in rows[:PAGE])
    return ContactPage(rows=shown, next=shown[-1].id if len(rows) > PAGE else 0)


async def get_contact(viewer: Viewer, contact: int) -> Contact:
    """One contact the viewer may see, or `NotFound`; one that was joined with another leads on to that.

    Contacts belong to the whole client: whoever reaches one of its markets may look one up. Their conversations stay
    bounded by market.
    """
    for _step in range(_MOST_MERGED):
        rows = await db.fetch(
            f"SELECT c.id, c.merged_into FROM pd_contact c WHERE c.id = {{}} AND {_bound(viewer)}", contact
        )
        if not rows:
            raise NotFound(_("There is nothing here, or it is not yours to see."))
        if rows[0]["merged_into"] is None:
            break
        contact = int(rows[0]["merged_into"])
    return await identify.load(contact)


async def update_contact(
    viewer: Viewer, contact: int, *, name: str, kind: str, language: str, attributes: dict[str, str]
) -> None:
    """Change what is known of a contact; a language set here is no longer changed by detection."""
    before = await get_contact(viewer, contact)
    viewer.require("contact.edit", before.client, before.market)
    if len(name) > 300:
        raise Invalid({"name": _("This name is too long.")})
    async with db.transaction():
        await db.fetch(
            "UPDATE pd_contact SET name = {}, kind = {}, language = {}, language_stated = {}, attributes = {}, "
            "updated_at = {} WHERE id = {}",
            db.clean(name.strip()),
            db.clean(kind.strip())[:60] or "customer",
            language,
            bool(language),
            db.clean(msgspec.json.encode({**before.attributes, **attributes}).decode()),
            datetime.now(UTC),
            contact,
        )
        await events.announce(
            Scope(before.client, before.market),
            hooks.polydesk_contact_updated,
            contact=await identify.load(contact),
        )
        live.signal(before.client, "contact", contact)


def _bound(viewer: Viewer) -> str:
    return f"c.client IN ({', '.join(f'{client:d}' for client in viewer.clients) or 'NULL'})"
