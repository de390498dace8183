"""Ask outside services over HTTP: bounded in time, size and in where a redirect may lead."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import anyio
import httpx
import msgspec

_SECONDS = 20.0
_REDIRECTS = 5
_JSON_MOST = 10_000_000


class NotReached(Exception):
    """The service never got the request: it is safe to ask again."""


class NoAnswer(Exception):
    """The request was handed over but no answer came: it may or may not have been acted on."""


class TooLarge(Exception):
    """The answer is longer than was asked for; nothing of it is kept."""


class NotAllowed(Exception):
    """The address is not one that may be fetched."""


class Answer(msgspec.Struct, frozen=True):
    """What came back. Header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Without parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body as JSON; None when it is none, since services in trouble answer with pages."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None


_clients: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}
_ending: set[asyncio.Task[Answer | None]] = set()


async def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    query: Sequence[tuple[str, str]] = (),
    json: Any = None,
    form: Sequence[tuple[str, str]] = (),
    files: Sequence[tuple[str, tuple[str, bytes, str]]] = (),
    auth: tuple[str, str] | None = None,
    seconds: float = _SECONDS,
    most: int = _JSON_MOST,
) -> Answer:
    """One request to an address an admin configured; redirects are not followed.

    `files` are `(field, (name, bytes, media type))`. Raises `NotReached`, `NoAnswer` or `TooLarge`.
    """
    content: dict[str, Any] = {}
    if json is not None:
        content = {"content": msgspec.json.encode(json)}
        headers = {"content-type": "application/json", **(headers or {})}
    elif files:
        content = {"data": dict(form), "files": list(files)}
    elif form:
        content = {"data": _many(form)}
    client = _client()
    request = client.build_request(
        method, url, headers=dict(headers or {}), params=list(query) or None, timeout=seconds, **content
    )

    async def send() -> Answer:
        with anyio.fail_after(seconds):
            answer = await client.send(request, auth=auth, stream=True, follow_redirects=False)
            try:
                return Answer(
                    answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, await _read(answer, most)
                )
            finally:
                await answer.aclose()

    try:
        return await _apart(send)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
        raise NotReached(str(error) or type(error).__name__) from error
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise NoAnswer(str(error) or type(error).__name__) from error


async def _apart(send: Callable[[], Awaitable[Answer]]) -> Answer:
    """In a task of its own, which is ended by its scope when the caller is cancelled.

    httpx tidies up under the protection of anyio's scopes, which asyncio's own cancelling goes through: whatever
    connection was being opened or closed just then would be lost, and stay open.
    """
    scope = anyio.CancelScope()

    async def run() -> Answer | None:
        with scope:
            return await send()
        return None

    sending = asyncio.create_task(run())
    try:
        answer = await asyncio.shield(sending)
    except asyncio.CancelledError:
        scope.cancel()
        _ending.add(sending)
        sending.add_done_callback(_ended)
        raise
    assert answer is not None, "the scope is cancelled with the caller alone"
    return answer


def _ended(sending: asyncio.Task[Answer | None]) -> None:
    _ending.discard(sending)
    if not sending.cancelled():
        sending.exception()  # nobody is there any more to be told


async def fetch(
    url: str,
    *,
    most: int,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    hosts: Sequence[str] = (),
    seconds: float = 60.0,
) -> Answer:
    """A file that a message names: never from inside our own network, never longer than `most` bytes.

    `hosts` are the only ones allowed ("*.example.com" for any below it; "127.0.0.1:8001" allows a port of this
    machine, for simulators); without any, every public host is. Headers and credentials go to the first host only.
    Redirects are followed, each checked anew.
    """
    first = urlsplit(url).netloc
    for _step in range(_REDIRECTS):
        await _check(url, hosts)
        mine = urlsplit(url).netloc == first
        answer = await ask(
            "GET", url, headers=headers if mine else None, auth=auth if mine else None, seconds=seconds, most=most
        )
        if answer.status not in (301, 302, 303, 307, 308) or "location" not in answer.headers:
            return answer
        url = urljoin(url, answer.headers["location"])
    raise NotAllowed("too many redirects")


async def _check(url: str, hosts: Sequence[str]) -> None:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("https", "http") or not host:
        raise NotAllowed("not a web address")
    if parts.netloc.lower() in hosts:
        return
    named = [each for each in hosts if ":" not in each]
    if hosts and not any(host == each or (each.startswith("*.") and host.endswith(each[1:])) for each in named):
        raise NotAllowed(f"{host} is not a host files may come from")
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotReached(f"{host}: {error}") from error
    if any(not ipaddress.ip_address(each[4][0]).is_global for each in found):
        raise NotAllowed(f"{host} is inside a private network")


async def _read(answer: httpx.Response, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in answer.aiter_bytes():
        size += len(part)
        if size > most:
            raise TooLarge(f"more than {most} bytes")
        parts.append(part)
    return b"".join(parts)


def _many(form: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in form:
        found.setdefault(name, []).append(value)
    return found


def _client() -> httpx.AsyncClient:
    """One per event loop: its pool belongs to it."""
    loop = asyncio.get_running_loop()
    for old in [each for each in _clients if each.is_closed()]:
        _clients.pop(old)
    if loop not in _clients:
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=15)
        _clients[loop] = httpx.AsyncClient(limits=limits, trust_env=False, verify=trusted())
    return _clients[loop]


@cache
def trusted() -> ssl.SSLContext:
    """The authorities whose certificates are believed; reading them takes a while, so once."""
    return httpx.create_ssl_context(trust_env=False)


async def close() -> None:
    """Let go of every connection of this event loop."""
    loop = asyncio.get_running_loop()
    if mine := [each for each in _ending if each.get_loop() is loop]:
        await asyncio.wait(mine)
    client = _clients.pop(loop, None)
    if client is not None:
        await client.aclose()
