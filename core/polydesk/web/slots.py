"""What plugins put into core's screens, each within its time budget; one that fails is left out and recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from polydesk import hooks, plugins
from polydesk.i18n import N_
from polydesk.plugins import Plugin, health
from polydesk.plugins.calling import BUDGET_SECONDS
from polydesk.plugins.watchdog import at_work
from polydesk.scopes.switches import is_on
from polydesk.staff.access import Viewer
from polydesk.staff.within import within
from polydesk.types import Scope, Slot, Text
from polydesk.web import htmx
from polydesk.web.htmx import Req

Wanted = tuple[Plugin, Slot, Scope, Mapping[str, Any]]


async def fill(request: Req, scope: Scope, places: tuple[str, ...], context: Mapping[str, Any]) -> dict[str, list[str]]:
    """The HTML for each place, in the order of the slots' weights."""
    wanted = [pair for pair in plugins.collect(hooks.polydesk_slots, scope) if pair[1].place in places]
    return await _filled(request, [(plugin, slot, scope, context) for plugin, slot in wanted])


async def around(request: Req, viewer: Viewer, places: tuple[str, ...]) -> dict[str, list[str]]:
    """The same for places that belong to a person and no single client: of plugins that are on anywhere they reach.

    The context's `viewer` reaches where the plugin is on, and nowhere else.
    """
    wanted: list[Wanted] = []
    for plugin, slot in plugins.collect(hooks.polydesk_slots):
        if slot.place in places and (there := within(viewer, plugin.name)) is not None:
            scope = Scope(there.clients[0] if there.clients else None)
            wanted.append((plugin, slot, scope, {"viewer": there}))
    return await _filled(request, wanted)


async def columns(request: Req, rows: Sequence[Any]) -> dict[int, list[str]]:
    """What plugins add to lines of the inbox, by conversation.

    `load` is awaited once with the `rows` of places where the plugin is on; its template is rendered for each, as
    `row`. The scope is the rows' own while all are of one place, else what they have in common.
    """
    found: dict[int, list[str]] = {}
    for plugin, slot in plugins.collect(hooks.polydesk_slots):
        if slot.place != "inbox.columns":
            continue
        theirs = [row for row in rows if is_on(plugin.name, Scope(row.client, row.market))]
        if not theirs:
            continue
        for row, html in zip(theirs, await _many(request, _common(theirs), plugin, slot, theirs), strict=False):
            if html.strip():
                found.setdefault(row.id, []).append(html)
    return found


def _common(rows: Sequence[Any]) -> Scope:
    places = {Scope(row.client, row.market) for row in rows}
    if len(places) == 1:
        return next(iter(places))
    clients = {place.client for place in places}
    return Scope(next(iter(clients)) if len(clients) == 1 else None)


async def _filled(request: Req, wanted: list[Wanted]) -> dict[str, list[str]]:
    wanted.sort(key=lambda each: (each[1].weight, each[0].name))
    filled = await asyncio.gather(
        *(_one(request, scope, plugin, slot, context) for plugin, slot, scope, context in wanted)
    )
    found: dict[str, list[str]] = {}
    for (_plugin, slot, _scope, _context), html in zip(wanted, filled, strict=True):
        if html:
            found.setdefault(slot.place, []).append(html)
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
    # Each by itself: one that breaks must not take the plugin's others in the same place with it.
    hook = f"slot {slot.place}: {slot.template}"[:120]
    if health.resting(plugin.name, hook):
        return []
    template = slot.template if "/" in slot.template else f"{plugin.name}/{slot.template}"
    reason: str | Text = ""
    try:
        async with asyncio.timeout(BUDGET_SECONDS):
            with at_work(plugin.name, hook):
                values = await slot.load(scope, context) if slot.load else {}
        if values is None:
            return []
        if not isinstance(values, Mapping):
            raise TypeError(f"its `load` must give a dict or None, and gave {type(values).__name__}")
        drawn = [htmx.render(request, template, **{**one, **values}) for one in each]
    except TimeoutError:
        reason = Text(N_("It took longer than {seconds} s."), {"seconds": f"{BUDGET_SECONDS:g}"})
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        health.succeeded(plugin.name, hook)
        return drawn
    await health.failed(plugin.name, hook, reason)
    return []
