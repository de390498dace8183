"""What an agent does besides writing: type, and put a mark on a message."""

from __future__ import annotations

from litestar import Response, post
from litestar.params import FromPath

from polydesk.conversations import replying, service, signs
from polydesk.conversations.screens.inbox import signed_in
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Req


@post("/conversations/{number:int}/typing", guards=[guards.signed_in], include_in_schema=False, status_code=204)
async def typing(request: Req, number: FromPath[int]) -> None:
    """The agent is writing a reply; whoever waits for it may know."""
    viewer = signed_in(request)
    row = await service.row_for(viewer, number)
    if viewer.can("conversation.reply", row["client"], row["market"]):
        signs.typing(number, viewer.name)


@post("/conversations/{number:int}/reactions", guards=[guards.signed_in], include_in_schema=False)
async def react(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Put a sign on a message, or take it back."""
    form = await request.form()
    item = whole(str(form.get("item") or "")) or 0
    await replying.react(signed_in(request), number, item, str(form.get("sign") or ""))
    return htmx.redirect(f"/conversations/{number}?view={form.get('view') or 'mine'}")


HANDLERS = [typing, react]
