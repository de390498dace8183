"""Switch plugins: many places in one change, written into the book, announced to every process, and taken back."""

from __future__ import annotations

from collections.abc import Mapping

from polydesk import db, live
from polydesk.audit import service as audit
from polydesk.errors import Conflict, NotFound
from polydesk.i18n import N_, _
from polydesk.scopes import switches, watching
from polydesk.scopes.switches import Cell
from polydesk.types import Scope, Text

KIND = "plugin.switched"
_LOCK = "polydesk switches"


async def change(
    wanted: Mapping[Cell, bool | None], person: int | None, *, was: Mapping[Cell, bool | None] = {}
) -> int:
    """Make these switches so (None: inherited again); the change's id in the book, 0 when all of it was so already.

    `was` says what somebody saw when they chose: a cell that is different by now raises `Conflict`.
    """
    async with db.transaction():
        await db.lock(_LOCK)
        now = await switches.read(cell.plugin for cell in wanted)
        if moved := [cell for cell, on in was.items() if now.get(cell) is not on]:
            raise Conflict(_changed(moved[0], len(moved)))
        cells = {cell: on for cell, on in wanted.items() if now.get(cell) is not on}
        if not cells:
            return 0
        await switches.write(cells)
        book = [[*cell, now.get(cell), on] for cell, on in sorted(cells.items(), key=lambda each: _order(each[0]))]
        made = await audit.record(KIND, around(cells), person, {"cells": book})
        _announce()
    await watching.look()
    return made


async def undo(number: int, person: int | None) -> int:
    """Put every cell of a change back as it was before; how many. `Conflict` when one was changed since, or undone."""
    async with db.transaction():
        await db.lock(_LOCK)
        found = await audit.get(number)
        if found is None or found.kind != KIND:
            raise NotFound(_("There is nothing here, or it is not yours to see."))
        cells = cells_of(found)
        now = await switches.read(cell.plugin for cell in cells)
        moved = [cell for cell, (_before, after) in cells.items() if now.get(cell) is not after]
        if moved and found.undone_at is None:
            raise Conflict(_changed(moved[0], len(moved)))
        if not await audit.undone(number, person):
            raise Conflict(Text(N_("This change was taken back already.")))
        await switches.write({cell: before for cell, (before, _after) in cells.items()})
        _announce()
    await watching.look()
    return len(cells)


def cells_of(found: audit.Change) -> dict[Cell, tuple[bool | None, bool | None]]:
    """Which cells a change changed: before and after."""
    return {Cell(name, client, market): (before, after) for name, client, market, before, after in found.data["cells"]}


def around(cells: Mapping[Cell, object]) -> Scope:
    """The narrowest place that holds all of them."""
    places = {cell.scope for cell in cells}
    if len(places) == 1:
        return next(iter(places))
    clients = {place.client for place in places}
    return Scope(next(iter(clients))) if len(clients) == 1 else Scope()


def _announce() -> None:
    live.signal(0, "plugins")
    live.signal(0, "health")


def _changed(cell: Cell, count: int) -> Text:
    if count > 1:
        return Text(
            N_("{count} of these switches were changed meanwhile, {plugin} among them. Look at them as they are now."),
            {"count": count, "plugin": cell.plugin},
        )
    return Text(
        N_("{plugin} was switched again meanwhile. Look at it as it is now, then choose."), {"plugin": cell.plugin}
    )


def _order(cell: Cell) -> tuple[str, int, int]:
    return cell.plugin, cell.client or 0, cell.market or 0
