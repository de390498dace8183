"""New markets, what they are made from, and how far they have gone from it."""

from __future__ import annotations

from typing import cast

from litestar import Response, get, post
from litestar.params import FromPath

from polydesk.errors import Invalid
from polydesk.fields import Choice
from polydesk.i18n import N_, _
from polydesk.packs import making, parts, templates
from polydesk.packs.screens.shown import shown
from polydesk.places import service as places
from polydesk.places.screens import start_form
from polydesk.scopes.places import Details
from polydesk.staff.access import Viewer
from polydesk.types import Text
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req

MAY = guards.may(places.RIGHT)


async def _choices(viewer: Viewer, client: int) -> list[Choice]:
    kept = [
        Choice(f"template:{each.id}", Text(N_("Kept: {name}"), {"name": each.name}))
        for each in await templates.list_templates(viewer, client)
    ]
    markets = [
        Choice(f"market:{market.id}", Text(N_("As {client} · {name}"), {"client": each.name, "name": market.name}))
        for each in await places.list_places(viewer)
        for market in each.markets
    ]
    return [Choice("", Text(N_("Nothing: all is inherited"))), *kept, *markets]


@get("/admin/clients/{number:int}/markets/new", guards=[MAY], include_in_schema=False)
async def new(request: Req, number: FromPath[int]) -> Page:
    """A name, a code, and what to begin with."""
    viewer = cast(Viewer, request.user)
    client = await places.get_client(viewer, number)
    form = start_form(await _choices(viewer, number))
    return await htmx.page(request, "admin/market_new.html", client=client, form=form)


@post("/admin/clients/{number:int}/markets/new", guards=[MAY], include_in_schema=False)
async def make(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Make it."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    client = await places.get_client(viewer, number)
    form = start_form(await _choices(viewer, number), typed)
    if form.value is not None:
        kind, _colon, source = form.value.start.partition(":")
        code, name, origin = form.value.code, form.value.name, whole(source) or 0
        try:
            if kind == "market":
                made = await making.make(
                    viewer, number, code=code, name=name, origin=await making.copied(viewer, origin)
                )
            elif kind == "template":
                begun = await making.from_template(viewer, origin)
                made = await making.make(viewer, number, code=code, name=name, origin=begun)
            else:
                made = await places.new_market(viewer, number, code=code, name=name, details=Details())
        except Invalid as problem:
            form.refuse(problem)
        else:
            return htmx.redirect(f"/admin/markets/{made}", _("The market is there. Complete what is its own."))
    return await htmx.page(request, "admin/market_new.html", status=422, client=client, form=form)


@get("/admin/markets/{number:int}/differences", guards=[MAY], include_in_schema=False)
async def differences(request: Req, number: FromPath[int]) -> Page:
    """From what it was made from, as that was then and as it is now; or from another market."""
    viewer = cast(Viewer, request.user)
    client, market = await places.get_market(viewer, number)
    other = whole(request.query_params.get("with", "")) or 0
    distance = None if other else await making.distance(viewer, number)
    labels = parts.labels()
    return await htmx.page(
        request,
        "admin/differences.html",
        client=client,
        market=market,
        other=other,
        markets=[
            (each.id, f"{one.name} · {each.name}")
            for one in await places.list_places(viewer)
            for each in one.markets
            if each.id != number
        ],
        between=shown(await making.between(viewer, other, number), labels) if other else None,
        distance=distance,
        since=shown(distance.since, labels) if distance else [],
        now=shown(distance.now, labels) if distance and distance.now is not None else None,
    )


@post("/admin/markets/{number:int}/keep", guards=[MAY], include_in_schema=False)
async def keep(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Keep it as it is now, to make markets from."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    _client, market = await places.get_market(viewer, number)
    name = str(typed.get("name") or "").strip() or market.name
    await templates.keep(viewer, number, name, everyone=bool(typed.get("everyone")) and viewer.is_owner)
    return htmx.redirect(f"/admin/markets/{number}", _("Kept. New markets can begin with it."))


@post("/admin/templates/{number:int}/remove", guards=[MAY], include_in_schema=False)
async def remove(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Keep a configuration no longer."""
    await templates.remove(cast(Viewer, request.user), number)
    return htmx.redirect("/admin/clients", _("Removed."))


HANDLERS = [new, make, differences, keep, remove]
