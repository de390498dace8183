"""Wire everything that answers HTTP into one application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from litestar import Litestar, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from polydesk import __version__, i18n, plugins
from polydesk.admin import screens as admin
from polydesk.channels import screens as accounts
from polydesk.contacts import screens as contacts
from polydesk.conversations import screens as conversations
from polydesk.packs import screens as packs
from polydesk.places import screens as places
from polydesk.plugin_settings import screens as plugin_settings
from polydesk.queues import screens as queues
from polydesk.sandbox import screens as sandbox
from polydesk.settings import Settings
from polydesk.simulate import screens as simulation
from polydesk.staff import screens as entering
from polydesk.web import errors, events, languages, plugin_routes, security, shell, webhooks
from polydesk.web.htmx import Renderer
from polydesk.web.session import Session
from polydesk.web.wardrobe import Wardrobe

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
    wardrobe = Wardrobe(
        folders,
        {
            "csrf_token": security.csrf_token,
            "handle_kind": shell.handle_kind,
            "language": i18n.language,
            "language_choices": languages.choices,
            "safe_mode": settings.safe_mode,
            "version": __version__,
        },
    )
    https = settings.address.startswith("https://")

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        app.state.stopping = asyncio.Event()
        yield
        app.state.stopping.set()

    def build() -> Litestar:
        return Litestar(
            route_handlers=[*_handlers(), events.events, wardrobe.files.router(), *plugin_routes.routers(), nothing],
            middleware=[Session(), security.Forgery(https=https)],
            before_send=[security.headers_for(https=https)],
            exception_handlers={HTTPException: errors.handle, Exception: errors.handle},
            compression_config=CompressionConfig(
                backend="gzip", gzip_compress_level=5, exclude=["^/static/", "/events$"], exclude_opt_key="uncompressed"
            ),
            request_max_body_size=LARGEST_BODY,
            state=State({"settings": settings, "renderer": Renderer(wardrobe, shell.shell), "https": https}),
            lifespan=[lifespan],
            openapi_config=None,
            logging_config=None,
            debug=False,
        )

    return plugin_routes.surviving(build)


@get(["/{path:path}"], include_in_schema=False)
async def nothing(path: FromPath[Path]) -> None:
    """Any other address, so that "nothing here" is said in the reader's language."""
    raise NotFoundException()


def _handlers() -> list[HTTPRouteHandler]:
    rooms = (entering, conversations, contacts, accounts, queues, places, packs, sandbox, admin, plugin_settings)
    around = (shell, webhooks, simulation)
    return [handler for room in (*rooms, *around) for handler in room.HANDLERS]
