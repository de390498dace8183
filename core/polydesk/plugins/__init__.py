"""Plugins: found by entry point, checked before they run, called by scope, isolated when they fail."""

from polydesk.plugins.calling import (
    Answered,
    ask,
    call_quickly,
    collect,
    contributor,
    decide,
    listeners,
    listening,
    tell,
)
from polydesk.plugins.finding import Plugin, Registry, load, registry, use
from polydesk.plugins.health import Failure, forget, recorded, status

__all__ = [
    "Answered",
    "Failure",
    "Plugin",
    "Registry",
    "ask",
    "call_quickly",
    "collect",
    "contributor",
    "decide",
    "forget",
    "listeners",
    "listening",
    "load",
    "recorded",
    "registry",
    "status",
    "tell",
    "use",
]
