"""The first owner, signing in and out, console links and invitations."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from polydesk import i18n
from polydesk.errors import Conflict, Invalid
from polydesk.fields import Field
from polydesk.i18n import N_, _
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.types import Text
from polydesk.web import htmx, session
from polydesk.web.forms import Form
from polydesk.web.htmx import Page, Req
from polydesk.web.security import SESSION

LONG_ENOUGH = Text(N_("At least 10 characters; a short sentence is good."))


class Setup(msgspec.Struct, kw_only=True):
    """The first owner."""

    company: Annotated[str, Field(label=Text(N_("Company")), autocomplete="organization")]
    name: Annotated[str, Field(label=Text(N_("Your name")), autocomplete="name")]
    email: Annotated[str, Field(label=Text(N_("Email")), input="email", autocomplete="username")]
    password: Annotated[
        str, Field(label=Text(N_("Password")), input="password", autocomplete="new-password", help=LONG_ENOUGH)
    ]


class SignIn(msgspec.Struct, kw_only=True):
    """Email and password."""

    email: Annotated[str, Field(label=Text(N_("Email")), input="email", autocomplete="username")]
    password: Annotated[str, Field(label=Text(N_("Password")), input="password", autocomplete="current-password")]


class Choose(msgspec.Struct, kw_only=True):
    """A first password."""

    password: Annotated[
        str, Field(label=Text(N_("Choose a password")), input="password", autocomplete="new-password", help=LONG_ENOUGH)
    ]


def _browser(request: Req) -> str:
    return request.headers.get("user-agent", "")


def _enter(request: Req, token: str, path: str) -> Response[bytes]:
    response = htmx.redirect(path)
    session.keep(response, token, https=request.app.state.https)
    return response


@get("/setup", include_in_schema=False)
async def setup(request: Req) -> Page | Response[bytes]:
    """Ask who owns this desk, while nobody does."""
    if not await people.needs_owner():
        return htmx.redirect("/sign-in")
    return await htmx.page(request, "sign/setup.html", form=Form(Setup))


@post("/setup", include_in_schema=False)
async def set_up(request: Req) -> Page | Response[bytes]:
    """Make the first owner, and sign them in."""
    form = Form(Setup, await request.form())
    if form.value is not None:
        given = form.value
        try:
            person = await people.create_owner(
                name=given.name,
                email=given.email,
                password=given.password,
                company=given.company,
                language=i18n.language(),
            )
            return _enter(request, await staff.start_session(person, _browser(request)), "/admin/accounts/new")
        except Conflict:
            return htmx.redirect("/sign-in", _("This desk has an owner already. Sign in instead."))
        except Invalid as problem:
            form.refuse(problem)
    return await htmx.page(request, "sign/setup.html", status=422, form=form)


@get("/sign-in", include_in_schema=False)
async def sign_in(request: Req, next: FromQuery[str] = "") -> Page | Response[bytes]:
    """Ask for email and password."""
    if await people.needs_owner():
        return htmx.redirect("/setup")
    if request.scope.get("user"):
        return htmx.redirect(htmx.here(next))
    return await htmx.page(request, "sign/in.html", form=Form(SignIn), next=next)


@post("/sign-in", include_in_schema=False)
async def signing_in(request: Req) -> Page | Response[bytes]:
    """Check them; too many wrong passwords lock the address for a while."""
    typed = await request.form()
    form = Form(SignIn, typed)
    wanted = str(typed.get("next") or "")
    if form.value is not None:
        try:
            token = await staff.sign_in(form.value.email, form.value.password, _browser(request))
            return _enter(request, token, htmx.here(wanted))
        except Invalid as problem:
            form.refuse(problem)
    return await htmx.page(request, "sign/in.html", status=422, form=form, next=wanted)


@get("/sign-in/link/{token:str}", include_in_schema=False)
async def link(request: Req, token: FromPath[str]) -> Page:
    """A console link; pressing the button spends it, so that a preview does not."""
    owner = await staff.link_owner(token, "sign-in")
    return await htmx.page(request, "sign/link.html", status=200 if owner else 404, owner=owner, token=token)


@post("/sign-in/link/{token:str}", include_in_schema=False)
async def follow_link(request: Req, token: FromPath[str]) -> Page | Response[bytes]:
    """Spend the link."""
    found = await staff.use_link(token, _browser(request))
    if found is None:
        return await htmx.page(request, "sign/link.html", status=404, owner=None, token="")
    return _enter(request, found, "/inbox")


@get("/invite/{token:str}", include_in_schema=False)
async def invitation(request: Req, token: FromPath[str]) -> Page:
    """Ask the invited to choose a password."""
    return await _invitation(request, token, Form(Choose), 200)


@post("/invite/{token:str}", include_in_schema=False)
async def accept(request: Req, token: FromPath[str]) -> Page | Response[bytes]:
    """Take the password, spend the link, sign them in."""
    form = Form(Choose, await request.form())
    if form.value is not None:
        try:
            return _enter(
                request, await staff.accept_invitation(token, form.value.password, _browser(request)), "/inbox"
            )
        except Invalid as problem:
            form.refuse(problem)
    return await _invitation(request, token, form, 422)


async def _invitation(request: Req, token: str, form: Form[Any], status: int) -> Page:
    owner = await staff.link_owner(token, "invite")
    status = status if owner else 404
    return await htmx.page(request, "sign/invite.html", status=status, owner=owner, token=token, form=form)


@post("/sign-out", include_in_schema=False)
async def sign_out(request: Req) -> Response[bytes]:
    """End this browser's session."""
    if token := request.cookies.get(SESSION):
        await staff.sign_out(token)
    response = htmx.redirect("/sign-in")
    session.drop(response)
    return response


HANDLERS = [setup, set_up, sign_in, signing_in, link, follow_link, invitation, accept, sign_out]
