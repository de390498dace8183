"""Where one answers calls."""

from __future__ import annotations

from typing import Annotated, cast

import msgspec
from litestar import Response, get, post

from polydesk import N_, Choice, Field, Text
from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk.web import guards, htmx
from polydesk.web.forms import Form
from polydesk.web.htmx import Page, Req
from polydesk_voice.phones import service as phones
from polydesk_voice.screens.bar import TALK


class PhoneForm(msgspec.Struct, kw_only=True):
    """An agent's telephone."""

    kind: Annotated[
        str,
        Field(
            label=Text(N_("I answer on")),
            input="select",
            choices=(
                Choice("client", Text(N_("A browser or softphone signed in with the provider"))),
                Choice("sip", Text(N_("A SIP telephone"))),
                Choice("number", Text(N_("Any telephone number"))),
            ),
        ),
    ] = "client"
    address: Annotated[
        str,
        Field(
            label=Text(N_("Its name, address or number")),
            help=Text(N_("Such as ana, ana@pbx.example.org or +995 555 000 111. Empty takes no calls.")),
            required=False,
            autocomplete="off",
        ),
    ] = ""


@get("/phone", guards=[guards.may(TALK)], include_in_schema=False)
async def phone(request: Req) -> Page:
    """As it is set up."""
    found = await phones.of(cast(Viewer, request.user).id)
    kind, _colon, address = found.endpoint.partition(":")
    return await _page(request, Form(PhoneForm, stored=PhoneForm(kind=kind or "client", address=address)))


@post("/phone", guards=[guards.may(TALK)], include_in_schema=False)
async def set_up(request: Req) -> Page | Response[bytes]:
    """Set it up."""
    form = Form(PhoneForm, await request.form())
    if form.value is not None:
        try:
            await phones.set_up(cast(Viewer, request.user), form.value.kind, form.value.address)
        except Invalid as problem:
            form.refuse(problem)
        else:
            said = _("Calls ring there while you are ready.") if form.value.address else _("You take no calls now.")
            return htmx.redirect("/p/voice/phone", said)
    return await _page(request, form, 422)


async def _page(request: Req, form: Form[PhoneForm], status: int = 200) -> Page:
    viewer = cast(Viewer, request.user)
    found = await phones.of(viewer.id)
    return await htmx.page(request, "voice/phone.html", status=status, form=form, phone=found)


HANDLERS = [phone, set_up]
