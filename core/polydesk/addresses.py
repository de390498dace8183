"""Public addresses of this desk, for what is fetched from outside."""

from __future__ import annotations

from polydesk import settings


def public(path: str) -> str:
    """The full address of a path, as it is configured."""
    return f"{settings.current().address.rstrip('/')}/{path.lstrip('/')}"
