"""Plugins' own routes: there where the plugin is on, served apart from everything else's trouble."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, NotFoundException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Guard

from polydesk import hooks, plugins
from polydesk.errors import PolydeskError
from polydesk.plugins import health, reasons
from polydesk.scopes import switches
from polydesk.staff.within import within
from polydesk.web import errors, htmx

log = logging.getLogger("polydesk.plugins")
_writing: set[asyncio.Task[None]] = set()


def routers() -> list[Router]:
    """Each plugin's behind a guard of its own; loading checked that they stay under `/p/<name>`."""
    return [_apart(plugin.name, router) for plugin, router in plugins.collect(hooks.polydesk_routers)]


def surviving(build: Callable[[], Litestar]) -> Litestar:
    """The application; a plugin whose routes cannot be served (two alike, say) is left out of it and named."""
    try:
        return build()
    except Exception:
        if not _leave_out_unservable():
            raise
        return build()


def _leave_out_unservable() -> bool:
    registry, left = plugins.registry(), False
    for name in list(registry.plugins):
        theirs = [router for plugin, router in plugins.collect(hooks.polydesk_routers) if plugin.name == name]
        try:
            if theirs:
                Litestar(route_handlers=[_apart(name, router) for router in theirs], openapi_config=None)
        except Exception as error:
            plugin = registry.plugins[name]
            registry.leave_out(plugin, reasons.routes_failed(plugin.package, f"{type(error).__name__}: {error}"))
            left = True
    return left


def _apart(name: str, router: Router) -> Router:
    def failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        if not isinstance(error, (HTTPException, PolydeskError)):
            where = f"{request.method} {request.scope.get('path_template') or f'/p/{name}'}"[:120]
            reason = f"{type(error).__name__}: {error}"
            task = asyncio.get_running_loop().create_task(health.failed(name, where, reason))
            _writing.add(task)
            task.add_done_callback(_writing.discard)
        return errors.handle(request, error)

    return Router(
        path="/",
        route_handlers=[router],
        guards=[_on(name)],
        exception_handlers={HTTPException: errors.handle, Exception: failed},
    )


def _on(name: str) -> Guard:
    """Where the plugin is off, its routes are not there; where it is on, its handlers see those places alone."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        viewer = connection.scope.get("user")
        if viewer is None:
            # A visitor from outside: the account, which the address names, says whether there is anything for them.
            if not switches.on_somewhere(name):
                raise NotFoundException()
            return
        narrowed = within(viewer, name)
        if narrowed is None:
            raise NotFoundException()
        connection.scope["user"] = narrowed
        connection.scope[htmx.WHOLE] = viewer  # type: ignore[literal-required]

    return guard
