"""Contacts: the list, and everything that happened with one."""

from __future__ import annotations

from typing import Annotated, cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from polydesk import i18n
from polydesk.contacts import outside, service
from polydesk.contacts.kinds import KINDS
from polydesk.conversations import merging
from polydesk.conversations import service as conversations
from polydesk.conversations.screens import showing
from polydesk.errors import Invalid
from polydesk.fields import Choice, Field
from polydesk.i18n import N_, _
from polydesk.queues import service as queues
from polydesk.staff.access import Viewer
from polydesk.types import Contact, Scope, Text
from polydesk.web import guards, htmx, slots
from polydesk.web.forms import Form, whole
from polydesk.web.htmx import Page, Req


class Details(msgspec.Struct, kw_only=True):
    """What an agent may change about a contact."""

    name: Annotated[str, Field(label=Text(N_("Name")), required=False, autocomplete="off")] = ""
    kind: Annotated[str, Field(label=Text(N_("Type")), input="select")] = "customer"
    language: Annotated[
        str,
        Field(
            label=Text(N_("Language")),
            input="select",
            required=False,
            help=Text(N_("Chosen here, it is no longer guessed from what they write.")),
        ),
    ] = ""


@get("/contacts", guards=[guards.signed_in], include_in_schema=False)
async def list_contacts(request: Req, q: FromQuery[str] = "", after: FromQuery[int] = 0) -> Page:
    """Contacts, newest first, or those that begin with what was typed."""
    page = await service.list_contacts(cast(Viewer, request.user), q, after)
    return await htmx.page(request, "contacts/list.html", page=page, q=q, after=after, kinds=KINDS)


def _form(contact: Contact, typed: object = None) -> Form[Details]:
    from polydesk.web.languages import COMMON

    kinds = [Choice(name, label) for name, label in KINDS.items()]
    if contact.kind not in KINDS:
        kinds.append(Choice(contact.kind, Text("{kind}", {"kind": contact.kind})))
    codes = sorted({*COMMON, *([contact.language] if contact.language else [])}, key=i18n.language_name)
    languages = [Choice("", Text(N_("Not known")))]
    languages += [Choice(code, Text("{name}", {"name": i18n.language_name(code)})) for code in codes]
    stored = Details(name=contact.name, kind=contact.kind, language=contact.language)
    return Form(Details, cast("dict[str, str] | None", typed), stored, choices={"kind": kinds, "language": languages})


async def _show(
    request: Req, contact: Contact, *, before: int = 0, form: Form[Details] | None = None, status: int = 200
) -> Page:
    viewer = cast(Viewer, request.user)
    scope = Scope(contact.client, contact.market)
    entries, earlier = await conversations.contact_timeline(viewer, contact.id, before=before)
    names = {queue.id: queue.name for queue in await queues.list_queues(viewer)}
    return await htmx.page(
        request,
        "contacts/contact.html",
        status=status,
        contact=contact,
        form=form or _form(contact),
        editing=form is not None,
        may_edit=viewer.can("contact.edit", contact.client, contact.market),
        entries=await showing.show(entries, contact_name=contact.name, queues=names, scope=scope),
        where={entry.id: entry.conversation for entry in entries},
        earlier=earlier,
        before=before,
        kinds=KINDS,
        sources=await outside.known_outside(contact),
        slots=await slots.fill(request, scope, ("contact.panel",), {"contact": contact}),
        view="all",
        view_query="all",
    )


@get("/contacts/{number:int}", guards=[guards.signed_in], include_in_schema=False)
async def contact(request: Req, number: FromPath[int], before: FromQuery[int] = 0) -> Page:
    """One contact with one timeline over all their conversations."""
    found = await service.get_contact(cast(Viewer, request.user), number)
    return await _show(request, found, before=before)


@get("/contacts/{number:int}/merge", guards=[guards.signed_in], include_in_schema=False)
async def choose_other(request: Req, number: FromPath[int], q: FromQuery[str] = "") -> Page:
    """Which other contact is the same person?"""
    viewer = cast(Viewer, request.user)
    found = await service.get_contact(viewer, number)
    viewer.require("contact.edit", found.client, found.market)
    page = await service.list_contacts(viewer, q) if q.strip() else service.ContactPage(rows=())
    others = [row for row in page.rows if row.client == found.client and row.id != found.id]
    return await htmx.page(request, "contacts/merge.html", contact=found, q=q, others=others, kinds=KINDS)


@post("/contacts/{number:int}/merge", guards=[guards.signed_in], include_in_schema=False)
async def merge(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Make two contacts one: this one stays."""
    other = whole(str((await request.form()).get("other") or "")) or 0
    await merging.merge(cast(Viewer, request.user), number, other)
    return htmx.redirect(f"/contacts/{number}", _("The two contacts are one now."))


@post("/contacts/{number:int}", guards=[guards.signed_in], include_in_schema=False)
async def save(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Change what is known of them."""
    viewer = cast(Viewer, request.user)
    found = await service.get_contact(viewer, number)
    form = _form(found, await request.form())
    if form.value is not None:
        given = form.value
        try:
            await service.update_contact(
                viewer, number, name=given.name, kind=given.kind, language=given.language or "", attributes={}
            )
        except Invalid as problem:
            form.refuse(problem)
        else:
            return htmx.redirect(f"/contacts/{number}", _("Saved."))
    return await _show(request, found, form=form, status=422)


HANDLERS = [list_contacts, contact, save, choose_other, merge]
