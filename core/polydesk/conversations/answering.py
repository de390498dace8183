"""When somebody of the desk has answered a contact, whatever the channel: for figures that compare channels."""

from __future__ import annotations

from polydesk import hooks, plugins


def kinds() -> tuple[str, ...]:
    """Kinds of plugins' items with which an agent answers; never empty, for SQL."""
    found = [kind.name for _plugin, kind in plugins.collect(hooks.polydesk_item_kinds) if kind.answers]
    return ("-", *found)


def condition(alias: str) -> str:
    """SQL that holds for an item with which a person answered; its one hole takes `kinds()`."""
    written = f"{alias}.kind = 'message' AND {alias}.direction = 'out' AND {alias}.person IS NOT NULL"
    return f"(({written}) OR {alias}.kind IN {{}})"
