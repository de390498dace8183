"""The stream that tells a page that something changed; the page fetches what, with its reader's own rights."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
from litestar import get
from litestar.response import Stream

from polydesk import live
from polydesk.staff.access import Viewer
from polydesk.web import guards
from polydesk.web.htmx import Req

HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no", "Content-Type": "text/event-stream; charset=utf-8"}


async def stream(viewer: Viewer, stopping: asyncio.Event) -> AsyncIterator[bytes]:
    """Signals as server-sent events; a comment now and then keeps proxies from hanging up."""
    yield b"retry: 2000\nevent: hello\ndata: {}\n\n"
    clients = None if viewer.is_owner else viewer.clients
    async for signal in live.listen(clients, stopping):
        if signal is None:
            yield b": still here\n\n"
        else:
            yield f"event: {signal.topic}\ndata: {msgspec.json.encode({'id': signal.id}).decode()}\n\n".encode()


@get("/events", guards=[guards.signed_in], include_in_schema=False)
async def events(request: Req) -> Stream:
    """Signals for whoever is signed in, until they leave or the desk stops."""
    viewer = request.user
    assert viewer is not None
    return Stream(stream(viewer, request.app.state.stopping), media_type="text/event-stream", headers=HEADERS)
