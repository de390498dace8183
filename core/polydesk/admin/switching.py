"""Switch cells of the matrix, many at once, look at what was switched, and take it back: with the viewer's rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from polydesk import plugins
from polydesk.admin.matrix import RIGHT, may
from polydesk.audit import service as audit
from polydesk.errors import Forbidden, Invalid, NotFound
from polydesk.i18n import _
from polydesk.scopes import service as scopes
from polydesk.scopes import switches, switching
from polydesk.scopes.switches import Cell, resolve
from polydesk.staff.access import Viewer
from polydesk.types import Scope

Do = Literal["switch", "copy", "clear"]
MOST_SHOWN = 20


class Bulk(msgspec.Struct, frozen=True, kw_only=True):
    """Many at once. `switch`: these plugins to `to` (None: inherited); `copy`: as they are at `source`; `clear`: what
    the places say themselves goes away. `markets` too: without it, what markets say for themselves stays.
    """

    do: Do
    names: tuple[str, ...]
    places: tuple[Scope, ...]
    to: bool | None = None
    source: Scope | None = None
    markets: bool = False


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A change in the history; `cells` are the first few, `more` the rest."""

    change: audit.Change
    cells: tuple[tuple[Cell, bool | None, bool | None], ...]
    more: int
    may: bool


async def change(
    viewer: Viewer, wanted: Mapping[Cell, bool | None], *, was: Mapping[Cell, bool | None] | None = None
) -> int:
    """Make these switches so, in every process at once; the change's number, 0 when nothing was to be done."""
    viewer.require(RIGHT)
    for cell in wanted:
        await _require(viewer, cell)
    return await switching.change(wanted, viewer.id or None, was=was or {})


async def undo(viewer: Viewer, number: int) -> int:
    """Take a change back; how many cells. Every one of them must be this person's to switch."""
    viewer.require(RIGHT)
    found = await audit.get(number)
    if found is None or found.kind != switching.KIND:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    for cell in switching.cells_of(found):
        await _require(viewer, cell, known=False)
    return await switching.undo(number, viewer.id or None)


async def history(viewer: Viewer, *, most: int = 30, offset: int = 0) -> list[Line]:
    """What was switched in the places this person reaches, and by themselves; the newest first."""
    viewer.require(RIGHT)
    bound = "TRUE" if viewer.is_owner else f"({viewer.bound('c')}) OR (c.client IS NULL AND c.person = {viewer.id:d})"
    lines = []
    for found in await audit.latest(switching.KIND, bound=bound, most=most, offset=offset):
        cells = [(cell, before, after) for cell, (before, after) in switching.cells_of(found).items()]
        lines.append(
            Line(
                change=found,
                cells=tuple(cells[:MOST_SHOWN]),
                more=max(0, len(cells) - MOST_SHOWN),
                may=found.undone_at is None and all(may(viewer, cell.scope) for cell, _before, _after in cells),
            )
        )
    return lines


async def planned(viewer: Viewer, bulk: Bulk) -> dict[Cell, bool | None]:
    """What a bulk change would change, and to what."""
    viewer.require(RIGHT)
    if bulk.source is not None and bulk.source.client is not None:
        await scopes.belongs(bulk.source.client, bulk.source.market)
        viewer.require(RIGHT, bulk.source.client, bulk.source.market)
    places = list(bulk.places)
    if bulk.markets:
        for client in await scopes.list_clients(tuple(place.client for place in places if place.client is not None)):
            if Scope(client.id) in places:
                places += [Scope(client.id, each.id) for each in client.markets]
    places = [place for place in dict.fromkeys(places) if may(viewer, place)]
    found: dict[Cell, bool | None] = {}
    for name in bulk.names:
        if name not in plugins.registry().plugins:
            raise Invalid(message=_("There is no plugin called %(name)s.", name=name))
        given = dict(switches.given(name))
        aim = resolve(given, bulk.source)[0] if bulk.do == "copy" and bulk.source is not None else bulk.to
        # From the wide to the narrow: a market follows what its client will then be.
        for place in sorted(places, key=lambda each: (each.client or 0, each.market or 0)):
            own = given.get(place)
            now: bool | None = None if bulk.do == "clear" or (bulk.do == "switch" and place.market) else aim
            if bulk.do == "copy":
                now = None if _without(given, place) is aim else aim
            if now is not own:
                found[Cell(name, *place)] = now
                given.pop(place, None)
                if now is not None:
                    given[place] = now
    return found


def _without(given: Mapping[switches.Place, bool], place: Scope) -> bool:
    return resolve({each: value for each, value in given.items() if each != place}, place)[0]


async def _require(viewer: Viewer, cell: Cell, *, known: bool = True) -> None:
    if known and cell.plugin not in plugins.registry().plugins:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    if cell.client is None:
        if not viewer.is_owner:
            raise Forbidden(_("The installation's switches are its owners' to change."))
        return
    await scopes.belongs(cell.client, cell.market)
    viewer.require(RIGHT, cell.client, cell.market)
