"""One handler per URL: the whole page, or for htmx only the block its target names."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, Template
from litestar import Request, Response
from litestar.datastructures import Cookie, State
from litestar.enums import MediaType

from polydesk.staff.access import Viewer

Req = Request[Viewer | None, None, State]
Page = Response[str]
Shell = Callable[[Req], Awaitable[dict[str, Any]]]
T = TypeVar("T")
FLASH = "pd_flash"
THEME = "polydesk_theme"
WHOLE = "polydesk_viewer"
"""Where a request keeps its viewer as they are, while a plugin's handler sees them only where the plugin is on."""


class Templates(Protocol):
    """The templates of every theme: see `web.wardrobe`."""

    def __call__(self, theme: str) -> Environment:
        """As this theme has them."""

    def original(self, theme: str) -> Environment | None:
        """As they are without what the theme replaces; None when it replaces nothing."""

    def failed(self, theme: str, template: str, error: Exception) -> None:
        """A template of this theme could not be drawn, and the original could."""


class Renderer(msgspec.Struct):
    """What `create_app` leaves in `app.state.renderer`: the templates by theme, and what every whole page needs."""

    wardrobe: Templates
    shell: Shell

    def draw(self, request: Req, template: str, how: Callable[[Template], T]) -> T:
        """A template as this request's reader sees it; where their theme breaks it, as it was before."""
        worn: str = cast(dict[str, Any], request.scope).get(THEME, "")
        try:
            return how(self.wardrobe(worn).get_template(template))
        except Exception as error:
            original = self.wardrobe.original(worn)
            if original is None:
                raise
            drawn = how(original.get_template(template))
            self.wardrobe.failed(worn, template, error)
            return drawn


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
    block = target(request).replace("-", "_")
    context = {"request": request, "viewer": request.scope.get("user"), **context}
    answer_headers = {"Vary": "HX-Request, HX-Target", "Cache-Control": "no-store", **(headers or {})}

    def part(loaded: Template) -> str | None:
        return "".join(loaded.blocks[block](loaded.new_context(context))) if block in loaded.blocks else None

    if block and (html := renderer.draw(request, template, part)) is not None:
        response = Response(html, status_code=status, media_type=MediaType.HTML, headers=answer_headers)
        if said := read_flash(request):
            response.headers["HX-Trigger"] = json.dumps({"polydesk:said": {"words": said}})
            response.delete_cookie(FLASH)
        return response
    context |= {**await renderer.shell(request), "flash": read_flash(request)}
    whole = renderer.draw(request, template, lambda loaded: loaded.render(context))
    response = Response(whole, status_code=status, media_type=MediaType.HTML, headers=answer_headers)
    if context["flash"]:
        response.delete_cookie(FLASH)
    return response


def wear(request: Req, theme: str) -> None:
    """Answer in this theme: for readers who are not signed in, whose place only the handler knows."""
    request.scope[THEME] = theme  # type: ignore[literal-required]


def render(request: Req, template: str, **context: Any) -> str:
    """A template without the shell around it: error pages and fragments."""
    renderer: Renderer = request.app.state.renderer
    known = {"request": request, "viewer": request.scope.get("user"), **context}
    return renderer.draw(request, template, lambda loaded: loaded.render(known))


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
