"""What every answer carries and every form must prove."""

from __future__ import annotations

import secrets as random
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from polydesk import secrets

SESSION = "pd_session"
VISITOR = "pd_visitor"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{images}; font-src 'self'; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "manifest-src 'self'"
)
CONTENT_POLICY = POLICY.format(images="")
CONTENT_POLICY_WITH_IMAGES = POLICY.format(images=" https: http:")
"""For the one answer whose reader asked to see the pictures of a message."""
FILE_POLICY = "default-src 'none'; sandbox"
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_cookies: ContextVar[tuple[str, str]] = ContextVar("polydesk_csrf", default=("", ""))
"""The visitor's and the session's."""


def csrf_token() -> str:
    """What a form of this page must send back as `_csrf_token`, or a script as `x-csrftoken`."""
    visitor, session = _cookies.get()
    return secrets.sign("csrf", f"{visitor}\0{session}", 52) if visitor else ""


def headers_for(*, https: bool) -> Callable[[Message, Scope], Awaitable[None]]:
    """A `before_send` hook that completes the headers of every answer, errors included.

    A route with `framed=True` in its `opt` is embedded elsewhere: its own content policy says by whom
    (frame-ancestors), which X-Frame-Options cannot.
    """
    given = {**HEADERS, "Strict-Transport-Security": "max-age=31536000"} if https else HEADERS

    async def complete(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            handler = scope.get("route_handler")
            framed = handler is not None and handler.opt.get("framed")
            for name, value in given.items():
                if not (framed and name == "X-Frame-Options"):
                    headers.setdefault(name, value)

    return complete


class Forgery(ASGIMiddleware):
    """No change without the token that only our own pages know.

    The token is a signature over two cookies, the visitor's and the session's, so one of another browser, of before
    signing in, or planted by a neighbouring site is worth nothing. Routes for other programs (webhooks, the API)
    opt out with `exclude_from_csrf=True`, having no cookies to abuse.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, *, https: bool) -> None:
        self.https = https

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Check, then pass on."""
        request: Request[Any, Any, Any] = Request(scope, receive=receive)
        visitor = request.cookies.get(VISITOR, "")
        # Routes for other programs, and what foreign sites fetch, have no use for a cookie.
        exempt = bool(scope["route_handler"].opt.get("exclude_from_csrf"))
        fresh = "" if exempt or len(visitor) == 43 else random.token_urlsafe(32)
        _cookies.set((fresh or visitor, request.cookies.get(SESSION, "")))

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = Cookie(
                    VISITOR, value=fresh, httponly=True, samesite="lax", secure=self.https, max_age=31536000
                )
                MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))
            await send(message)

        if request.method not in SAFE and not exempt:
            await self._prove(request, csrf_token())
        await next_app(scope, receive, send_with_cookie if fresh else send)

    async def _prove(self, request: Request[Any, Any, Any], token: str) -> None:
        given = request.headers.get("x-csrftoken", "")
        if not given and request.content_type[0] in (RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART):
            given = str((await request.form()).get("_csrf_token", ""))
        origin = request.headers.get("origin", "")
        foreign = origin not in ("", "null") and urlsplit(origin).netloc != request.headers.get("host", "")
        if foreign or not random.compare_digest(given.encode(), token.encode()):
            raise PermissionDeniedException("csrf")
