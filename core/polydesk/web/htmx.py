"""One handler per URL: the whole page, or for htmx only the block its target names."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment
from litestar import Request, Response
from litestar.datastructures import Cookie, State
from litestar.enums import MediaType

from polydesk.staff.access import Viewer

Req = Request[Viewer | None, None, State]
Page = Response[str]
Shell = Callable[[Req], Awaitable[dict[str, Any]]]
FLASH = "pd_flash"


class Renderer(msgspec.Struct):
    """What `create_app` leaves in `app.state.renderer`: the templates, and what every whole page needs."""

    env: Environment
    shell: Shell


def target(request: Req) -> str:
    """The id of the element an htmx request will fill; "" for a whole page."""
    headers = request.headers
    if headers.get("hx-request") != "true" or headers.get("hx-request-type") == "full":
        return ""
    return headers.get("hx-target", "").partition("#")[2]


async def page(
    request: Req, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> Page:
    """Render a template. When htmx asks for `#some-part` and the template has `{% block some_part %}`, only that."""
    renderer: Renderer = request.app.state.renderer
    loaded = renderer.env.get_template(template)
    block = target(request).replace("-", "_")
    context = {"request": request, "viewer": request.scope.get("user"), **context}
    answer_headers = {"Vary": "HX-Request, HX-Target", "Cache-Control": "no-store", **(headers or {})}
    if block and block in loaded.blocks:
        html = "".join(loaded.blocks[block](loaded.new_context(context)))
        response = Response(html, status_code=status, media_type=MediaType.HTML, headers=answer_headers)
        if said := read_flash(request):
            response.headers["HX-Trigger"] = json.dumps({"polydesk:said": {"words": said}})
            response.delete_cookie(FLASH)
        return response
    context |= {**await renderer.shell(request), "flash": read_flash(request)}
    response = Response(loaded.render(context), status_code=status, media_type=MediaType.HTML, headers=answer_headers)
    if context["flash"]:
        response.delete_cookie(FLASH)
    return response


def render(request: Req, template: str, **context: Any) -> str:
    """A template without the shell around it: error pages and fragments."""
    renderer: Renderer = request.app.state.renderer
    return renderer.env.get_template(template).render(request=request, viewer=request.scope.get("user"), **context)


def fragment(html: str, status: int = 200) -> Page:
    """A piece of a page."""
    return Response(html, status_code=status, media_type=MediaType.HTML, headers={"Cache-Control": "no-store"})


def redirect(path: str, flash: str = "") -> Response[bytes]:
    """Go on to another screen after a form, saying what was done."""
    headers = {"Location": path, "Cache-Control": "no-store"}
    response = Response(b"", status_code=303, media_type=MediaType.TEXT, headers=headers)
    if flash:
        value = base64.urlsafe_b64encode(flash.encode()).decode()
        response.set_cookie(Cookie(FLASH, value=value, max_age=60, httponly=True, samesite="lax"))
    return response


def read_flash(request: Req) -> str:
    """What the last form did, if it said so."""
    try:
        return base64.urlsafe_b64decode(request.cookies.get(FLASH, "")).decode()
    except ValueError:
        return ""


def here(path: str, default: str = "/inbox") -> str:
    """A path to return to, if it is one of ours: never another site."""
    # Browsers drop tabs and line breaks and read a backslash as a slash, so "/<tab>/evil.example" would leave us.
    plain = all(" " < character != "\x7f" and character != "\\" for character in path)
    parts = urlsplit(path) if plain else None
    ours = parts is not None and path.startswith("/") and not parts.scheme and not parts.netloc
    return path if ours else default
