"""Which plugins are on or off at this very place."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import db
from polydesk.errors import Invalid
from polydesk.i18n import N_, _
from polydesk.packs.own.shaping import shape
from polydesk.scopes import switches, switching
from polydesk.scopes.switches import Cell
from polydesk.types import PackPart, Scope, Text


class _Switch(msgspec.Struct):
    on: bool


async def read(scope: Scope) -> dict[str, Any]:
    """Only what was said here; the rest is inherited."""
    rows = await db.fetch(
        "SELECT plugin, enabled FROM pd_plugin_switch WHERE COALESCE(client, 0) = {} AND COALESCE(market, 0) = {} "
        "ORDER BY plugin",
        scope.client or 0,
        scope.market or 0,
    )
    return {row["plugin"]: {"on": bool(row["enabled"])} for row in rows}


async def write(scope: Scope, key: str, values: Any, person: int | None) -> None:
    """On, off, or inherited again."""
    wanted = None if values is None else shape(values, _Switch).on
    if wanted is not None and key not in switches.installed():
        raise Invalid(message=_("The plugin %(name)s is not installed.", name=key))
    await switching.change({Cell(key, scope.client, scope.market): wanted}, person)


PART = PackPart(
    name="core.plugins",
    label=Text(N_("Plugins on and off")),
    read=read,
    write=write,
    weight=10,
    permission="plugin.manage",
)
