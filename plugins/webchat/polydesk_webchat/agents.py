"""What agents see of a visitor and may do with them, and the page on which admins try the chat."""

from __future__ import annotations

import time
from typing import Any, cast

from litestar import Response, get, post
from litestar.enums import MediaType
from litestar.params import FromPath

from polydesk.conversations import service as conversations
from polydesk.errors import NotFound
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk.types import Scope
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req
from polydesk_webchat import doors, identity, visitors, words
from polydesk_webchat.embedding import policy


async def sidebar(_scope: Scope, context: dict[str, Any]) -> dict[str, Any] | None:
    """The visitor of a conversation, else the one last seen of its contact."""
    conversation, contact = context.get("conversation"), context["contact"]
    if conversation is None:
        return None
    found = await visitors.of_handles(conversation.client, contact.handles)
    found.sort(key=lambda each: each.conversation != conversation.id)
    return {"visitor": found[0], "conversation": conversation} if found else None


@post("/-/visitors/{number:int}/block", guards=[guards.signed_in], include_in_schema=False)
async def block(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Take nothing more from a visitor, or do again; for whoever may see their conversation."""
    form = await request.form()
    visitor = await visitors.by_id(number)
    conversation = whole(form.get("conversation", ""))
    if visitor is None or conversation is None:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    viewer = cast(Viewer, request.user)
    row = await conversations.row_for(viewer, conversation)
    if row["client"] != visitor.client or visitor.conversation != conversation:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    viewer.require("conversation.reply", row["client"], row["market"])
    blocked = form.get("blocked") == "1"
    await visitors.block(number, blocked)
    return htmx.redirect(f"/conversations/{conversation}", _("Blocked.") if blocked else _("They may write again."))


@get("/{key:str}/demo", guards=[guards.may("account.manage")], opt={"framed": True}, include_in_schema=False)
async def demo(request: Req, key: FromPath[str]) -> Page:
    """A page like a shop's, with the chat on it."""
    viewer = cast(Viewer, request.user)
    account = await doors.account_of(request, key)
    viewer.require("account.manage", account.client, account.market)
    settings = account.settings
    claims = {"sub": f"demo-{viewer.id}", "name": viewer.name, "exp": int(time.time()) + 3600}
    signed = identity.sign(claims, settings.secret) if settings.secret and request.query_params.get("known") else ""
    html = htmx.render(
        request,
        "webchat/demo.html",
        base=f"/p/webchat/{key}",
        name=account.name,
        identity=signed,
        languages=words.offered(settings),
    )
    content = policy(settings).replace("default-src 'none'", "default-src 'none'; frame-src 'self'")
    headers = {"Content-Security-Policy": content, "Cache-Control": "no-store"}
    return Response(html, media_type=MediaType.HTML, headers=headers)


HANDLERS = [block, demo]
