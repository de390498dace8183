"""A tiny desk that answers the make-believe Twilio with documents written down beforehand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qs, parse_qsl

from polydesk.signatures import is_form_signed
from polydesk.testing.telephone.wire import Request, Response, Server

Given = dict[str, str]


class Pages:
    """`pages` are documents by path, or what makes one of the parameters; `asked` is everything that was asked for."""

    def __init__(self, token: str) -> None:
        self._server = Server(self._answer)
        self.token = token
        self.pages: dict[str, str | Callable[[Given], str]] = {}
        self.asked: list[tuple[str, Given]] = []
        self.unsigned: list[str] = []
        self.status: dict[str, int] = {}
        self._changed = asyncio.Condition()

    @property
    def url(self) -> str:
        """Where it is."""
        return self._server.url

    async def open(self) -> Pages:
        """Begin to answer."""
        await self._server.open()
        return self

    async def close(self) -> None:
        """Answer no more."""
        await self._server.close()

    def given(self, path: str) -> list[Given]:
        """The parameters of every request for a path."""
        return [given for asked, given in self.asked if asked == path]

    async def asks(self, path: str, count: int = 1) -> Given:
        """Wait until a path has been asked for so often; the parameters of that request."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: len(self.given(path)) >= count)
        return self.given(path)[count - 1]

    async def _answer(self, request: Request) -> Response:
        form = parse_qsl(request.body.decode(), keep_blank_values=True)
        url = self.url + request.path + (f"?{request.query}" if request.query else "")
        if request.path.endswith(".wav"):
            return Response(200, {"content-type": "audio/wav"}, b"RIFF\0\0\0\0WAVE")
        if not is_form_signed(self.token, url, form, request.body, request.headers.get("x-twilio-signature", "")):
            self.unsigned.append(request.path)
        given = dict(form) | {name: values[0] for name, values in parse_qs(request.query).items()}
        self.asked.append((request.path, given))
        async with self._changed:
            self._changed.notify_all()
        page = self.pages.get(request.path, "")
        body = page if isinstance(page, str) else page(given)
        status = self.status.get(request.path, 200)
        return Response(status, {"content-type": "text/xml"}, f"<Response>{body}</Response>".encode())
