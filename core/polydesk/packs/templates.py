"""Configurations that are kept, to make markets from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from polydesk import db
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _
from polydesk.packs import parts, rights
from polydesk.packs.shapes import Content
from polydesk.places import checking
from polydesk.places import service as places
from polydesk.staff.access import Viewer
from polydesk.types import Scope


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A kept configuration; without a client, every client may use it."""

    id: int
    name: str
    client: int | None
    content: Content
    created_at: datetime


async def keep(viewer: Viewer, market: int, name: str, *, everyone: bool = False) -> int:
    """Keep a market as it is now; its id. For every client only an owner may."""
    client, _market = await places.get_market(viewer, market)
    if wrong := checking.name_fault(name):
        raise Invalid({"name": wrong})
    if everyone and not viewer.is_owner:
        raise Invalid({"everyone": _("Only an owner may do this.")})
    scope = Scope(client.id, market)
    content = rights.seen(viewer, await parts.read(scope, copied=True), [scope])
    rows = await db.fetch(
        "INSERT INTO pd_pack_template (name, client, content, person) VALUES ({}, {}, {}, {}) RETURNING id",
        db.clean(name.strip()),
        None if everyone else client.id,
        db.clean(msgspec.json.encode(content).decode()),
        viewer.id or None,
    )
    return int(rows[0]["id"])


async def list_templates(viewer: Viewer, client: int) -> list[Template]:
    """What markets of a client can be made from."""
    viewer.require(places.RIGHT, client)
    rows = await db.fetch(
        "SELECT * FROM pd_pack_template WHERE client IS NULL OR client = {} ORDER BY name, id", client
    )
    return [_template(row) for row in rows]


async def get(viewer: Viewer, template: int) -> Template:
    """One the viewer may use, or `NotFound`."""
    rows = await db.fetch("SELECT * FROM pd_pack_template WHERE id = {}", template)
    if not rows or (rows[0]["client"] is not None and not viewer.can(places.RIGHT, rows[0]["client"])):
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return _template(rows[0])


async def remove(viewer: Viewer, template: int) -> None:
    """Keep it no longer; markets made from it remember what it was."""
    found = await get(viewer, template)
    if found.client is None and not viewer.is_owner:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    await db.fetch("DELETE FROM pd_pack_template WHERE id = {}", template)


def _template(row: dict[str, Any]) -> Template:
    return Template(
        id=row["id"],
        name=row["name"],
        client=row["client"],
        content=msgspec.json.decode(row["content"]),
        created_at=row["created_at"],
    )
