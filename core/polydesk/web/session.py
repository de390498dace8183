"""Who is at the other end, and in which language and time zone they read; before any handler runs."""

from __future__ import annotations

from http.cookies import CookieError
from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from polydesk import i18n, themes
from polydesk.staff import service as staff
from polydesk.types import Scope as Place
from polydesk.web.htmx import THEME
from polydesk.web.security import SESSION


class Session(ASGIMiddleware):
    """Puts the viewer into the scope, and their language and zone into the task."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "no_session"

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Look, then pass on."""
        request: Request[Any, Any, Any] = Request(scope)
        token = _token(request)
        viewer = await staff.viewer_for(token) if token else None
        scope["user"] = viewer
        scope[THEME] = await themes.worn_by(  # type: ignore[literal-required]
            Place(each.client, each.market) for each in (viewer.reach if viewer else ())
        )
        if viewer is not None and viewer.language in i18n.languages():
            i18n.set_reader(viewer.language, viewer.time_zone)
        else:
            i18n.set_reader(i18n.negotiate(request.headers.get("accept-language", "")))
        await next_app(scope, receive, send)


def _token(request: Request[Any, Any, Any]) -> str:
    try:
        return request.cookies.get(SESSION, "")
    except CookieError:
        return ""


def keep(response: Response[Any], token: str, *, https: bool) -> None:
    """Sign this browser in."""
    days = staff.SESSION_DAYS * 86400
    response.set_cookie(Cookie(SESSION, value=token, httponly=True, samesite="lax", secure=https, max_age=days))


def drop(response: Response[Any]) -> None:
    """Sign this browser out."""
    response.delete_cookie(SESSION)
