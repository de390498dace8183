"""The stream that tells a page that something changed; the page fetches what, with its reader's own rights."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import msgspec
from litestar import get
from litestar.response import Stream

from polydesk import live
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.web import guards
from polydesk.web.htmx import Req
from polydesk.web.security import SESSION

RIGHTS_SECONDS = 30.0
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no", "Content-Type": "text/event-stream; charset=utf-8"}


async def stream(viewer: Viewer, token: str, stopping: asyncio.Event) -> AsyncIterator[bytes]:
    """Signals as server-sent events; a comment now and then keeps proxies from hanging up.

    Ends when its viewer was signed out or sees other clients now: the browser comes back with the rights of then.
    """
    checked = time.monotonic()
    yield b"retry: 2000\nevent: hello\ndata: {}\n\n"
    clients = None if viewer.is_owner else viewer.clients
    async for signal in live.listen(clients, stopping):
        if time.monotonic() - checked > RIGHTS_SECONDS:
            checked = time.monotonic()
            now = await staff.viewer_for(token)
            if now is None or (now.is_owner, now.reach) != (viewer.is_owner, viewer.reach):
                return
        if signal is None:
            yield b": still here\n\n"
        else:
            yield f"event: {signal.topic}\ndata: {msgspec.json.encode({'id': signal.id}).decode()}\n\n".encode()


@get("/events", guards=[guards.signed_in], include_in_schema=False)
async def events(request: Req) -> Stream:
    """Signals for whoever is signed in, until they leave or the desk stops."""
    viewer = request.user
    assert viewer is not None
    return Stream(
        stream(viewer, request.cookies.get(SESSION, ""), request.app.state.stopping),
        media_type="text/event-stream",
        headers=HEADERS,
    )
