"""The matrix of plugins, one place of it as a list, many at once, and what was switched when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from polydesk import plugins
from polydesk.admin import matrix, switching
from polydesk.admin.matrix import STATES, Column, Wanted
from polydesk.admin.painting import Painter
from polydesk.admin.switching import Bulk
from polydesk.errors import Conflict, NotFound
from polydesk.i18n import _, ngettext, render
from polydesk.scopes import service as scopes
from polydesk.scopes import switches
from polydesk.scopes.switches import Cell
from polydesk.staff.access import Viewer
from polydesk.types import Scope
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req

MAY = guards.may(matrix.RIGHT)
_WAS = {"n": None, "t": True, "f": False}
_TO = {"inherit": None, "on": True, "off": False}


def wanted_of(request: Req) -> Wanted:
    """What the address asks for."""
    asked = request.query_params
    state = asked.get("state", "")
    opened = frozenset(number for each in asked.get("open", "").split(".") if (number := whole(each)) is not None)
    return Wanted(
        q=asked.get("q", "")[:100].strip(),
        state=cast(Any, state if state in STATES else ""),
        place=asked.get("place", "")[:100].strip(),
        opened=opened,
        page=whole(asked.get("page", "1")) or 1,
    )


def query(wanted: Wanted, **changes: Any) -> str:
    """The address of the same matrix with something changed."""
    values = {
        "q": wanted.q,
        "state": wanted.state,
        "place": wanted.place,
        "open": ".".join(str(each) for each in sorted(changes.pop("opened", wanted.opened))),
        "page": wanted.page if wanted.page > 1 else "",
        **changes,
    }
    return urlencode({name: value for name, value in values.items() if value})


def toggled(wanted: Wanted, client: int) -> str:
    """The address with a client's markets opened, or folded again."""
    return query(wanted, opened=wanted.opened ^ {client})


@get("/admin/plugins/matrix", guards=[MAY], include_in_schema=False)
async def show(request: Req) -> Page:
    """A page of the matrix."""
    wanted = wanted_of(request)
    found = await matrix.matrix(cast(Viewer, request.user), wanted)
    return await htmx.page(
        request,
        "admin/matrix.html",
        matrix=found,
        wanted=wanted,
        states=STATES,
        query=query,
        toggled=toggled,
        paint=_painter(found.names, query(wanted)),
        here=f"/admin/plugins/matrix?{query(wanted)}",
    )


@get("/admin/plugins/at/{client:int}/{market:int}", guards=[MAY], include_in_schema=False)
async def place(request: Req, client: FromPath[int], market: FromPath[int]) -> Page:
    """Every plugin in one place; 0 is no client, or no market."""
    viewer, scope = cast(Viewer, request.user), Scope(client or None, market or None)
    column, names = await _column(viewer, scope)
    return await htmx.page(
        request,
        "admin/plugins_at.html",
        scope=scope,
        column=column,
        paint=_painter(names, f"at={client}.{market}"),
        rows=[matrix.row(each, [column]) for each in matrix.named()],
        markets=await _markets(viewer, scope),
    )


async def _column(viewer: Viewer, scope: Scope) -> tuple[Column, dict[int, str]]:
    """The place as a column, and the names of clients in it."""
    if scope.client is None:
        return Column(scope=Scope(), name="", may=viewer.is_owner), {}
    for client in await scopes.list_clients((scope.client,) if scope.client in viewer.clients else ()):
        found = client.market(scope.market)
        if matrix.reaches(viewer, client) and (
            scope.market is None or (found and viewer.sees(scope.client, scope.market))
        ):
            name = f"{client.name} · {found.name}" if found else client.name
            return Column(scope=scope, name=name, may=matrix.may(viewer, scope)), {client.id: client.name}
    raise NotFound(_("There is nothing here, or it is not yours to see."))


async def _markets(viewer: Viewer, scope: Scope) -> list[tuple[int, str]]:
    if scope.client is None or scope.market is not None:
        return []
    (client,) = await scopes.list_clients((scope.client,))
    return [(each.id, each.name) for each in client.markets if viewer.sees(client.id, each.id)]


def _cells(typed: Any) -> tuple[dict[Cell, bool | None], dict[Cell, bool | None]]:
    """What was chosen otherwise than it was, and how that was."""
    wanted: dict[Cell, bool | None] = {}
    was: dict[Cell, bool | None] = {}
    for name, value in typed.items():
        parts = str(name).rsplit(".", 3)
        if len(parts) != 4 or parts[3] not in _WAS or str(value) not in _TO:
            continue
        plugin, client, market = parts[0], whole(parts[1]), whole(parts[2])
        if client is None or market is None:
            continue
        cell, to = Cell(plugin, client or None, market or None), _TO[str(value)]
        if to is not _WAS[parts[3]]:
            wanted[cell], was[cell] = to, _WAS[parts[3]]
    return wanted, was


@post("/admin/plugins/cells", guards=[MAY], include_in_schema=False)
async def cells(request: Req) -> Page | Response[bytes]:
    """Make the switches as chosen; htmx gets the plugin's line anew, also when somebody was faster."""
    viewer = cast(Viewer, request.user)
    wanted, was = _cells(await request.form())
    target = htmx.target(request)
    said = ""
    try:
        await switching.change(viewer, wanted, was=was)
    except Conflict as problem:
        if not target:
            raise
        said = render(problem.words)
    if not target:
        back = htmx.here(request.query_params.get("back", ""), "/admin/plugins/matrix")
        return htmx.redirect(back, ngettext("%(num)s switch changed.", "%(num)s switches changed.", len(wanted)))
    return await _line(request, viewer, target, said)


def _painter(names: Mapping[int, str], asked: str) -> Painter:
    return Painter(names, f"/admin/plugins/cells?{asked}")


async def _line(request: Req, viewer: Viewer, target: str, said: str) -> Page:
    kind, _dash, name = target.partition("-")
    plugin = plugins.registry().plugins.get(name)
    if plugin is None:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    if kind == "line":
        client, market = (whole(each) or None for each in request.query_params.get("at", "0.0").split(".")[:2])
        column, names = await _column(viewer, Scope(client, market))
        paint = _painter(names, f"at={client or 0}.{market or 0}")
        line = matrix.row(plugin, [column])
        html = htmx.render(request, "admin/plugins_at_line.html", row=line, column=column, paint=paint)
    else:
        wanted = wanted_of(request)
        found = await matrix.matrix(viewer, wanted)
        paint = _painter(found.names, query(wanted))
        line = matrix.row(plugin, list(found.columns))
        html = htmx.render(request, "admin/matrix_row.html", row=line, columns=found.columns, paint=paint)
    answer = htmx.fragment(html)
    if said:
        answer.headers["HX-Trigger"] = json.dumps({"polydesk:said": {"words": said}})
    return answer


@get("/admin/plugins/history", guards=[MAY], include_in_schema=False)
async def history(request: Req) -> Page:
    """What was switched, by whom, and how to take it back."""
    viewer, most = cast(Viewer, request.user), 30
    page = max(1, whole(request.query_params.get("page", "1")) or 1)
    lines = await switching.history(viewer, most=most + 1, offset=(page - 1) * most)
    return await htmx.page(
        request,
        "admin/plugins_history.html",
        lines=lines[:most],
        page=page,
        more=len(lines) > most,
        label=_label,
        place=await _places(),
    )


@post("/admin/plugins/history/{number:int}/undo", guards=[MAY], include_in_schema=False)
async def undo(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Put the cells of a change back as they were."""
    try:
        count = await switching.undo(cast(Viewer, request.user), number)
    except Conflict as problem:
        return htmx.redirect("/admin/plugins/history", render(problem.words))
    said = ngettext("%(num)s switch is as it was before.", "%(num)s switches are as they were before.", count)
    return htmx.redirect("/admin/plugins/history", said)


@get("/admin/plugins/bulk", guards=[MAY], include_in_schema=False)
async def bulk(request: Req) -> Page:
    """The form for many at once."""
    return await _bulk(request, dict(request.query_params), None)


@post("/admin/plugins/bulk", guards=[MAY], include_in_schema=False)
async def apply(request: Req) -> Page | Response[bytes]:
    """First what would change; once that was seen, the change itself."""
    viewer, form = cast(Viewer, request.user), await request.form()
    typed = {name: str(value) for name, value in form.items()}
    names = tuple(str(each) for each in form.getall("plugin", []))
    chosen, places = await _read(viewer, typed, names)
    planned = await switching.planned(viewer, chosen)
    seen = typed.get("seen", "")
    if seen and seen == _digest(planned):
        was = {cell: switches.given(cell.plugin).get((cell.client, cell.market)) for cell in planned}
        number = await switching.change(viewer, planned, was=was)
        said = ngettext("%(num)s switch changed.", "%(num)s switches changed.", len(planned))
        return htmx.redirect(f"/admin/plugins/history#change-{number}", said)
    return await _bulk(request, typed, planned, names=names, moved=bool(seen), places=places)


async def _read(viewer: Viewer, typed: dict[str, str], names: tuple[str, ...]) -> tuple[Bulk, int]:
    do = typed.get("do", "switch")
    clients = [
        each
        for each in await scopes.list_clients(viewer.clients)
        if matrix.reaches(viewer, each) and matrix.is_meant(each, typed.get("place", "").strip())
    ]
    known = names or tuple(each.name for each in matrix.named())
    return Bulk(
        do=cast(Any, do if do in ("switch", "copy", "clear") else "switch"),
        names=known if do != "switch" else names,
        places=tuple(Scope(each.id) for each in clients),
        to=_TO.get(typed.get("to", "off")),
        source=_scope(typed.get("source", "0.0")),
        markets=typed.get("markets") == "on",
    ), len(clients)


def _scope(value: str) -> Scope:
    client, _dot, market = value.partition(".")
    return Scope(whole(client) or None, whole(market or "0") or None)


def _digest(planned: dict[Cell, bool | None]) -> str:
    """What was looked at: if it is something else by then, it is shown again first."""
    lines = sorted(f"{cell.plugin} {cell.client} {cell.market} {on}" for cell, on in planned.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:24] if planned else ""


async def _bulk(
    request: Req,
    typed: dict[str, str],
    planned: dict[Cell, bool | None] | None,
    *,
    names: tuple[str, ...] = (),
    moved: bool = False,
    places: int = 0,
) -> Page:
    viewer = cast(Viewer, request.user)
    clients = [
        msgspec.structs.replace(each, markets=tuple(it for it in each.markets if viewer.sees(each.id, it.id)))
        for each in await scopes.list_clients(viewer.clients)
        if matrix.reaches(viewer, each)
    ]
    return await htmx.page(
        request,
        "admin/plugins_bulk.html",
        typed=typed,
        names=names or tuple(filter(None, [typed.get("plugin", "")])),
        planned=planned,
        first=list((planned or {}).items())[:50],
        seen=_digest(planned or {}),
        moved=moved,
        places=places,
        plugins=matrix.named(),
        label=_label,
        clients=clients,
        place=await _places(),
    )


def _label(name: str) -> str:
    plugin = plugins.registry().plugins.get(name)
    return render(matrix.label(plugin)) if plugin else name


async def _places() -> Any:
    """Says what a cell's place is called."""
    names: dict[tuple[int | None, int | None], str] = {}
    for client in await scopes.list_clients():
        names[client.id, None] = client.name
        names.update({(client.id, each.id): f"{client.name} · {each.name}" for each in client.markets})

    def place_name(cell: Cell) -> str:
        if cell.client is None:
            return _("the whole installation")
        return names.get((cell.client, cell.market), _("a place that is no longer there"))

    return place_name


HANDLERS = [show, place, cells, history, undo, bulk, apply]
