"""Replies, notes and drafts: what was typed is never lost, whatever is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery

from polydesk.channels import service as channels
from polydesk.conversations import replying, service
from polydesk.conversations.screens import extra_fields
from polydesk.conversations.screens.inbox import Typed, chosen, show, signed_in
from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk.types import Handle
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req


@post("/conversations/{number:int}/messages", guards=[guards.signed_in], include_in_schema=False)
async def write(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Send a reply, or add a note."""
    viewer, form = signed_in(request), await request.form()
    view = str(form.get("view") or "mine")
    kind, text = str(form.get("kind") or "reply"), str(form.get("text") or "")
    back = f"/conversations/{number}?view={quote(view)}"
    try:
        await _take_files(viewer, number, form)
        if remove := str(form.get("remove") or ""):
            await replying.save_draft(viewer, number, kind, text)
            await replying.remove_file(viewer, number, whole(remove) or 0)
            return htmx.redirect(back)
        said = await _send(viewer, number, form, kind, text)
    except Invalid as problem:
        typed = Typed(
            kind=kind,
            text=text,
            to=str(form.get("to") or ""),
            cc=str(form.get("cc") or ""),
            to_open=bool({"to", "cc"} & problem.fields.keys()),
            fields={name: value for name, value in form.items() if isinstance(value, str)},
        )
        await replying.save_draft(viewer, number, kind, text)
        by, quotes = whole(typed.fields.get("by", "")) or 0, whole(typed.fields.get("quotes", "")) or 0
        return await show(request, number, view=view, typed=typed, problem=str(problem), by=by, quotes=quotes)
    return htmx.redirect(back, said)


async def _send(viewer: Viewer, number: int, form: Any, kind: str, text: str) -> str:
    once, then = str(form.get("once") or ""), str(form.get("then") or "")
    if kind == "note" or then == "note":
        await replying.note(viewer, number, text, once=once)
        return ""
    by = whole(str(form.get("by") or "")) or 0
    opened = await service.open_conversation(viewer, number, by=by)
    composer = opened.composer
    to, copied = composer.to, composer.copied
    extras = await extra_fields.read(form, composer.account or 0, text)
    if "to" in form:
        known = (*composer.to, *composer.copied, *opened.contact.handles)
        to = _addresses(str(form.get("to") or ""), known, "to", composer.channel)
        copied = _addresses(str(form.get("cc") or ""), (*composer.to, *composer.copied), "cc", composer.channel)
    await replying.reply(
        viewer,
        number,
        text,
        to=to,
        copied=copied,
        solve=then == "solve",
        once=once,
        by=by or None,
        extras=extras,
    )
    return _("Sent and solved.") if then == "solve" else _("Sent.")


def _addresses(text: str, known: tuple[Handle, ...], field: str, channel_name: str) -> tuple[Handle, ...]:
    """What was typed into To or Cc; addresses known already keep their kind and name."""
    by_value = {handle.value.lower(): handle for handle in known}
    channel = channels.find_channel(channel_name)
    found = []
    for part in (piece.strip() for piece in text.replace(";", ",").split(",")):
        if not part:
            continue
        if part.lower() in by_value:
            found.append(by_value[part.lower()])
        elif channel is not None:
            try:
                found.append(channel[1].recipient(part))
            except Invalid as problem:
                raise Invalid({field: str(problem)}) from None
    return tuple(found)


async def _take_files(viewer: Viewer, number: int, form: Any) -> None:
    for file in form.getall("files", []):
        if isinstance(file, UploadFile) and file.filename:
            await replying.add_file(viewer, number, file.filename, file.content_type, await file.read())


@post("/conversations/{number:int}/files", guards=[guards.signed_in], include_in_schema=False)
async def attach(request: Req, number: FromPath[int]) -> Page:
    """Put files beside the draft while the rest is being written."""
    viewer, form = signed_in(request), await request.form()
    await _take_files(viewer, number, form)
    opened = await service.open_conversation(viewer, number)
    html = htmx.render(request, "conversations/draft_files.html", draft_files=opened.composer.draft.files)
    return htmx.fragment(html)


@get("/conversations/{number:int}/template", guards=[guards.signed_in], include_in_schema=False)
async def template(request: Req, number: FromPath[int], template: FromQuery[str] = "", by: FromQuery[int] = 0) -> Page:
    """The holes of a template that was chosen, to be filled in."""
    opened = await service.open_conversation(signed_in(request), number, by=by)
    html = htmx.render(
        request, "conversations/template_fields.html", chosen=chosen(opened.composer.templates, template), values={}
    )
    return htmx.fragment(html)


@post("/conversations/{number:int}/draft", guards=[guards.signed_in], include_in_schema=False, status_code=204)
async def draft(request: Req, number: FromPath[int]) -> None:
    """Keep what is being written."""
    form = await request.form()
    await replying.save_draft(signed_in(request), number, str(form.get("kind") or ""), str(form.get("text") or ""))


HANDLERS = [write, attach, draft, template]
