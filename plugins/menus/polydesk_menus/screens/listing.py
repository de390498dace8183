"""Every menu one may keep, and a new one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, cast

import msgspec
from litestar import Response, get, post

from polydesk.errors import Invalid
from polydesk.fields import Choice, Field
from polydesk.i18n import N_, _
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.types import Text
from polydesk.web import guards, htmx
from polydesk.web.forms import Form
from polydesk.web.htmx import Page, Req
from polydesk_menus import outcomes, service
from polydesk_menus.screens import place
from polydesk_menus.starters import starter
from polydesk_menus.tree import Tree

WEEK = timedelta(days=7)


class NewMenu(msgspec.Struct, kw_only=True):
    """A menu to be."""

    name: Annotated[str, msgspec.Meta(max_length=200), Field(label=Text(N_("Name")), autocomplete="off")]
    place: Annotated[
        str,
        Field(label=Text(N_("For")), input="select", help=Text(N_("The menu of the narrowest place is the one used."))),
    ]
    start: Annotated[
        str,
        Field(
            label=Text(N_("Begin with")),
            input="select",
            choices=(
                Choice("starter", Text(N_("An example: orders, payments, couriers, partners"))),
                Choice("empty", Text(N_("An empty page"))),
            ),
        ),
    ] = "starter"


@get("/", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def list_menus(request: Req) -> Page:
    """Every menu, with how the last week was."""
    menus = await service.list_menus(cast(Viewer, request.user))
    since = datetime.now(UTC) - WEEK
    shown = [
        (
            menu,
            await place.place_name(menu.client, menu.market),
            await outcomes.outcome(menu.live, since) if menu.live else None,
        )
        for menu in menus
    ]
    return await htmx.page(request, "menus/list.html", menus=shown)


@get("/new", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def new(request: Req) -> Page:
    """An empty form."""
    viewer = cast(Viewer, request.user)
    choices = {"place": await place.free_places(viewer, await service.list_menus(viewer))}
    return await htmx.page(request, "menus/new.html", form=Form(NewMenu, choices=choices))


@post("/new", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def create(request: Req) -> Page | Response[bytes]:
    """Make it."""
    viewer = cast(Viewer, request.user)
    choices = {"place": await place.free_places(viewer, await service.list_menus(viewer))}
    form = Form(NewMenu, await request.form(), choices=choices)
    if form.value is not None:
        client, market = place.place_of(form.value.place)
        start = starter(await _languages(client, market)) if form.value.start == "starter" else Tree()
        try:
            made = await service.create_menu(viewer, client, market, form.value.name, start)
        except Invalid as problem:
            form.refuse(problem)
        else:
            return htmx.redirect(f"/p/menus/{made}", _("The draft is ready. Nobody sees it until you publish it."))
    return await htmx.page(request, "menus/new.html", status=422, form=form)


async def _languages(client: int | None, market: int | None) -> tuple[str, ...]:
    for each in await scopes.list_clients((client,) if client else ()):
        return next((one.languages for one in each.markets if one.id == market), each.languages)
    return ("en",)


HANDLERS = [list_menus, new, create]
