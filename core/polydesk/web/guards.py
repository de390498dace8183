"""Who may open a route; what they may do with the things behind it is the services' question."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Guard

from polydesk.staff.access import Viewer


def signed_in(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Someone is signed in; others are sent to the sign-in screen."""
    if connection.scope.get("user") is None:
        raise NotAuthorizedException()


def owner(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Someone is signed in to whom the whole installation belongs."""
    signed_in(connection, handler)
    if not connection.scope["user"].is_owner:
        raise PermissionDeniedException()


def may(permission: str) -> Guard:
    """Someone is signed in who holds this right somewhere."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        signed_in(connection, handler)
        viewer: Viewer = connection.scope["user"]
        if not viewer.can(permission):
            raise PermissionDeniedException()

    return guard
