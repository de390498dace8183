"""A file on its way into a list: chosen, mapped, tried, taken."""

from __future__ import annotations

import csv
import io
from typing import Any, cast

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from polydesk.errors import Invalid
from polydesk.i18n import _, render
from polydesk.staff.access import Viewer
from polydesk.web import guards, htmx
from polydesk.web.htmx import Page, Req
from polydesk_voice.figures.files import safe
from polydesk_voice.lists import importing, phones, service, sheets
from polydesk_voice.lists.importing import Import
from polydesk_voice.lists.mapping import ROLES, Mapping

GUARDS = [guards.may(service.RIGHT)]
_SHOWN = 6


@get("/lists/{number:int}/import", guards=GUARDS, include_in_schema=False)
async def choose(request: Req, number: FromPath[int]) -> Page:
    """Which file?"""
    viewer = cast(Viewer, request.user)
    it = await service.kept(viewer, number)
    return await htmx.page(request, "voice/list_file.html", it=it, problem="")


@post("/lists/{number:int}/import", guards=GUARDS, include_in_schema=False)
async def upload(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Keep it and guess its columns."""
    viewer = cast(Viewer, request.user)
    it = await service.kept(viewer, number)
    file = (await request.form()).get("file")
    data = await file.read(sheets.LARGEST + 1) if isinstance(file, UploadFile) and file.filename else b""
    problem = "" if data else _("Choose a file.")
    if data and isinstance(file, UploadFile):
        try:
            made = await importing.begin(viewer, number, file.filename, data)
        except Invalid as refused:
            problem = str(refused)
        else:
            return htmx.redirect(f"/p/voice/lists/{number}/import/{made}")
    return await htmx.page(request, "voice/list_file.html", status=422, it=it, problem=problem)


@get("/lists/{number:int}/import/{file:int}", guards=GUARDS, include_in_schema=False)
async def show(request: Req, number: FromPath[int], file: FromPath[int]) -> Page:
    """How far it is."""
    return await _page(request, number, file)


@post("/lists/{number:int}/import/{file:int}", guards=GUARDS, include_in_schema=False)
async def proceed(request: Req, number: FromPath[int], file: FromPath[int]) -> Page | Response[bytes]:
    """Read it another way, try it, or take it."""
    viewer = cast(Viewer, request.user)
    typed = await request.form()
    it = await importing.get(viewer, number, file)
    try:
        match str(typed.get("do", "")):
            case "read":
                await importing.reread(
                    viewer, number, file, str(typed.get("encoding", "")), str(typed.get("delimiter", ""))
                )
            case "take":
                await importing.take(viewer, number, file)
            case _:
                await importing.try_out(viewer, number, file, _mapping(it, typed))
    except Invalid as problem:
        return await _page(request, number, file, str(problem))
    return htmx.redirect(f"/p/voice/lists/{number}/import/{file}")


@get("/lists/{number:int}/import/{file:int}/problems.csv", guards=GUARDS, include_in_schema=False)
async def problems(request: Req, number: FromPath[int], file: FromPath[int]) -> Response[str]:
    """The lines that are not taken, to be put right and brought again."""
    it = await importing.get(cast(Viewer, request.user), number, file)
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow([_("Line"), _("Number"), _("Reason")])
    for each in it.report.problems:
        writer.writerow(safe([each.line, each.cell, each.words]))
    headers = {"Content-Disposition": f'attachment; filename="not-taken-{file}.csv"', "Cache-Control": "no-store"}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _mapping(it: Import, typed: Any) -> Mapping:
    before = it.mapping
    assert before is not None
    region = str(typed.get("region", "")).upper()
    return Mapping(
        encoding=before.encoding,
        delimiter=before.delimiter,
        headings=bool(typed.get("headings")),
        region=region if phones.is_region(region) else "",
        roles=tuple(
            cast(Any, role) if (role := str(typed.get(f"role-{at}", ""))) in ROLES else "ignore"
            for at in range(len(before.roles))
        ),
    )


async def _page(request: Req, number: int, file: int, problem: str = "") -> Page:
    viewer = cast(Viewer, request.user)
    found = await importing.get(viewer, number, file)
    rows: list[list[str]] = []
    if found.storage_key and found.state in ("mapping", "tried", "failed"):
        rows = [cells for _line, cells in (await importing.sheet_of(found)).rows[:_SHOWN]]
    return await htmx.page(
        request,
        "voice/list_import.html",
        status=422 if problem else 200,
        it=await service.kept(viewer, number),
        file=found,
        rows=rows,
        roles={name: render(label) for name, label in ROLES.items()},
        encodings=sheets.ENCODINGS,
        delimiters={value: render(label) for value, label in sheets.DELIMITERS.items()},
        regions=phones.regions(),
        problem=problem,
    )


HANDLERS = [choose, upload, show, proceed, problems]
