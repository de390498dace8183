"""The ground of a make-believe service: HTTP on a port of this machine, in this process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import httpx
import msgspec

from polydesk.http import trusted
from polydesk.testing.http_server import HttpServer

Mine = TypeVar("Mine", bound="HttpService")


@dataclass
class Asked:
    """A request of the desk. Header names are lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Told:
    """The answer. With the status 0 the line is dropped: the desk cannot know whether it was heard."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, status: int = 200, **headers: str) -> Told:
        """An answer in JSON; `retry_after="7"` becomes the header Retry-After."""
        named = {name.replace("_", "-"): each for name, each in headers.items()}
        return cls(status, msgspec.json.encode(value), {"content-type": "application/json", **named})


class HttpService(ABC):
    """Subclass it and say what is answered; `url` is known once it was started."""

    def __init__(self) -> None:
        self.hook, self.url, self.port = "", "", 0
        self.statuses: list[int] = []
        """What the desk answered to each of our calls, 0 when nobody did."""
        self._server = HttpServer(self._app)
        self._client: httpx.AsyncClient | None = None

    @abstractmethod
    async def answer(self, asked: Asked) -> Told:
        """What this service says to a request."""

    async def start(self: Mine, hook: str = "", port: int = 0) -> Mine:
        """Open it; `hook` is where the desk takes this service's calls."""
        self.hook = hook
        self.port = await self._server.open(port)
        self.url = f"http://127.0.0.1:{self.port}"
        self._client = httpx.AsyncClient(timeout=20, trust_env=False, verify=trusted())
        return self

    async def stop(self) -> None:
        """Close it again."""
        await self._server.close()
        if self._client is not None:
            await self._client.aclose()

    async def __aenter__(self: Mine) -> Mine:
        return await self.start()

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def post(self, address: str, body: bytes, headers: dict[str, str]) -> int:
        """Call the desk once; the status, 0 when nobody answered."""
        assert self._client is not None
        try:
            status = (await self._client.post(address, content=body, headers=headers)).status_code
        except httpx.HTTPError:
            status = 0
        self.statuses.append(status)
        return status

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        headers = {key.decode().lower(): value.decode("latin-1") for key, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        told = await self.answer(Asked(scope["method"], scope["path"], query, headers, body))
        given = {**told.headers, "content-length": str(len(told.body) if told.status else 1000)}
        lines = [(name.encode(), value.encode("latin-1", "replace")) for name, value in given.items()]
        await send({"type": "http.response.start", "status": told.status or 200, "headers": lines})
        # With the status 0 fewer bytes come than were promised, and the line is dropped.
        await send({"type": "http.response.body", "body": told.body, "more_body": not told.status})
