"""Which looks there are, and which one is worn where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from polydesk import hooks, plugins
from polydesk.scopes import service as scopes
from polydesk.types import Scope, Theme

DEFAULT = "default"


def installed() -> dict[str, Theme]:
    """Every theme of every plugin, by name."""
    return {theme.name: theme for _plugin, theme in plugins.collect(hooks.polydesk_themes)}


def names() -> list[str]:
    """The names of every installed theme."""
    return sorted(installed())


def chain(name: str) -> list[Theme]:
    """A theme, what it is based on, and so on; empty for one that is not there: then the desk is plain."""
    known, found = installed(), list[Theme]()
    while (theme := known.get(name)) is not None and theme not in found:
        found.append(theme)
        name = theme.based_on
    return found


def folders(name: str, inside: str = "") -> Iterator[Path]:
    """The folders of a theme and of those it is based on, the most special first; `inside` names a part of each."""
    for theme in chain(name):
        yield Path(theme.folder) / inside


async def worn_at(scope: Scope) -> str:
    """The theme of a place; the usual one where its own is not installed or switched off; "" without any."""
    there = {theme.name for _plugin, theme in plugins.collect(hooks.polydesk_themes, scope)}
    wanted = (await scopes.place(scope)).theme if scope.client is not None else ""
    return next((name for name in (wanted, DEFAULT) if name in there), "")


async def worn_by(places: Iterator[Scope]) -> str:
    """What somebody sees who works at these places: their theme where all wear the same, else the usual one."""
    worn: str | None = None
    for place in places:
        here = await worn_at(place)
        if worn is not None and here != worn:
            return await worn_at(Scope())
        worn = here
    return await worn_at(Scope()) if worn is None else worn
