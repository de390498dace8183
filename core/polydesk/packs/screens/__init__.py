"""Packs on screen: taken home, looked at before they are applied, and taken back."""

from __future__ import annotations

import asyncio
import base64
from typing import cast

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import MediaType
from litestar.params import FromPath

from polydesk.errors import Conflict, Invalid
from polydesk.i18n import _
from polydesk.packs import applying, carrying, files, parts, rights, service
from polydesk.packs.applying import Outcome
from polydesk.packs.screens import making
from polydesk.packs.screens.shown import shown
from polydesk.places import service as places
from polydesk.staff.access import Viewer
from polydesk.types import Scope
from polydesk.web import guards, htmx
from polydesk.web.htmx import Page, Req

MAY = guards.may(places.RIGHT)


async def _at(viewer: Viewer, place: str, number: int) -> tuple[Scope, str, str]:
    """The scope, its name and the address of its screen; `NotFound` for anything else."""
    if place == "clients":
        client = await places.get_client(viewer, number)
        viewer.require(places.RIGHT, number)
        return Scope(number), client.name, f"/admin/clients/{number}"
    client, market = await places.get_market(viewer, number)
    return Scope(client.id, number), f"{client.name} · {market.name}", f"/admin/markets/{number}"


async def _page(
    request: Req,
    place: str,
    number: int,
    *,
    outcome: Outcome | None = None,
    kept: str = "",
    removes: bool = False,
    moved: str = "",
    wrong: Invalid | None = None,
    status: int = 200,
) -> Page:
    viewer = cast(Viewer, request.user)
    scope, name, home = await _at(viewer, place, number)
    return await htmx.page(
        request,
        "admin/pack.html",
        status=status,
        name=name,
        home=home,
        outcome=outcome,
        differences=shown(outcome.differences, parts.labels()) if outcome else [],
        left=shown(outcome.left, parts.labels()) if outcome else [],
        kept=kept,
        removes=removes,
        seen=applying.mark(outcome) if outcome else "",
        moved=moved,
        wrong=wrong,
        history=await service.history(viewer, scope),
    )


@get(["/admin/clients/{number:int}/pack", "/admin/markets/{number:int}/pack"], guards=[MAY], include_in_schema=False)
async def pack(request: Req, number: FromPath[int]) -> Page:
    """Download, upload, and what was applied."""
    return await _page(request, _kind(request), number)


@get(
    ["/admin/clients/{number:int}/pack/download", "/admin/markets/{number:int}/pack/download"],
    guards=[MAY],
    include_in_schema=False,
)
async def download(request: Req, number: FromPath[int]) -> Response[bytes]:
    """As a zip file."""
    viewer = cast(Viewer, request.user)
    scope, _name, _home = await _at(viewer, _kind(request), number)
    made = await service.export(viewer, scope)
    raw = carrying.zipped(files.write(made))
    headers = {
        "Content-Disposition": f'attachment; filename="{_kind(request)[:-1]}-{made.code or number}-pack.zip"',
        "Cache-Control": "no-store",
    }
    return Response(raw, media_type="application/zip", headers=headers)


@post(["/admin/clients/{number:int}/pack", "/admin/markets/{number:int}/pack"], guards=[MAY], include_in_schema=False)
async def look(request: Req, number: FromPath[int]) -> Page:
    """What an uploaded pack would change; nothing has changed yet."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    scope, _name, _home = await _at(viewer, _kind(request), number)
    removes = bool(typed.get("removes"))
    upload = typed.get("pack")
    raw = await upload.read() if isinstance(upload, UploadFile) else b""
    try:
        given = await asyncio.to_thread(carrying.unzipped, raw)
        outcome = await service.try_out(viewer, scope, given, removes=removes)
    except Invalid as problem:
        return await _page(request, _kind(request), number, wrong=problem, removes=removes, status=422)
    kept = base64.b64encode(raw).decode()
    return await _page(request, _kind(request), number, outcome=outcome, kept=kept, removes=removes)


@post(
    ["/admin/clients/{number:int}/pack/apply", "/admin/markets/{number:int}/pack/apply"],
    guards=[MAY],
    include_in_schema=False,
)
async def apply(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Make it so, when that is still what was looked at."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    scope, _name, home = await _at(viewer, _kind(request), number)
    kept, removes = str(typed.get("kept") or ""), bool(typed.get("removes"))
    try:
        given = await asyncio.to_thread(carrying.unzipped, base64.b64decode(kept, validate=True))
        await service.apply(viewer, scope, given, removes=removes, seen=str(typed.get("seen") or ""))
    except applying.Moved as other:
        return await _page(
            request,
            _kind(request),
            number,
            outcome=other.outcome,
            kept=kept,
            removes=removes,
            moved=str(other),
            status=409,
        )
    except ValueError:
        return htmx.redirect(f"{home}/pack")
    except Invalid as problem:
        return await _page(request, _kind(request), number, wrong=problem, status=422)
    return htmx.redirect(f"{home}/pack", _("The pack is applied."))


@post("/admin/packs/{number:int}/rollback", guards=[MAY], include_in_schema=False)
async def roll_back(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Put back what was there before; where something was changed since, only after another look."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    change = await service.applied(viewer, number)
    home = f"/admin/markets/{change.scope.market}" if change.scope.market else f"/admin/clients/{change.scope.client}"
    try:
        await service.roll_back(viewer, number, anyway=bool(typed.get("anyway")))
    except (Conflict, Invalid) as problem:
        moved = [] if change.undone_at else await service.changed_since(viewer, change)
        return await htmx.page(
            request,
            "admin/pack_rollback.html",
            status=409,
            change=change,
            home=home,
            why=str(problem),
            differences=shown(moved, parts.labels()),
        )
    return htmx.redirect(f"{home}/pack", _("All is as it was before."))


@get("/admin/packs/{number:int}/left-over", guards=[MAY], include_in_schema=False)
async def left_over(request: Req, number: FromPath[int]) -> Response[bytes]:
    """What a pack had and nobody here knew, as a pack of its own: for when its plugin is installed."""
    viewer = cast(Viewer, request.user)
    change = await service.applied(viewer, number)
    of = "market" if change.scope.market else "client"
    strange = {
        code: seen
        for code, content in change.data.get("strange", {}).items()
        if (seen := rights.seen(viewer, content, [change.scope]))
    }
    raw = carrying.zipped(files.write(files.made(of, change.data["name"], "", (), strange)))
    headers = {"Content-Disposition": f'attachment; filename="left-over-{number}.zip"', "Cache-Control": "no-store"}
    return Response(raw, media_type=MediaType.TEXT if not strange else "application/zip", headers=headers)


def _kind(request: Req) -> str:
    return request.url.path.split("/")[2]


HANDLERS = [pack, download, look, apply, roll_back, left_over, *making.HANDLERS]
