"""What plugins put into core's screens, each within its time budget; one that fails is left out and recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from polydesk import hooks, plugins
from polydesk.plugins import Plugin, health
from polydesk.plugins.calling import BUDGET_SECONDS
from polydesk.types import Scope, Slot
from polydesk.web import htmx
from polydesk.web.htmx import Req


async def fill(request: Req, scope: Scope, places: tuple[str, ...], context: Mapping[str, Any]) -> dict[str, list[str]]:
    """The HTML for each place, in the order of the slots' weights."""
    wanted = [pair for pair in plugins.collect(hooks.polydesk_slots, scope) if pair[1].place in places]
    wanted.sort(key=lambda pair: (pair[1].weight, pair[0].name))
    filled = await asyncio.gather(*(_one(request, scope, plugin, slot, context) for plugin, slot in wanted))
    found: dict[str, list[str]] = {}
    for (_plugin, slot), html in zip(wanted, filled, strict=True):
        if html:
            found.setdefault(slot.place, []).append(html)
    return found


async def columns(request: Req, scope: Scope, rows: Sequence[Any]) -> dict[int, list[str]]:
    """What plugins add to lines of the inbox, by conversation.

    `load` is awaited once with all `rows`; its template is rendered for each, as `row`.
    """
    found: dict[int, list[str]] = {}
    for plugin, slot in plugins.collect(hooks.polydesk_slots, scope):
        if slot.place != "inbox.columns":
            continue
        for row, html in zip(rows, await _many(request, scope, plugin, slot, rows), strict=False):
            if html.strip():
                found.setdefault(row.id, []).append(html)
    return found


async def _one(request: Req, scope: Scope, plugin: Plugin, slot: Slot, context: Mapping[str, Any]) -> str:
    return next(iter(await _render(request, scope, plugin, slot, context, [context])), "")


async def _many(request: Req, scope: Scope, plugin: Plugin, slot: Slot, rows: Sequence[Any]) -> list[str]:
    return await _render(request, scope, plugin, slot, {"rows": rows}, [{"row": row} for row in rows])


async def _render(
    request: Req,
    scope: Scope,
    plugin: Plugin,
    slot: Slot,
    context: Mapping[str, Any],
    each: Sequence[Mapping[str, Any]],
) -> list[str]:
    if health.resting(plugin.name):
        return []
    template = slot.template if "/" in slot.template else f"{plugin.name}/{slot.template}"
    reason = ""
    try:
        async with asyncio.timeout(BUDGET_SECONDS):
            values = await slot.load(scope, context) if slot.load else {}
        if values is None:
            return []
        return [htmx.render(request, template, **{**one, **values}) for one in each]
    except TimeoutError:
        reason = f"It took longer than {BUDGET_SECONDS:g} s."
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    await health.failed(plugin.name, f"slot {slot.place}", reason)
    return []
