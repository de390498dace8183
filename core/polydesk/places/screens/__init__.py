"""Clients and markets on screen."""

from __future__ import annotations

from typing import Annotated, Any, cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from polydesk.errors import Invalid
from polydesk.fields import Choice, Field
from polydesk.i18n import N_, _
from polydesk.places import service
from polydesk.places.screens import forms, telling
from polydesk.places.screens.forms import PlaceForm
from polydesk.scopes import service as scopes
from polydesk.scopes.places import LEGAL_KINDS, Details, resolve
from polydesk.staff import people
from polydesk.staff.access import Viewer
from polydesk.types import Scope, Text
from polydesk.web import guards, htmx
from polydesk.web.forms import Form
from polydesk.web.htmx import Page, Req

MAY = guards.may(service.RIGHT)


class Company(msgspec.Struct, kw_only=True):
    """What has to be known of a new client; the rest can wait."""

    name: Annotated[str, Field(label=Text(N_("Name")), autocomplete="off"), msgspec.Meta(max_length=200)]
    languages: Annotated[
        tuple[str, ...], Field(label=Text(N_("Languages")), input="languages", help=Text(N_("The usual one first.")))
    ] = ()


@get("/admin/clients", guards=[MAY], include_in_schema=False)
async def clients(request: Req) -> Page:
    """Every client and market the viewer may set up."""
    viewer = cast(Viewer, request.user)
    return await htmx.page(request, "admin/clients.html", clients=await service.list_places(viewer))


@get("/admin/clients/new", guards=[guards.owner], include_in_schema=False)
async def new_client(request: Req) -> Page:
    """Take in a company."""
    return await htmx.page(request, "admin/client_new.html", form=Form(Company))


@post("/admin/clients/new", guards=[guards.owner], include_in_schema=False)
async def make_client(request: Req) -> Page | Response[bytes]:
    """Then its own screen has the rest."""
    form = Form(Company, await request.form())
    if form.value is not None:
        details = Details(languages=form.value.languages)
        try:
            made = await service.new_client(cast(Viewer, request.user), name=form.value.name, details=details)
        except Invalid as problem:
            form.refuse(problem)
        else:
            return htmx.redirect(f"/admin/clients/{made}", _("Saved."))
    return await htmx.page(request, "admin/client_new.html", status=422, form=form)


@get("/admin/clients/{number:int}", guards=[MAY], include_in_schema=False)
async def client(request: Req, number: FromPath[int]) -> Page:
    """A client, its markets, and what it says of itself."""
    return await _client_page(request, number)


@post("/admin/clients/{number:int}", guards=[MAY], include_in_schema=False)
async def save_client(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Change it."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    found = await service.get_client(viewer, number)
    viewer.require(service.RIGHT, number)
    form = await forms.of(viewer, Scope(number), found.name, "", found.own, None, service.mark(found), typed)
    if form.form.value is not None:
        details = forms.details(form.form.value, typed)
        try:
            await service.change_client(viewer, number, name=form.form.value.name, details=details, seen=form.seen)
        except service.Moved as problem:
            form.moved(problem)
        except Invalid as problem:
            form.refuse(problem)
        else:
            return htmx.redirect(f"/admin/clients/{number}", _("Saved."))
    return await _client_page(request, number, form, 422)


@post("/admin/clients/{number:int}/sandbox", guards=[MAY], include_in_schema=False)
async def sandbox(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Into the sandbox, or out of it."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    found, on = await service.get_client(viewer, number), typed.get("do") == "on"
    await service.change_client(viewer, number, name=found.name, details=found.own, sandbox=on)
    said = _("Nothing leaves any more: what would is kept here.") if on else _("Messages leave again.")
    return htmx.redirect(f"/admin/clients/{number}", said)


async def _client_page(request: Req, number: int, form: PlaceForm | None = None, status: int = 200) -> Page:
    viewer = cast(Viewer, request.user)
    found = await service.get_client(viewer, number)
    whole = viewer.can(service.RIGHT, number)
    holds = await scopes.place(Scope(number))
    if whole and form is None:
        form = await forms.of(viewer, Scope(number), found.name, "", found.own, None, service.mark(found))
    return await htmx.page(
        request,
        "admin/client.html",
        status=status,
        client=found,
        holds=telling.holds(holds, await _names(viewer)),
        form=form,
        legal_kinds=LEGAL_KINDS,
        whole=whole,
        changes=telling.changes(await service.history(viewer, Scope(number))) if whole else [],
    )


@get("/admin/markets/{number:int}", guards=[MAY], include_in_schema=False)
async def market(request: Req, number: FromPath[int]) -> Page:
    """A market: what holds there, where that comes from, and what it says itself."""
    return await _market_page(request, number)


@post("/admin/markets/{number:int}", guards=[MAY], include_in_schema=False)
async def save_market(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Change it."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    form = await _market_form(viewer, number, typed)
    if form.form.value is not None:
        said = form.form.value
        details = forms.details(said, typed)
        try:
            await service.change_market(viewer, number, code=said.code, name=said.name, details=details, seen=form.seen)
        except service.Moved as problem:
            form.moved(problem)
        except Invalid as problem:
            form.refuse(problem)
        else:
            return htmx.redirect(f"/admin/markets/{number}", _("Saved."))
    return await _market_page(request, number, form, 422)


async def _market_form(viewer: Viewer, number: int, typed: Any = None) -> PlaceForm:
    client, found = await service.get_market(viewer, number)
    above = resolve(None, client.own)
    seen = service.mark(found)
    return await forms.of(viewer, Scope(client.id, number), found.name, found.code, found.own, above, seen, typed)


async def _market_page(request: Req, number: int, form: PlaceForm | None = None, status: int = 200) -> Page:
    viewer = cast(Viewer, request.user)
    client, found = await service.get_market(viewer, number)
    scope = Scope(client.id, number)
    return await htmx.page(
        request,
        "admin/market.html",
        status=status,
        client=client,
        market=found,
        holds=telling.holds(await scopes.place(scope), await _names(viewer)),
        form=form or await _market_form(viewer, number),
        legal_kinds=LEGAL_KINDS,
        origin=await service.made_from(viewer, number),
        changes=telling.changes(await service.history(viewer, scope)),
    )


async def _names(viewer: Viewer) -> dict[int, str]:
    return {person.id: person.name for person in await people.list_people(viewer)}


class Start(msgspec.Struct, kw_only=True):
    """A new market."""

    name: Annotated[str, Field(label=Text(N_("Name")), autocomplete="off"), msgspec.Meta(max_length=200)]
    code: Annotated[
        str,
        Field(
            label=Text(N_("Code")),
            autocomplete="off",
            help=Text(N_("Short, such as fr or es-ct. Packs and the command line call it so.")),
        ),
    ]
    start: Annotated[
        str,
        Field(
            label=Text(N_("Begin with")),
            input="select",
            required=False,
            help=Text(N_("Queues, texts, menus, plugins and settings come along; accounts and people do not.")),
        ),
    ] = ""


def start_form(choices: list[Choice], typed: Any = None) -> Form[Start]:
    """The form of a new market."""
    return Form(Start, typed, choices={"start": choices})


HANDLERS = [clients, new_client, make_client, client, save_client, sandbox, market, save_market]
