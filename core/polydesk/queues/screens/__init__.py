"""Queues as an admin sets them up."""

from __future__ import annotations

from typing import Annotated, Any, cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from polydesk.errors import Invalid
from polydesk.fields import Field
from polydesk.i18n import N_, _
from polydesk.queues import service
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff.access import Viewer
from polydesk.staff.screens.people import place_of, places
from polydesk.types import Scope, Text
from polydesk.web import guards, htmx
from polydesk.web.forms import Form, whole
from polydesk.web.htmx import Page, Req


class Details(msgspec.Struct, kw_only=True):
    """A queue's own fields; weights and members stand beside them."""

    name: Annotated[str, Field(label=Text(N_("Name")), autocomplete="off")]
    place: Annotated[str, Field(label=Text(N_("For")), input="select", help=Text(N_("Whose conversations wait here.")))]
    assigns: Annotated[
        bool,
        Field(
            label=Text(N_("Give conversations to agents")),
            input="checkbox",
            help=Text(N_("Otherwise agents take them from the list themselves.")),
        ),
    ] = True


@get("/admin/queues", guards=[guards.may("queue.manage")], include_in_schema=False)
async def list_queues(request: Req) -> Page:
    """Every queue."""
    viewer = cast(Viewer, request.user)
    return await htmx.page(
        request,
        "admin/queues.html",
        queues=await service.list_queues(viewer),
        clients={client.id: client for client in await scopes.list_clients()},
        strategies=service.strategies(Scope()),
    )


async def _show(
    request: Req,
    queue: service.Queue | None,
    form: Form[Details] | None = None,
    weights: dict[str, str] | None = None,
    members: tuple[int, ...] | None = None,
    status: int = 200,
) -> Page:
    viewer = cast(Viewer, request.user)
    choices = {"place": await places(viewer, "queue.manage")}
    scope = Scope(queue.client, queue.market) if queue else Scope()
    stored = None
    if queue is not None:
        place = f"{queue.client}:{queue.market}" if queue.market else str(queue.client)
        stored = Details(name=queue.name, place=place, assigns=queue.assigns)
    elif len(choices["place"]) == 1:
        stored = Details(name="", place=choices["place"][0].value)
    strategies = service.strategies(scope)
    known = queue.weights if queue else {}
    return await htmx.page(
        request,
        "admin/queue.html",
        status=status,
        queue=queue,
        form=form or Form(Details, stored=stored, choices=choices),
        strategies=strategies,
        weights=weights or {each.name: f"{known.get(each.name, 1):g}" for each in strategies},
        people=[person for person in await people.list_people(viewer) if person.active],
        members=(queue.members if queue else ()) if members is None else members,
    )


@get("/admin/queues/new", guards=[guards.may("queue.manage")], include_in_schema=False)
async def new(request: Req) -> Page:
    """An empty one."""
    return await _show(request, None)


@get("/admin/queues/{number:int}", guards=[guards.may("queue.manage")], include_in_schema=False)
async def queue(request: Req, number: FromPath[int]) -> Page:
    """One queue."""
    return await _show(request, await service.get_queue(cast(Viewer, request.user), number))


@post(["/admin/queues/new", "/admin/queues/{number:int}"], guards=[guards.may("queue.manage")], include_in_schema=False)
async def save(request: Req, number: FromPath[int] = 0) -> Page | Response[bytes]:
    """Create it, or change it."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    found = await service.get_queue(viewer, number) if number else None
    form = Form(Details, typed, choices={"place": await places(viewer, "queue.manage")})
    members = tuple(one for one in map(whole, typed.getall("members", [])) if one is not None)
    raw = {key.removeprefix("weight-"): str(value) for key, value in typed.items() if key.startswith("weight-")}
    if form.value is not None:
        client, market = place_of(form.value.place)
        try:
            await service.save_queue(
                viewer,
                client=client,
                market=market,
                name=form.value.name,
                assigns=form.value.assigns,
                weights=_weights(raw),
                members=members,
                queue=number or None,
            )
        except Invalid as problem:
            form.refuse(problem)
        else:
            return htmx.redirect("/admin/queues", _("Saved."))
    return await _show(request, found, form, raw, members, status=422)


def _weights(raw: dict[str, Any]) -> dict[str, float]:
    try:
        return {name: float(value.strip().replace(",", ".") or 1) for name, value in raw.items()}
    except ValueError:
        raise Invalid({"weights": _("Enter weights from 0 to 100.")}) from None


HANDLERS = [list_queues, new, queue, save]
