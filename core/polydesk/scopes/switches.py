"""Which plugins are on where. One function decides, from memory; every process reloads when a switch changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from polydesk import db
from polydesk.types import Scope

Place = tuple[int | None, int | None]
INSTALLATION: Place = (None, None)


class Cell(NamedTuple):
    """One place of one plugin: where a switch may stand."""

    plugin: str
    client: int | None = None
    market: int | None = None

    @property
    def scope(self) -> Scope:
        """The place alone."""
        return Scope(self.client, self.market)


_switches: dict[str, dict[Place, bool]] = {}
_markets: dict[int, tuple[int, ...]] = {}
_installed: frozenset[str] = frozenset()
_cache: dict[Scope, frozenset[str]] = {}


async def reload(installed: frozenset[str] | None = None) -> None:
    """Read every switch; `installed` are the plugins that loaded, if they are others than before."""
    global _installed, _switches, _markets  # noqa: PLW0603 - one view per process
    found: dict[str, dict[Place, bool]] = {}
    for row in await db.fetch("SELECT plugin, client, market, enabled FROM pd_plugin_switch"):
        found.setdefault(row["plugin"], {})[row["client"], row["market"]] = bool(row["enabled"])
    markets: dict[int, tuple[int, ...]] = {}
    for row in await db.fetch("SELECT id, client FROM pd_market ORDER BY id"):
        markets[row["client"]] = (*markets.get(row["client"], ()), row["id"])
    _switches, _markets = found, markets
    if installed is not None:
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
    given = _switches.get(plugin)
    return given is None or resolve(given, scope)[0]


def resolve(given: Mapping[Place, bool], scope: Scope) -> tuple[bool, Place | None]:
    """On or off by these switches, and the place whose switch says so; None when nobody has said anything."""
    places: tuple[Place, ...] = ((scope.client, scope.market), (scope.client, None), INSTALLATION)
    return next(((given[place], place) for place in places if place in given), (True, None))


def given(plugin: str) -> Mapping[Place, bool]:
    """Where this plugin has a switch of its own, and how it stands."""
    return _switches.get(plugin, {})


def never_off(plugin: str) -> bool:
    """Is it on in every place there is?"""
    return plugin in _installed and False not in _switches.get(plugin, {}).values()


def on_somewhere(plugin: str) -> bool:
    """Is it on in the installation, or in any one place of it?"""
    return plugin in _installed and (is_on(plugin, Scope()) or True in _switches.get(plugin, {}).values())


def on_within(plugin: str, client: int) -> bool:
    """Is it on for this client, or in any market of theirs?"""
    return is_on(plugin, Scope(client)) or any(
        is_on(plugin, Scope(client, market)) for market in _markets.get(client, ())
    )


def markets_of(client: int) -> tuple[int, ...]:
    """A client's markets, as they were when the switches were read."""
    return _markets.get(client, ())


async def switch(plugin: str, scope: Scope, on: bool | None) -> None:
    """Write a switch, or take it away (None). `scopes.switching.change` also writes it down and announces it."""
    await write({Cell(plugin, *scope): on})


async def write(cells: Mapping[Cell, bool | None]) -> None:
    """Write many at once; None takes a switch away. For `scopes.switching`, which announces it."""
    async with db.transaction():
        gone = [(cell.plugin, cell.client or 0, cell.market or 0) for cell, on in cells.items() if on is None]
        if gone:
            await db.run_many(
                "DELETE FROM pd_plugin_switch WHERE plugin = {} AND COALESCE(client, 0) = {}"
                " AND COALESCE(market, 0) = {}",
                gone,
            )
        stand = [(*cell, on) for cell, on in cells.items() if on is not None]
        if stand:
            await db.run_many(
                "INSERT INTO pd_plugin_switch (plugin, client, market, enabled) VALUES ({}, {}, {}, {}) "
                "ON CONFLICT (plugin, COALESCE(client, 0), COALESCE(market, 0)) "
                "DO UPDATE SET enabled = EXCLUDED.enabled",
                stand,
            )


async def read(plugins: Iterable[str]) -> dict[Cell, bool]:
    """The switches of these plugins as the database has them just now."""
    rows = await db.fetch(
        "SELECT plugin, client, market, enabled FROM pd_plugin_switch WHERE plugin IN {}", sorted(set(plugins))
    )
    return {Cell(row["plugin"], row["client"], row["market"]): bool(row["enabled"]) for row in rows}


def installed() -> frozenset[str]:
    """The plugins that loaded, on or off."""
    return _installed
