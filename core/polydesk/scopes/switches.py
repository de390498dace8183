"""Which plugins are on where. One function decides, from memory; every process reloads when a switch changes."""

from __future__ import annotations

from polydesk import db
from polydesk.types import Scope

_switches: dict[tuple[str, int | None, int | None], bool] = {}
_installed: frozenset[str] = frozenset()
_cache: dict[Scope, frozenset[str]] = {}


async def reload(installed: frozenset[str]) -> None:
    """Read every switch; `installed` are the plugins that loaded."""
    global _installed  # noqa: PLW0603 - one view of the switches per process
    rows = await db.fetch("SELECT plugin, client, market, enabled FROM pd_plugin_switch")
    _switches.clear()
    _switches.update({(row["plugin"], row["client"], row["market"]): bool(row["enabled"]) for row in rows})
    _installed = installed
    _cache.clear()


def enabled(scope: Scope) -> frozenset[str]:
    """The plugins that are on in a scope: market over client over installation; on unless switched off."""
    found = _cache.get(scope)
    if found is None:
        found = frozenset(name for name in _installed if is_on(name, scope))
        _cache[scope] = found
    return found


def is_on(plugin: str, scope: Scope) -> bool:
    """Is this plugin on here?"""
    if plugin not in _installed:
        return False
    places = ((scope.client, scope.market), (scope.client, None), (None, None))
    return next((_switches[plugin, *place] for place in places if (plugin, *place) in _switches), True)


async def switch(plugin: str, scope: Scope, on: bool) -> None:
    """Write a switch. The caller announces it, so that every process reloads."""
    await db.fetch(
        "INSERT INTO pd_plugin_switch (plugin, client, market, enabled) VALUES ({}, {}, {}, {}) "
        "ON CONFLICT (plugin, COALESCE(client, 0), COALESCE(market, 0)) DO UPDATE SET enabled = EXCLUDED.enabled",
        plugin,
        scope.client,
        scope.market,
        on,
    )


def installed() -> frozenset[str]:
    """The plugins that loaded, on or off."""
    return _installed
