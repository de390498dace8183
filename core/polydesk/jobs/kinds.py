"""Which jobs and schedules this process knows."""

from __future__ import annotations

from polydesk.scopes import switches
from polydesk.types import JobKind, Schedule, Scope

_kinds: dict[str, JobKind] = {}
_schedules: dict[str, Schedule] = {}
_plugins: dict[str, str] = {}


def register(*new: JobKind, plugin: str = "") -> None:
    """Make kinds of work known; the same name again replaces the earlier. A `plugin`'s work waits where it is off."""
    _kinds.update({kind.name: kind for kind in new})
    for kind in new:
        if plugin:
            _plugins[kind.name] = plugin
        else:
            _plugins.pop(kind.name, None)


def schedule(*new: Schedule) -> None:
    """Make work known that runs again and again; its rows are made when the desk opens."""
    _schedules.update({entry.name: entry for entry in new})


def forget(*names: str) -> None:
    """Undo `register` and `schedule`, for a plugin that goes away."""
    for name in names:
        _kinds.pop(name, None)
        _schedules.pop(name, None)
        _plugins.pop(name, None)


def forget_plugins() -> None:
    """Undo what plugins registered: another desk in this process may have others."""
    for name in list(_plugins):
        forget(name)


def find(name: str) -> JobKind | None:
    """The kind of that name."""
    return _kinds.get(name)


def is_off(name: str, client: int | None, market: int | None = None) -> bool:
    """Is this the work of a plugin that is off there (for all of a client, or for nobody in particular: everywhere)?"""
    plugin = _plugins.get(name)
    if plugin is None:
        return False
    if client is None:
        return not switches.on_somewhere(plugin)
    return not (switches.on_within(plugin, client) if market is None else switches.is_on(plugin, Scope(client, market)))


def known() -> list[str]:
    """Every name known here."""
    return sorted(_kinds)


def schedules() -> list[Schedule]:
    """Every schedule known here."""
    return list(_schedules.values())
