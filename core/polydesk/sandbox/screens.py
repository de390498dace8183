"""The outbox of a client in the sandbox."""

from __future__ import annotations

from typing import cast

from litestar import Response, get, post
from litestar.params import FromPath

from polydesk.channels import service as channels
from polydesk.i18n import _
from polydesk.sandbox import service
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.types import Scope
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req


@get("/sandbox/{number:int}", guards=[guards.signed_in], include_in_schema=False)
async def outbox(request: Req, number: FromPath[int]) -> Page:
    """What would have left, the newest first; for everyone who works for the client."""
    viewer = cast(Viewer, request.user)
    before = whole(request.query_params.get("before", "")) or 0
    found = await service.letters(viewer, number, before)
    client = (await scopes.list_clients((number,)))[0]
    return await htmx.page(
        request,
        "admin/outbox.html",
        client=client,
        letters=found,
        channels={channel.name: channel for channel in channels.channels(Scope(number))},
        more=len(found) == service.PAGE,
        may_empty=viewer.can("market.manage", number),
    )


@post("/sandbox/{number:int}/empty", guards=[guards.may("market.manage")], include_in_schema=False)
async def empty(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Throw it away."""
    await service.empty(cast(Viewer, request.user), number)
    return htmx.redirect(f"/sandbox/{number}", _("The outbox is empty."))


HANDLERS = [outbox, empty]
