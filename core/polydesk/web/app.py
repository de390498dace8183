"""Wire everything that answers HTTP into one application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar, Router, get
from litestar.config.compression import CompressionConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import HTTPException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath
from litestar.types import Guard

from polydesk import __version__, hooks, i18n, plugins, themes
from polydesk.admin import screens as admin
from polydesk.channels import screens as accounts
from polydesk.contacts import screens as contacts
from polydesk.conversations import screens as conversations
from polydesk.queues import screens as queues
from polydesk.scopes import switches
from polydesk.settings import Settings
from polydesk.staff import screens as entering
from polydesk.types import Scope
from polydesk.web import errors, events, languages, security, shell, static
from polydesk.web.htmx import Renderer
from polydesk.web.pieces import pieces
from polydesk.web.session import Session

LARGEST_BODY = 60_000_000


def create_app(settings: Settings) -> Litestar:
    """The application of an open desk (see `polydesk.desk`); plugins are loaded by then, their routes fixed here."""
    folders = {
        plugin.name: Path(plugin.module.__file__).parent
        for plugin in plugins.registry().plugins.values()
        if plugin.available and plugin.module is not None and plugin.module.__file__
    }
    for name, folder in folders.items():
        i18n.add(f"polydesk_{name}", folder / "locale")
    theme = themes.folder("default")
    files = static.Files(theme, {name: folder / "static" for name, folder in folders.items()})
    env = themes.environment("default", {name: folder / "templates" for name, folder in folders.items()})
    env.globals |= {
        "csrf_token": security.csrf_token,
        "handle_kind": shell.handle_kind,
        "language": i18n.language,
        "language_choices": languages.choices,
        "pieces": pieces(files.url),
        "static": files.url,
        "version": __version__,
    }
    # Macros are a global, so that a block rendered alone for htmx has them as well.
    env.globals["ui"] = env.get_template("parts/ui.html").module
    https = settings.address.startswith("https://")

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        app.state.stopping = asyncio.Event()
        yield
        app.state.stopping.set()

    return Litestar(
        route_handlers=[*_handlers(), events.events, files.router(), *_plugin_routers(), nothing],
        middleware=[Session(), security.Forgery(https=https)],
        before_send=[security.headers_for(https=https)],
        exception_handlers={HTTPException: errors.handle, Exception: errors.handle},
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=5, exclude=["^/static/", "^/events"]),
        request_max_body_size=LARGEST_BODY,
        state=State({"settings": settings, "renderer": Renderer(env, shell.shell), "https": https}),
        lifespan=[lifespan],
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


@get(["/{path:path}"], include_in_schema=False)
async def nothing(path: FromPath[Path]) -> None:
    """Any other address, so that "nothing here" is said in the reader's language."""
    raise NotFoundException()


def _handlers() -> list[HTTPRouteHandler]:
    rooms = (entering, conversations, contacts, accounts, queues, admin, shell)
    return [handler for room in rooms for handler in room.HANDLERS]


def _plugin_routers() -> list[Router]:
    """Plugins' routers behind a guard of their own; loading checked that each stays under `/p/<name>`."""
    routers = []
    for plugin, router in plugins.collect(hooks.polydesk_routers):
        routers.append(Router(path="/", route_handlers=[router], guards=[_on(plugin.name)]))
    return routers


def _on(name: str) -> Guard:
    def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        viewer = connection.scope.get("user")
        scopes = [Scope()] if viewer is None else [Scope(client) for client in viewer.clients] or [Scope()]
        if not any(switches.is_on(name, scope) for scope in scopes):
            raise NotFoundException()

    return guard
