"""Numbers that nobody may call: shown, added one by one or by the file, taken off."""

from __future__ import annotations

from typing import Any, cast

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from polydesk import db
from polydesk.errors import Invalid
from polydesk.i18n import _, kept, ngettext
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff.access import Viewer
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req
from polydesk_voice.lists import never, phones, service, sheets

GUARDS = [guards.may(service.RIGHT)]


@get("/do-not-call", guards=GUARDS, include_in_schema=False)
async def numbers(request: Req) -> Page:
    """A client's."""
    return await _page(request)


@post("/do-not-call", guards=GUARDS, include_in_schema=False)
async def add(request: Req) -> Page | Response[bytes]:
    """Put numbers on it: typed, one a line, or a file of them."""
    viewer = cast(Viewer, request.user)
    typed = await request.form()
    client = whole(typed.get("client", "")) or 0
    viewer.require(service.RIGHT, client)
    written = [each for each in str(typed.get("numbers", "")).splitlines() if each.strip()]
    file = typed.get("file")
    try:
        if isinstance(file, UploadFile) and file.filename:
            written += _cells(await file.read(sheets.LARGEST + 1))
    except sheets.NoSheet as problem:
        return await _page(request, str(problem))
    region = str(typed.get("region", "")).upper()
    found, wrong = _read(written, region if phones.is_region(region) else "")
    if not found:
        return await _page(request, _("There is no telephone number among these."), typed)
    async with db.transaction():
        added = await never.add(client, found, str(typed.get("reason", "")), viewer.id)
    said = ngettext("%(num)s number was added.", "%(num)s numbers were added.", added)
    if wrong:
        said += " " + ngettext("%(num)s line was no number.", "%(num)s lines were no numbers.", wrong)
    return htmx.redirect(f"/p/voice/do-not-call?client={client}", said)


@post("/do-not-call/{number:int}/remove", guards=GUARDS, include_in_schema=False)
async def remove(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Take one off."""
    await never.remove(cast(Viewer, request.user), number)
    return htmx.redirect("/p/voice/do-not-call", _("It may be called again; lists it was taken off stay as they are."))


def _cells(data: bytes) -> list[str]:
    """Of each line the first cell that is a number, or else the whole of it."""
    return ["\t".join(cells) for _line, cells in sheets.read(data).rows]


def _read(written: list[str], region: str) -> tuple[list[str], int]:
    found: list[str] = []
    wrong = 0
    for line in written:
        for cell in line.split("\t"):
            try:
                found.append(phones.normal(cell, region))
                break
            except phones.NoNumber:
                continue
        else:
            wrong += 1
    return found, wrong


async def _page(request: Req, problem: str = "", typed: Any = None) -> Page:
    viewer = cast(Viewer, request.user)
    clients = [each for each in await scopes.list_clients(viewer.clients) if viewer.can(service.RIGHT, each.id)]
    asked = whole((typed or request.query_params).get("client", ""))
    client = next((each for each in clients if each.id == asked), clients[0] if clients else None)
    if client is None:
        raise Invalid(message=_("These numbers are kept for a whole client, and you have a part of one."))
    words = str(request.query_params.get("q", ""))[:100]
    before = whole(request.query_params.get("before", "")) or 0
    found, after = await never.listing(viewer, client.id, words, before)
    own = await db.fetch("SELECT address FROM pd_account WHERE client = {} AND channel = 'voice' LIMIT 1", client.id)
    return await htmx.page(
        request,
        "voice/never.html",
        status=422 if problem else 200,
        numbers=found,
        after=after,
        before=before,
        client=client,
        clients=clients,
        q=words,
        names={each.id: each.name for each in await people.list_people(viewer)},
        kept=kept,
        problem=problem,
        typed=str(typed.get("numbers", "")) if typed else "",
        regions=phones.regions(),
        region=phones.region_of(client.markets[0].code if client.markets else "", own[0]["address"] if own else ""),
    )


HANDLERS = [numbers, add, remove]
