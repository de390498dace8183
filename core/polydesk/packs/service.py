"""Packs as their people use them: exported, compared, applied, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from polydesk.audit import service as audit
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _
from polydesk.packs import applying, files, parts, rights
from polydesk.packs.applying import Outcome
from polydesk.packs.shapes import TOP, Difference, Pack
from polydesk.places import service as places
from polydesk.staff.access import Viewer
from polydesk.types import Scope


async def export(viewer: Viewer, scope: Scope) -> Pack:
    """A client with all its markets, or one market; without what this person may not see on its own screen."""
    assert scope.client is not None
    viewer.require(places.RIGHT, scope.client, scope.market)
    client = await places.get_client(viewer, scope.client)
    if scope.market is not None:
        _client, market = await places.get_market(viewer, scope.market)
        content = {TOP: rights.seen(viewer, await parts.read(scope), [scope])}
        return files.made("market", market.name, market.code, rights.spoken_for(viewer, [scope]), content)
    where = {TOP: scope, **{market.code: Scope(client.id, market.id) for market in client.markets}}
    content = {code: rights.seen(viewer, await parts.read(each), [each]) for code, each in where.items()}
    return files.made("client", client.name, "", rights.spoken_for(viewer, where.values()), content)


async def try_out(viewer: Viewer, scope: Scope, given: Mapping[str, bytes], *, removes: bool = False) -> Outcome:
    """What applying these files would change; everything is tried and nothing kept."""
    return await _apply(viewer, scope, given, removes=removes, trial=True)


async def apply(
    viewer: Viewer, scope: Scope, given: Mapping[str, bytes], *, removes: bool = False, seen: str | None = None
) -> Outcome:
    """Apply these files. `Invalid` names file and field when they cannot be; then nothing has changed.

    With `seen`, the mark of what was tried out: `Moved` when something else would change by now.
    """
    return await _apply(viewer, scope, given, removes=removes, seen=seen)


async def _apply(
    viewer: Viewer,
    scope: Scope,
    given: Mapping[str, bytes],
    *,
    removes: bool,
    trial: bool = False,
    seen: str | None = None,
) -> Outcome:
    assert scope.client is not None
    viewer.require(places.RIGHT, scope.client, scope.market)
    pack, standing = await asyncio.to_thread(files.read, given)
    _fits(pack, scope)
    return await applying.apply(
        viewer,
        scope,
        pack,
        removes=removes,
        trial=trial,
        seen=seen,
        named=lambda place, part, key: standing.get((place, part, key), f"{part}/{key}"),
    )


def _fits(pack: Pack, scope: Scope) -> None:
    if pack.of == "client" and scope.market is not None:
        raise Invalid({files.HEAD: _("This is the pack of a whole client; it cannot be applied to a market.")})
    if pack.of == "market" and scope.market is None:
        raise Invalid({files.HEAD: _("This is the pack of a market: choose the market it is for.")})


async def history(viewer: Viewer, scope: Scope, most: int = 30) -> list[audit.Change]:
    """Packs that were applied to a client (its markets among them) or to a market."""
    assert scope.client is not None
    viewer.require(places.RIGHT, scope.client, scope.market)
    where = f"c.client = {scope.client:d}" + (f" AND c.market = {scope.market:d}" if scope.market else "")
    return await audit.latest(applying.KIND, bound=where, most=most)


async def applied(viewer: Viewer, change: int) -> audit.Change:
    """One of them, or `NotFound`."""
    found = await audit.get(change)
    if found is None or found.kind != applying.KIND or found.scope.client is None:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    viewer.require(places.RIGHT, found.scope.client, found.scope.market)
    return found


async def changed_since(viewer: Viewer, change: audit.Change) -> list[Difference]:
    """What is not any more as a pack left it, as far as this person may see it."""
    return await applying.changed_since(change, viewer)


async def roll_back(viewer: Viewer, change: int, *, anyway: bool = False) -> None:
    """Put back what was there before a pack was applied."""
    await applying.roll_back(await applied(viewer, change), viewer, anyway=anyway)
