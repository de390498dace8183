"""What plugins know of a contact from outside (a shop, a ride service…): read when shown, never stored."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import hooks, plugins
from polydesk.contacts.service import get_contact
from polydesk.staff.access import Viewer
from polydesk.types import ItemDraft, Scope, Text


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin's knowledge; `failure` says why there is none this time."""

    plugin: str
    label: Text
    attributes: dict[str, Any] = {}
    items: tuple[ItemDraft, ...] = ()
    failure: str = ""


async def known_outside(viewer: Viewer, contact: int) -> list[Source]:
    """Attributes and timeline items from every plugin that is on for the contact, by plugin."""
    found = await get_contact(viewer, contact)
    scope = Scope(found.client, found.market)
    attributes = await plugins.ask(scope, hooks.polydesk_enrich_contact, contact=found)
    items = await plugins.ask(scope, hooks.polydesk_contact_items, contact=found)
    sources: dict[str, Source] = {}
    for answer in (*attributes, *items):
        name = answer.plugin.name
        source = sources.get(name) or Source(
            plugin=name, label=answer.plugin.info.label if answer.plugin.info else Text(name)
        )
        if answer.failure:
            source = msgspec.structs.replace(source, failure=answer.failure)
        elif isinstance(answer.value, dict):
            source = msgspec.structs.replace(source, attributes=answer.value)
        else:
            source = msgspec.structs.replace(source, items=tuple(answer.value or ()))
        sources[name] = source
    return [source for source in sources.values() if source.attributes or source.items or source.failure]
