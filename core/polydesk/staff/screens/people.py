"""Colleagues: who they are, inviting them, and what they may do."""

from __future__ import annotations

from typing import Annotated, Any, cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from polydesk.errors import Invalid, NotFound
from polydesk.fields import Choice, Field
from polydesk.i18n import N_, _
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff.access import Viewer
from polydesk.types import Text
from polydesk.web import guards, htmx
from polydesk.web.forms import Form, whole
from polydesk.web.htmx import Page, Req

ROLES = (
    Choice("agent", Text(N_("Agent"))),
    Choice("analyst", Text(N_("Quality analyst"))),
    Choice("supervisor", Text(N_("Supervisor"))),
    Choice("admin", Text(N_("Admin"))),
)
SPEAKS = Field(
    label=Text(N_("Languages they work in")), input="languages", help=Text(N_("Queues look at this to find who fits."))
)


class Invitation(msgspec.Struct, kw_only=True):
    """A new colleague."""

    name: Annotated[str, Field(label=Text(N_("Name")), autocomplete="off")]
    email: Annotated[str, Field(label=Text(N_("Email")), input="email", autocomplete="off")]
    place: Annotated[str, Field(label=Text(N_("Works for")), input="select")]
    role: Annotated[str, Field(label=Text(N_("Role")), input="select", choices=ROLES)] = "agent"
    speaks: Annotated[tuple[str, ...], SPEAKS] = ()


class Details(msgspec.Struct, kw_only=True):
    """A colleague's details."""

    name: Annotated[str, Field(label=Text(N_("Name")), autocomplete="off")]
    speaks: Annotated[tuple[str, ...], SPEAKS] = ()
    capacity: Annotated[
        int,
        Field(
            label=Text(N_("Conversations at once")),
            input="number",
            help=Text(N_("Queues give them no more than this many open ones.")),
        ),
        msgspec.Meta(ge=0, le=500),
    ] = 8
    active: Annotated[
        bool,
        Field(
            label=Text(N_("May sign in")),
            input="checkbox",
            help=Text(N_("Switching this off signs them out everywhere at once. What they did stays.")),
        ),
    ] = True


class Membership(msgspec.Struct, kw_only=True):
    """One more place to work."""

    place: Annotated[str, Field(label=Text(N_("Works for")), input="select")]
    role: Annotated[str, Field(label=Text(N_("Role")), input="select", choices=ROLES)] = "agent"


async def places(viewer: Viewer, permission: str) -> list[Choice]:
    """Clients and their markets where the viewer holds a right, as the options of a select: "3" or "3:7"."""
    found = []
    for client in await scopes.list_clients(viewer.clients):
        if viewer.can(permission, client.id):
            found.append(Choice(str(client.id), Text("{name}", {"name": client.name})))
        found += [
            Choice(f"{client.id}:{market.id}", Text("{client} · {name}", {"client": client.name, "name": market.name}))
            for market in client.markets
            if viewer.can(permission, client.id, market.id)
        ]
    return found


def place_of(value: str) -> tuple[int, int | None]:
    """The client and market of such an option."""
    client, _colon, market = value.partition(":")
    found = whole(client), whole(market) if market else None
    if found[0] is None or (market and found[1] is None):
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return found[0], found[1]


@get("/people", guards=[guards.signed_in], include_in_schema=False)
async def list_people(request: Req) -> Page:
    """Everyone the viewer works with."""
    viewer = cast(Viewer, request.user)
    names = {client.id: client for client in await scopes.list_clients()}
    return await htmx.page(request, "people/list.html", people=await people.list_people(viewer), clients=names)


@get("/people/new", guards=[guards.may("staff.manage")], include_in_schema=False)
async def new(request: Req) -> Page:
    """Invite somebody."""
    choices = await places(cast(Viewer, request.user), "staff.manage")
    only = Invitation(name="", email="", place=choices[0].value) if len(choices) == 1 else None
    form = Form(Invitation, stored=only, choices={"place": choices})
    return await htmx.page(request, "people/invite.html", form=form, link="")


@post("/people/new", guards=[guards.may("staff.manage")], include_in_schema=False)
async def invite(request: Req) -> Page:
    """Make the invitation, and show its link this once."""
    viewer = cast(Viewer, request.user)
    form = Form(Invitation, await request.form(), choices={"place": await places(viewer, "staff.manage")})
    if form.value is not None:
        given = form.value
        client, market = place_of(given.place)
        try:
            token = await people.invite(
                viewer,
                name=given.name,
                email=given.email,
                client=client,
                market=market,
                role=cast(Any, given.role),
                speaks=given.speaks,
            )
        except Invalid as problem:
            form.refuse(problem)
        else:
            return await htmx.page(
                request, "people/link.html", name=given.name, link=_link(request, token) if token else ""
            )
    return await htmx.page(request, "people/invite.html", status=422, form=form)


def _link(request: Req, token: str) -> str:
    return f"{request.app.state.settings.address}/invite/{token}"


async def _show(
    request: Req,
    person: people.Person,
    form: Form[Details] | None = None,
    membership: Form[Membership] | None = None,
    status: int = 200,
) -> Page:
    viewer = cast(Viewer, request.user)
    stored = Details(name=person.name, speaks=person.speaks, capacity=person.capacity, active=person.active)
    choices = {"place": await places(viewer, "staff.manage")}
    return await htmx.page(
        request,
        "people/person.html",
        status=status,
        person=person,
        form=form or Form(Details, stored=stored),
        membership=membership or Form(Membership, choices=choices, prefix="new-"),
        clients={client.id: client for client in await scopes.list_clients()},
        manages=viewer.can("staff.manage"),
    )


@get("/people/{number:int}", guards=[guards.signed_in], include_in_schema=False)
async def person(request: Req, number: FromPath[int]) -> Page:
    """One colleague."""
    return await _show(request, await people.get_person(cast(Viewer, request.user), number))


@post("/people/{number:int}", guards=[guards.may("staff.manage")], include_in_schema=False)
async def save(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Change their details."""
    viewer = cast(Viewer, request.user)
    found = await people.get_person(viewer, number)
    form = Form(Details, await request.form())
    if form.value is not None:
        try:
            await people.update_person(viewer, number, **msgspec.structs.asdict(form.value))
        except Invalid as problem:
            form.refuse(problem)
        else:
            return htmx.redirect(f"/people/{number}", _("Saved."))
    return await _show(request, found, form, status=422)


@post("/people/{number:int}/role", guards=[guards.may("staff.manage")], include_in_schema=False)
async def role(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Give a role somewhere, or take one away."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    found = await people.get_person(viewer, number)
    if remove := str(typed.get("remove") or ""):
        await people.set_role(viewer, number, *place_of(remove), None)
        return htmx.redirect(f"/people/{number}", _("Removed."))
    form = Form(Membership, typed, prefix="new-", choices={"place": await places(viewer, "staff.manage")})
    if form.value is None:
        return await _show(request, found, membership=form, status=422)
    await people.set_role(viewer, number, *place_of(form.value.place), cast(Any, form.value.role))
    return htmx.redirect(f"/people/{number}", _("Saved."))


@post("/people/{number:int}/link", guards=[guards.may("staff.manage")], include_in_schema=False)
async def new_link(request: Req, number: FromPath[int]) -> Page:
    """A new invitation link, shown this once."""
    viewer = cast(Viewer, request.user)
    found = await people.get_person(viewer, number)
    token = await people.new_invitation(viewer, number)
    return await htmx.page(request, "people/link.html", name=found.name, link=_link(request, token))


HANDLERS = [list_people, new, invite, person, save, role, new_link]
