"""Where Piccolo looks for the engine and, when migrating, for every app: the core's and each plugin's."""

from __future__ import annotations

from typing import Any

from polydesk.db.queries import engine as DB

__all__ = ["DB"]


def __getattr__(name: str) -> Any:
    # Late, because the apps import the tables, and the tables may be what is being imported just now.
    if name == "APP_REGISTRY":
        from piccolo.conf.apps import AppRegistry

        from polydesk.db.migrations import apps

        return AppRegistry(apps=apps())
    raise AttributeError(name)
