"""What is set where, as it lies in the database: only the values of each scope itself, secrets encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from polydesk import db, live
from polydesk.remembered import Remembered
from polydesk.types import Scope

TOPIC = "settings"
Layers = dict[Scope, dict[str, Any]]
_known: dict[str, Remembered[Layers]] = {}


async def layers(plugin: str) -> Layers:
    """All that is set for a plugin anywhere, secrets still sealed; read-only."""
    if plugin not in _known:
        _known[plugin] = Remembered(TOPIC, partial(_read, plugin))
    return await _known[plugin].get()


async def own(plugin: str, scope: Scope) -> dict[str, Any]:
    """What is set at exactly this scope, secrets still sealed."""
    return dict((await layers(plugin)).get(scope, {}))


async def keep(plugin: str, scope: Scope, values: Mapping[str, Any]) -> None:
    """Make these the scope's own values, and the only ones; its secrets come sealed."""
    sealed = msgspec.to_builtins(dict(values))
    async with db.transaction():
        if sealed:
            await db.fetch(
                'INSERT INTO pd_plugin_settings (plugin, client, market, "values") VALUES ({}, {}, {}, {}) '
                "ON CONFLICT (plugin, COALESCE(client, 0), COALESCE(market, 0)) "
                'DO UPDATE SET "values" = EXCLUDED."values"',
                plugin,
                scope.client,
                scope.market,
                msgspec.json.encode(sealed).decode(),
            )
        else:
            await db.fetch(
                "DELETE FROM pd_plugin_settings WHERE plugin = {} AND COALESCE(client, 0) = {} "
                "AND COALESCE(market, 0) = {}",
                plugin,
                scope.client or 0,
                scope.market or 0,
            )
        live.signal(0, TOPIC)


async def _read(plugin: str) -> Layers:
    rows = await db.fetch('SELECT client, market, "values" FROM pd_plugin_settings WHERE plugin = {}', plugin)
    return {Scope(row["client"], row["market"]): msgspec.json.decode(row["values"]) for row in rows}
