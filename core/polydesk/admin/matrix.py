"""Where plugins are on: plugins down, the installation, clients and their markets across."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import msgspec

from polydesk import plugins
from polydesk.i18n import render
from polydesk.scopes import service as scopes
from polydesk.scopes import switches
from polydesk.scopes.service import Client, Market
from polydesk.scopes.switches import Cell, Place
from polydesk.staff.access import Viewer
from polydesk.types import Scope, Text

RIGHT = "plugin.manage"
CLIENTS_A_PAGE = 10
State = Literal["", "off", "own", "on"]
STATES: tuple[State, ...] = ("", "off", "own", "on")


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One place. `markets` is how many a client has, `opened` whether they stand beside it."""

    scope: Scope
    name: str
    may: bool
    markets: int = 0
    opened: bool = False


class CellView(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin in one place: what holds, and the switch of its own if it has one.

    `inherited` is what holds without one, `source` the place that says so; None is nobody, as installed.
    """

    cell: Cell
    on: bool
    own: bool | None
    inherited: bool
    source: Place | None
    differs: int = 0


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin."""

    name: str
    label: Text
    available: bool
    cells: tuple[CellView, ...]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What of the matrix is asked for; as in the address of the screen."""

    q: str = ""
    state: State = ""
    place: str = ""
    opened: frozenset[int] = frozenset()
    page: int = 1


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """One page of it."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    pages: int
    page: int
    clients: int
    plugins: int
    names: Mapping[int, str]


def may(viewer: Viewer, scope: Scope) -> bool:
    """May this person switch plugins there? The installation is its owners'."""
    if scope.client is None:
        return viewer.is_owner
    return viewer.sees(scope.client, scope.market) and viewer.can(RIGHT, *scope)


def reaches(viewer: Viewer, client: Client) -> bool:
    """Does anything of this client belong into the person's matrix?"""
    return may(viewer, Scope(client.id)) or any(may(viewer, Scope(client.id, each.id)) for each in client.markets)


async def matrix(viewer: Viewer, wanted: Wanted) -> Matrix:
    """A page of the matrix as this person may see it."""
    viewer.require(RIGHT)
    clients = [each for each in await scopes.list_clients(viewer.clients) if reaches(viewer, each)]
    found = [each for each in clients if is_meant(each, wanted.place)]
    pages = max(1, math.ceil(len(found) / CLIENTS_A_PAGE))
    page = min(max(1, wanted.page), pages)
    shown = found[(page - 1) * CLIENTS_A_PAGE : page * CLIENTS_A_PAGE]
    columns = [Column(scope=Scope(), name="", may=viewer.is_owner)]
    for client in shown:
        # Whoever was found by a market wants to see that market; so does whoever may switch markets alone.
        opened = client.id in wanted.opened or not may(viewer, Scope(client.id)) or not _named(client, wanted.place)
        theirs = [each for each in client.markets if viewer.sees(client.id, each.id)]
        if client.id not in wanted.opened and not _named(client, wanted.place):
            theirs = [each for each in theirs if _called(each, wanted.place)]
        columns.append(
            Column(
                scope=Scope(client.id),
                name=client.name,
                may=may(viewer, Scope(client.id)),
                markets=len(theirs),
                opened=opened and bool(theirs),
            )
        )
        if opened:
            columns += [
                Column(scope=Scope(client.id, each.id), name=each.name, may=may(viewer, Scope(client.id, each.id)))
                for each in theirs
            ]
    known = [each for each in named() if _is_wanted(each, wanted)]
    return Matrix(
        columns=tuple(columns),
        rows=tuple(row(each, columns) for each in known),
        pages=pages,
        page=page,
        clients=len(found),
        plugins=len(plugins.registry().plugins),
        names={client.id: client.name for client in shown},
    )


def named() -> list[plugins.Plugin]:
    """Every installed plugin by what it is called."""
    return sorted(plugins.registry().plugins.values(), key=lambda each: render(label(each)).casefold())


def label(plugin: plugins.Plugin) -> Text:
    """What a plugin is called."""
    return plugin.info.label if plugin.info else Text("{name}", {"name": plugin.name})


def row(plugin: plugins.Plugin, columns: list[Column]) -> Row:
    """A plugin in these places."""
    given = switches.given(plugin.name)
    cells = tuple(cell(plugin.name, given, column.scope, folded=not column.opened) for column in columns)
    return Row(name=plugin.name, label=label(plugin), available=plugin.available, cells=cells)


def cell(plugin: str, given: Mapping[Place, bool], scope: Scope, *, folded: bool = False) -> CellView:
    """A plugin in one place; `folded`: with how many of the place's markets are otherwise than the place."""
    place: Place = (scope.client, scope.market)
    on, source = switches.resolve(given, scope)
    own, inherited = given.get(place), on
    if own is not None:
        others = {each: value for each, value in given.items() if each != place}
        inherited, source = switches.resolve(others, scope)
    differs = 0
    if folded and given and scope.client is not None and scope.market is None:
        differs = sum(given.get((scope.client, each), on) is not on for each in switches.markets_of(scope.client))
    return CellView(cell=Cell(plugin, *place), on=on, own=own, inherited=inherited, source=source, differs=differs)


def _named(client: Client, words: str) -> bool:
    """Is the client itself called so (or nothing asked)?"""
    return not words or words.casefold() in client.name.casefold()


def is_meant(client: Client, words: str) -> bool:
    """Is the client, or a market of theirs, called so?"""
    return _named(client, words) or any(_called(each, words) for each in client.markets)


def _called(market: Market, words: str) -> bool:
    return words.casefold() in market.name.casefold() or words.casefold() == market.code.casefold()


def _is_wanted(plugin: plugins.Plugin, wanted: Wanted) -> bool:
    sought = wanted.q.casefold()
    if sought and sought not in plugin.name.casefold() and sought not in render(label(plugin)).casefold():
        return False
    given = switches.given(plugin.name)
    match wanted.state:
        case "off":
            return False in given.values()
        case "own":
            return any(place != switches.INSTALLATION for place in given)
        case "on":
            return False not in given.values()
    return True
