"""The command `polydesk`. Exit codes: 0 well, 1 failed, 2 wrong usage, 78 wrong configuration.

Each file here is one group of commands; it joins `main` when it is imported below.
"""

from polydesk.cli import (
    clients,
    database,
    demonstration,
    health,
    keys,
    listing,
    packs,
    people,
    plugin,
    serving,
    switching,
    upgrade,
)
from polydesk.cli.groups import main

__all__ = [
    "clients",
    "database",
    "demonstration",
    "health",
    "keys",
    "listing",
    "main",
    "packs",
    "people",
    "plugin",
    "serving",
    "switching",
    "upgrade",
]
