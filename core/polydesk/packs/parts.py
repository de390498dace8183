"""The parts there are, core's own and those of plugins, and reading and writing through them."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec

from polydesk import hooks, plugins
from polydesk.errors import Invalid
from polydesk.i18n import N_, _, render
from polydesk.packs.own import accounts, place, queues, settings, switches
from polydesk.packs.shapes import Content
from polydesk.types import PackPart, Scope, Text

log = logging.getLogger("polydesk.packs")
_SECONDS = 20.0
_CORE = Text(N_("Polydesk itself"))


class Owned(msgspec.Struct, frozen=True):
    """A part and whose it is; `plugin` is "" for core's."""

    plugin: str
    owner: Text
    part: PackPart


class Broken(Invalid):
    """A part did not do what it must; the sentence names it and its plugin."""


def parts() -> list[Owned]:
    """Every part, in the order in which they are written."""
    own = [Owned("", _CORE, each.PART) for each in (place, switches, settings, queues, accounts)]
    theirs = [
        Owned(plugin.name, plugin.info.label if plugin.info else Text(plugin.name), part)
        for plugin, part in plugins.collect(hooks.polydesk_pack_parts)
    ]
    return sorted([*own, *theirs], key=lambda each: (each.part.weight, each.part.name))


def labels() -> dict[str, Text]:
    """What each part is called."""
    return {each.part.name: each.part.label for each in parts()}


async def read(scope: Scope, *, copied: bool = False) -> Content:
    """All that is set at exactly this place; with `copied`, only what goes along when a market is copied."""
    found: Content = {}
    for each in parts():
        if (each.part.copies or not copied) and (entries := await _read(each, scope)):
            found[each.part.name] = entries
    return found


async def _read(owned: Owned, scope: Scope) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_SECONDS):
            entries = await owned.part.read(scope)
        return msgspec.convert(msgspec.json.decode(msgspec.json.encode(entries)), dict[str, Any])
    except Exception as error:
        raise _broken(owned, error) from error


async def write(owned: Owned, scope: Scope, key: str, values: Any, person: int | None) -> None:
    """Make one entry so. What cannot be raises `Invalid`; a part that fails in another way, `Broken`."""
    try:
        async with asyncio.timeout(_SECONDS):
            await owned.part.write(scope, key, values, person)
    except Invalid:
        raise
    except msgspec.ValidationError as error:
        raise Invalid(message=str(error)) from error
    except Exception as error:
        raise _broken(owned, error) from error


def _broken(owned: Owned, error: Exception) -> Broken:
    log.warning("the part %s failed", owned.part.name, exc_info=error)
    reason = f"{type(error).__name__}: {error}"
    if not owned.plugin:
        return Broken(message=_("The part %(part)s failed: %(reason)s", part=owned.part.name, reason=reason))
    return Broken(
        message=_(
            "The part %(part)s of the plugin %(plugin)s failed: %(reason)s",
            part=owned.part.name,
            plugin=render(owned.owner),
            reason=reason,
        )
    )
