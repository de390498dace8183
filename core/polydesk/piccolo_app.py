"""The core's tables, as one Piccolo app."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

HOMES = (
    "scopes",
    "audit",
    "packs",
    "sandbox",
    "staff",
    "channels",
    "contacts",
    "queues",
    "conversations",
    "timeline",
    "inbound",
    "outbound",
    "pacing",
    "plugins",
    "live",
    "jobs",
)


def _modules() -> list[str]:
    found = []
    for home in HOMES:
        spec = importlib.util.find_spec(f"polydesk.{home}")
        if spec is None:
            continue
        name = f"polydesk.{home}.tables" if spec.submodule_search_locations else f"polydesk.{home}"
        if importlib.util.find_spec(name) is not None:
            found.append(name)
    return found


APP_CONFIG = AppConfig(
    app_name="polydesk",
    migrations_folder_path=Path(__file__).parent / "migrations",
    table_classes=table_finder(modules=_modules(), exclude_imported=True),
)
