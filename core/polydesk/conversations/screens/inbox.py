"""The list and the conversation, side by side: one page, of which htmx fetches the part that changes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from polydesk import hooks, i18n, plugins
from polydesk.channels import service as channels
from polydesk.contacts import outside
from polydesk.conversations import service, signs, suggesting
from polydesk.conversations.screens import showing
from polydesk.conversations.views import Opened
from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff.access import Viewer
from polydesk.types import Handle, Scope, Template
from polydesk.web import guards, htmx, security, shell, slots
from polydesk.web.htmx import Page, Req


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What was in the composer when a reply was refused."""

    kind: str = "reply"
    text: str = ""
    to: str = ""
    cc: str = ""
    to_open: bool = False
    fields: dict[str, str] = {}


@get("/", include_in_schema=False)
async def start(request: Req) -> Redirect:
    """The way in."""
    return Redirect("/inbox" if request.scope.get("user") else "/sign-in")


@get("/inbox", guards=[guards.signed_in], include_in_schema=False)
async def inbox(request: Req, view: FromQuery[str] = "", cursor: FromQuery[str] = "") -> Page:
    """A view of the list."""
    viewer = signed_in(request)
    return await htmx.page(request, "conversations/inbox.html", **await _list(request, viewer, view, cursor))


@get("/conversations/{number:int}", guards=[guards.signed_in], include_in_schema=False)
async def conversation(
    request: Req,
    number: FromPath[int],
    view: FromQuery[str] = "",
    before: FromQuery[int] = 0,
    images: FromQuery[int] = 0,
    by: FromQuery[int] = 0,
    quotes: FromQuery[int] = 0,
    template: FromQuery[str] = "",
) -> Page:
    """A conversation; beside it, on a wide screen, the list it came from.

    `by` is another account to answer from, `quotes` the item to answer, `template` the one to fill in.
    """
    return await show(request, number, view=view, before=before, images=images, by=by, quotes=quotes, template=template)


async def show(
    request: Req,
    number: int,
    *,
    view: str = "",
    before: int = 0,
    images: int = 0,
    by: int = 0,
    quotes: int = 0,
    template: str = "",
    typed: Typed | None = None,
    problem: str = "",
) -> Page:
    """Render a conversation, as it is or after something typed was refused."""
    viewer = signed_in(request)
    it = await service.open_conversation(viewer, number, before=before, by=by)
    signs.seen(it)
    context = await _conversation(request, viewer, it, view or "mine", images)
    if htmx.target(request) != "conversation":
        context |= await _list(request, viewer, view, "", current=number)
    kept = {"images": images, "before": before, "by": by, "quotes": quotes}
    query = {"view": view or "mine"} | {name: value for name, value in kept.items() if value}
    headers = {"Content-Security-Policy": security.CONTENT_POLICY_WITH_IMAGES} if images else {}
    return await htmx.page(
        request,
        "conversations/conversation.html",
        status=422 if problem else 200,
        headers=headers,
        **context,
        before=before,
        query=urlencode(query),
        typed=typed,
        problem=problem,
        quoting=next((entry for entry in it.entries if entry.id == quotes and entry.kind == "message"), None),
        chosen=chosen(it.composer.templates, template or (typed.fields.get("template", "") if typed else "")),
    )


def chosen(templates: Iterable[Template], picked: str) -> Template | None:
    """The template that a form names as `name|language`."""
    return next((each for each in templates if f"{each.name}|{each.language}" == picked), None)


def signed_in(request: Req) -> Viewer:
    """The viewer, whom the guard has seen already."""
    viewer = request.scope["user"]
    assert isinstance(viewer, Viewer)
    return viewer


async def _list(request: Req, viewer: Viewer, view: str, cursor: str, current: int = 0) -> dict[str, Any]:
    view = view or "mine"
    page = await service.list_conversations(viewer, view, cursor)
    label = shell.view_label(view)
    if view.startswith("queue:"):
        label = (await queues.get_queue(viewer, int(view[6:]))).name
    icons = {channel.name: channel.icon for _plugin, channel in plugins.collect(hooks.polydesk_channels)}
    clients = await scopes.list_clients(viewer.clients)
    no_accounts = not page.rows and not await channels.list_accounts(viewer)
    return {
        "view": view,
        "view_query": quote(view),
        "view_label": label,
        "page": page,
        "current": current,
        "channel_icons": icons,
        "no_accounts": no_accounts,
        "columns": await slots.columns(request, page.rows),
        "places": _places(clients) if len(clients) > 1 else {},
    }


def _places(clients: list[scopes.Client]) -> dict[tuple[int, int | None], str]:
    """What a client, or a market of it, is called in one short breath."""
    found: dict[tuple[int, int | None], str] = {}
    for client in clients:
        found[client.id, None] = client.name
        found.update({(client.id, market.id): f"{client.name} · {market.name}" for market in client.markets})
    return found


async def _conversation(request: Req, viewer: Viewer, it: Opened, view: str, images: int) -> dict[str, Any]:
    scope = Scope(it.conversation.client, it.conversation.market)
    all_queues = [queue for queue in await queues.list_queues(viewer) if queue.client == it.conversation.client]
    entries, filled, sources, suggested, colleagues = await asyncio.gather(
        showing.show(
            it.entries,
            contact_name=it.contact.name,
            images=images,
            queues={queue.id: queue.name for queue in all_queues},
            scope=scope,
        ),
        slots.fill(
            request,
            scope,
            ("conversation.sidebar", "contact.panel", "composer.actions"),
            {"conversation": it.conversation, "contact": it.contact},
        ),
        outside.known_outside(it.contact),
        suggesting.suggestions(it),
        people.list_people(viewer),
    )
    return {
        "it": it,
        "view": view,
        "view_query": quote(view),
        "entries": entries,
        "slots": filled,
        "sources": sources,
        "suggestions": suggested,
        "colleagues": [
            (person.id, person.name)
            for person in colleagues
            if person.active and (person.is_owner or any(_reaches(place, it.conversation) for place in person.places))
        ],
        "client_queues": all_queues,
        "sandboxed": any(client.sandbox for client in await scopes.list_clients((it.conversation.client,))),
        "snoozes": _snoozes(),
        "once": secrets.token_urlsafe(12),
        "channel_icon": next((way.icon for way in it.composer.ways if way.account == it.composer.account), "message"),
        "to_line": _names(it.composer.to),
        "cc_line": _names(it.composer.copied),
        "to_values": ", ".join(handle.value for handle in it.composer.to),
        "cc_values": ", ".join(handle.value for handle in it.composer.copied),
    }


def _reaches(place: Any, conversation: Any) -> bool:
    return place.client == conversation.client and place.market in (None, conversation.market)


def _names(handles: tuple[Handle, ...]) -> str:
    return ", ".join(handle.name or handle.value for handle in handles)


def _snoozes() -> list[tuple[datetime, str]]:
    """Moments people snooze until, on the reader's clock."""
    now = i18n.local(datetime.now(UTC)).replace(minute=0, second=0, microsecond=0)
    morning = now.replace(hour=9) + timedelta(days=1)
    monday = morning + timedelta(days=(7 - morning.weekday()) % 7)
    moments = [(now + timedelta(hours=3), _("In three hours")), (morning, _("Tomorrow morning"))]
    if monday != morning:
        moments.append((monday, _("Monday morning")))
    moments.append((morning + timedelta(days=6), _("In a week")))
    return moments


HANDLERS = [start, inbox, conversation]
