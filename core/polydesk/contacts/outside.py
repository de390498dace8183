"""What plugins know of a contact from outside (a shop, a ride service…): read when shown, never stored."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import hooks, plugins
from polydesk.types import Contact, ItemDraft, Scope, Text


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin's knowledge; `failure` says why there is none this time."""

    plugin: str
    label: Text
    attributes: dict[str, Any] = {}
    items: tuple[ItemDraft, ...] = ()
    failure: str = ""


async def known_outside(found: Contact) -> list[Source]:
    """Attributes and timeline items from every plugin that is on for the contact, by plugin."""
    scope = Scope(found.client, found.market)
    sources: dict[str, Source] = {}
    for attributes in await plugins.ask(scope, hooks.polydesk_enrich_contact, contact=found):
        source = _source(sources, attributes.plugin, attributes.failure)
        sources[source.plugin] = msgspec.structs.replace(source, attributes=attributes.value or {})
    for items in await plugins.ask(scope, hooks.polydesk_contact_items, contact=found):
        source = _source(sources, items.plugin, items.failure)
        sources[source.plugin] = msgspec.structs.replace(source, items=tuple(items.value or ()))
    return [source for source in sources.values() if source.attributes or source.items or source.failure]


def _source(known: dict[str, Source], plugin: plugins.Plugin, failure: str) -> Source:
    source = known.get(plugin.name) or Source(
        plugin=plugin.name, label=plugin.info.label if plugin.info else Text(plugin.name)
    )
    return msgspec.structs.replace(source, failure=failure or source.failure)
