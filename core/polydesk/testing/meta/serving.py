"""Graph on a port of this machine: any version, every path that the desk's channels use."""

from __future__ import annotations

import hashlib
import hmac
import random
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from polydesk.testing.http_server import HttpServer
from polydesk.testing.meta.failures import GraphError
from polydesk.testing.meta.media import Shelf, uploaded
from polydesk.testing.meta.pages import Pages
from polydesk.testing.meta.webhooks import Webhooks
from polydesk.testing.meta.whatsapp import Number, WhatsApp

_VERSION = re.compile(r"/v\d+\.\d+(/.*)")


@dataclass
class Request:
    """What the desk asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as JSON; a Graph error when it is none."""
        try:
            found = msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            raise GraphError(100, "The body is not JSON") from None
        return found if isinstance(found, dict) else {}


@dataclass
class Meta:
    """Meta's whole side. The same seed gives the same ids and the same disorder."""

    secret: str = "polydesk-test-secret"
    verify_token: str = "polydesk-verify"
    token: str = "polydesk-token"
    seed: int = 0
    mood: str = ""
    """"down" answers 503, "nonsense" a page instead of JSON, "silent" takes messages and drops the line."""
    requests: list[Request] = field(default_factory=list)
    ahead: float = 0.0
    """Seconds this service's clock is ahead of ours: how a window or an address runs out in a test."""

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)
        self.webhooks = Webhooks(self.secret, self.verify_token, chance)
        self.shelf = Shelf(chance, self.now)
        self.whatsapp = WhatsApp(self.webhooks, self.shelf, chance, self.now)
        self.pages = Pages(self.webhooks, self.shelf, chance, self.now, origin=lambda: self.url)
        self.url = ""
        self._server = HttpServer(self._app)

    def now(self) -> float:
        """Meta's clock."""
        return time.time() + self.ahead

    @property
    def version(self) -> str:
        """The newest version of Graph."""
        return "v26.0"

    async def start(self, hook: str = "", port: int = 0) -> Meta:
        """Open Graph; webhooks go to `hook`."""
        self.webhooks.address = hook
        self.url = f"http://127.0.0.1:{await self._server.open(port)}"
        return self

    async def stop(self) -> None:
        """Close it again."""
        await self.webhooks.close()
        await self._server.close()

    async def __aenter__(self) -> Meta:
        return await self.start()

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        request = Request(
            scope["method"],
            scope["path"],
            dict(parse_qsl(scope["query_string"].decode())),
            {key.decode().lower(): value.decode("latin-1") for key, value in scope["headers"]},
            body,
        )
        self.requests.append(request)
        status, kind, answer = await self._answered(request)
        length = len(answer) if status else 1000
        headers = [(b"content-type", kind.encode()), (b"content-length", str(length).encode())]
        await send({"type": "http.response.start", "status": status or 200, "headers": headers})
        # With the status 0 fewer bytes come than were promised, and the line is dropped.
        await send({"type": "http.response.body", "body": answer, "more_body": not status})

    async def _answered(self, request: Request) -> tuple[int, str, bytes]:
        if self.mood == "down":
            return 503, "text/html", b"<html>Sorry, something went wrong.</html>"
        if self.mood == "nonsense":
            return 200, "text/html", b"<html>Log in to continue</html>"
        try:
            if request.path.startswith("/cdn/"):
                return self._file(request)
            found = await self._graph(request)
        except GraphError as error:
            return error.status, "application/json", msgspec.json.encode(error.body())
        if self.mood == "silent" and request.method == "POST":
            return 0, "application/json", b"{"
        return 200, "application/json", msgspec.json.encode(found)

    def _file(self, request: Request) -> tuple[int, str, bytes]:
        key = request.path.removeprefix("/cdn/")
        media = self.shelf.at(key)
        if media is None:
            return 404, "text/plain", b"URL signature expired"
        if not key.startswith("open-") and not self._knows(request):
            return 401, "text/plain", b"Authentication required"
        self.shelf.fetched.append(media.id)
        return 200, media.mime_type, media.data

    def _knows(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return (given or request.query.get("access_token", "")) == self.token

    def _prove(self, proof: str) -> None:
        if proof != hmac.new(self.secret.encode(), self.token.encode(), hashlib.sha256).hexdigest():
            raise GraphError(100, message="Invalid appsecret_proof provided in the API argument")

    async def _graph(self, request: Request) -> Any:
        matched = _VERSION.fullmatch(request.path)
        if matched is None:
            raise GraphError(100, message="Unknown path components", status=404)
        if not self._knows(request):
            raise GraphError(190)
        if proof := request.query.get("appsecret_proof"):
            self._prove(proof)
        first, _slash, edge = matched[1].strip("/").partition("/")
        if number := self.whatsapp.numbers.get(first):
            return await self._number(request, number, edge)
        if edge in ("message_templates", "subscribed_apps") and first in self.whatsapp.subscribed:
            return self._business(request, first, edge)
        if media := self.shelf.files.get(first):
            if request.method == "DELETE":
                del self.shelf.files[first]
                return {"success": True}
            return self.shelf.described(media, self.url)
        return await self.pages.answer(request.method, first, edge, request)

    async def _number(self, request: Request, number: Number, edge: str) -> Any:
        if request.method == "GET" and not edge:
            return self.whatsapp.facts(number)
        if request.method == "POST" and edge == "messages":
            return await self.whatsapp.take(number, request.json())
        if request.method == "POST" and edge == "media":
            parts = uploaded(request.headers.get("content-type", ""), request.body)
            if parts.get("messaging_product", ("", "", b""))[2] != b"whatsapp" or "file" not in parts:
                raise GraphError(100, "messaging_product and file are required")
            name, declared, data = parts["file"]
            kind = parts["type"][2].decode() if "type" in parts else declared
            if kind.split("/")[0] not in ("image", "audio", "video", "application", "text"):
                raise GraphError(131053)
            return {"id": self.shelf.put(data, kind, name).id}
        raise GraphError(100, f"{request.method} {edge} is not known here")

    def _business(self, request: Request, business: str, edge: str) -> Any:
        if edge == "subscribed_apps":
            return {"data": [{"whatsapp_business_api_data": {"id": "1", "name": "Polydesk"}}]}
        address = f"{self.url}{request.path.rpartition('/')[0].rpartition('/')[0]}"
        return self.whatsapp.page(business, request.query.get("after", ""), address)
