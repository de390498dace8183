"""Everything an agent changes about a conversation: a form each, then back to the conversation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

from litestar import Response, post
from litestar.params import FromPath

from polydesk import i18n
from polydesk.conversations import changing
from polydesk.conversations.screens.inbox import signed_in
from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Req

Done = Response[bytes]


def _back(number: int, form: Any, said: str = "") -> Done:
    return htmx.redirect(f"/conversations/{number}?view={quote(str(form.get('view') or 'mine'))}", said)


def _number(form: Any, name: str) -> int | None:
    text = str(form.get(name) or "")
    if text and whole(text) is None:
        raise Invalid({name: _("This cannot be used here.")})
    return whole(text)


@post("/conversations/{number:int}/assign", guards=[guards.signed_in], include_in_schema=False)
async def assign(request: Req, number: FromPath[int]) -> Done:
    """Give it to somebody, or to nobody."""
    form, viewer = await request.form(), signed_in(request)
    person = _number(form, "assignee")
    await changing.assign(viewer, number, person)
    return _back(number, form, _("It is yours now.") if person == viewer.id else "")


@post("/conversations/{number:int}/status", guards=[guards.signed_in], include_in_schema=False)
async def status(request: Req, number: FromPath[int]) -> Done:
    """Open, waiting, snoozed or solved."""
    form = await request.form()
    wanted = str(form.get("status") or "")
    if wanted not in ("open", "waiting", "snoozed", "solved"):
        return _back(number, form)
    until = _moment(str(form.get("until") or "")) if wanted == "snoozed" else None
    await changing.set_status(signed_in(request), number, cast(Any, wanted), until=until)
    said = {"solved": _("Solved."), "snoozed": _("Snoozed until %(when)s.", when=i18n.when(until))}
    return _back(number, form, said.get(wanted, ""))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=i18n.zone())).astimezone(UTC)


@post("/conversations/{number:int}/priority", guards=[guards.signed_in], include_in_schema=False)
async def priority(request: Req, number: FromPath[int]) -> Done:
    """How urgent it is."""
    form = await request.form()
    await changing.set_priority(signed_in(request), number, _number(form, "priority") or 0)
    return _back(number, form)


@post("/conversations/{number:int}/queue", guards=[guards.signed_in], include_in_schema=False)
async def queue(request: Req, number: FromPath[int]) -> Done:
    """Where it waits."""
    form = await request.form()
    if (wanted := _number(form, "queue")) is not None:
        await changing.set_queue(signed_in(request), number, wanted)
    return _back(number, form)


@post("/conversations/{number:int}/category", guards=[guards.signed_in], include_in_schema=False)
async def category(request: Req, number: FromPath[int]) -> Done:
    """What it is about."""
    form = await request.form()
    await changing.set_category(signed_in(request), number, str(form.get("category") or ""))
    return _back(number, form)


@post("/conversations/{number:int}/tags", guards=[guards.signed_in], include_in_schema=False)
async def tags(request: Req, number: FromPath[int]) -> Done:
    """All tags, with commas between."""
    form = await request.form()
    given = tuple(tag.strip() for tag in str(form.get("tags") or "").split(",") if tag.strip())
    await changing.set_tags(signed_in(request), number, given)
    return _back(number, form)


@post("/conversations/{number:int}/participants", guards=[guards.signed_in], include_in_schema=False)
async def trust(request: Req, number: FromPath[int]) -> Done:
    """Let someone who joined uninvited take part."""
    form = await request.form()
    kind, value = str(form.get("kind") or ""), str(form.get("value") or "")
    await changing.verify_participant(signed_in(request), number, kind, value)
    return _back(number, form)


HANDLERS = [assign, status, priority, queue, category, tags, trust]
