"""A person as a plugin knows them: with the places where it is on, and no others."""

from __future__ import annotations

import msgspec

from polydesk import live
from polydesk.scopes import switches
from polydesk.staff.access import NO_MARKET, Reach, Viewer
from polydesk.types import Scope

_MOST = 5000
_known: dict[tuple[str, int], tuple[Viewer, Viewer | None]] = {}


def within(viewer: Viewer, plugin: str) -> Viewer | None:
    """The viewer, reaching only where this plugin is on; None when that is nowhere.

    Whatever the plugin then asks (`bound`, `sees`, `require`, `clients`) leaves the other places out.
    """
    if switches.never_off(plugin):
        return viewer
    known = _known.get((plugin, viewer.id))
    if known is None or known[0] is not viewer:
        if len(_known) >= _MOST:
            _known.clear()
        known = _known[plugin, viewer.id] = viewer, _narrowed(viewer, plugin)
    return known[1]


def _narrowed(viewer: Viewer, plugin: str) -> Viewer | None:
    if not viewer.reach:
        return viewer if switches.is_on(plugin, Scope()) else None
    reach = tuple(dict.fromkeys(part for place in viewer.reach for part in _parts(place, plugin)))
    return msgspec.structs.replace(viewer, reach=reach) if reach else None


def _parts(place: Reach, plugin: str) -> list[Reach]:
    """What is left of one place."""
    if place.market is not None:
        return [place] if switches.is_on(plugin, Scope(place.client, place.market or None)) else []
    markets = switches.markets_of(place.client)
    on = [market for market in markets if switches.is_on(plugin, Scope(place.client, market))]
    wide = switches.is_on(plugin, Scope(place.client))
    if wide and len(on) == len(markets):
        return [place]
    left = [*([NO_MARKET] if wide else []), *on]
    return [Reach(place.client, market, place.role) for market in left]


def _forget(_signal: live.Signal) -> None:
    _known.clear()


live.on("switched", _forget)
