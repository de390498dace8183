"""Markets made from something: a copy of another market, or a kept template; and how far they have gone from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from polydesk import db
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _
from polydesk.packs import parts, rights, templates
from polydesk.packs.comparing import compare
from polydesk.packs.own import place as place_part
from polydesk.packs.shapes import Content, Difference
from polydesk.places import service as places
from polydesk.scopes import service as scopes
from polydesk.scopes.places import Details
from polydesk.staff.access import Viewer
from polydesk.types import Scope


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a market was made from: that as it was then."""

    kind: Literal["market", "template"]
    id: int
    name: str
    at: datetime
    content: Content


class Distance(msgspec.Struct, frozen=True, kw_only=True):
    """How a market differs from its origin. `now` is None when that is gone, or not the viewer's to see."""

    origin: Origin
    since: tuple[Difference, ...]
    now: tuple[Difference, ...] | None


async def copied(viewer: Viewer, market: int) -> Origin:
    """What a copy of a market is made from; of any client the viewer may set up."""
    client, found = await places.get_market(viewer, market)
    content = await _seen(viewer, Scope(client.id, market))
    name = f"{client.name} · {found.name}"
    return Origin(kind="market", id=market, name=name, at=datetime.now(UTC), content=content)


async def from_template(viewer: Viewer, template: int) -> Origin:
    """What a market made from a template is made from."""
    found = await templates.get(viewer, template)
    return Origin(kind="template", id=found.id, name=found.name, at=datetime.now(UTC), content=found.content)


async def make(viewer: Viewer, client: int, *, code: str, name: str, origin: Origin) -> int:
    """A market with all that its origin has; its id. All of it, or nothing."""
    viewer.require(places.RIGHT, client)
    stored = msgspec.to_builtins(origin)
    async with db.transaction():
        made = await places.new_market(viewer, client, code=code, name=name, details=Details(), origin=stored)
        scope = Scope(client, made)
        for owned in parts.parts():
            for key, values in origin.content.get(owned.part.name, {}).items():
                given = values
                if owned.part.name == place_part.NAME:
                    given = {**values, "name": name}
                await _write(viewer, owned, scope, key, given)
    return made


async def _seen(viewer: Viewer, scope: Scope) -> Content:
    return rights.seen(viewer, await parts.read(scope, copied=True), [scope])


async def _write(viewer: Viewer, owned: parts.Owned, scope: Scope, key: str, values: Any) -> None:
    try:
        rights.require(viewer, owned.part, scope, key)
        await parts.write(owned, scope, key, values, viewer.id or None)
    except parts.Broken:
        raise
    except Invalid as problem:
        said = _("“%(key)s” of %(part)s cannot be copied: %(reason)s", key=key, part=owned.part.name, reason=problem)
        raise Invalid(message=said) from None


async def distance(viewer: Viewer, market: int) -> Distance | None:
    """How a market differs from what it came from, then and now; None when it was made empty."""
    client, _found = await places.get_market(viewer, market)
    stored = await scopes.origin_of(market)
    if not stored:
        return None
    told = await places.made_from(viewer, market)
    origin = msgspec.structs.replace(msgspec.convert(stored, Origin), name=told)
    scope = Scope(client.id, market)
    here = await _seen(viewer, scope)
    now: tuple[Difference, ...] | None = None
    if (found := await _as_it_is(viewer, origin)) is not None:
        now = _between(viewer, (found[0], here), (scope, *found[1]))
    return Distance(origin=origin, since=_between(viewer, (origin.content, here), (scope,)), now=now)


async def between(viewer: Viewer, one: int, other: int) -> list[Difference]:
    """What has to change for one market to become as another."""
    where = [Scope((await places.get_market(viewer, each))[0].id, each) for each in (one, other)]
    before, after = [await parts.read(scope, copied=True) for scope in where]
    return list(_between(viewer, (before, after), where))


def _between(viewer: Viewer, both: tuple[Content, Content], where: Sequence[Scope]) -> tuple[Difference, ...]:
    """Of both only what the viewer may see in all these places: otherwise the rest would look new or gone."""
    before, after = (_nameless(rights.seen(viewer, content, where)) for content in both)
    return tuple(compare(before, after))


async def _as_it_is(viewer: Viewer, origin: Origin) -> tuple[Content, Sequence[Scope]] | None:
    """And the places whose rights hold for it."""
    try:
        if origin.kind == "template":
            return (await templates.get(viewer, origin.id)).content, ()
        client, _market = await places.get_market(viewer, origin.id)
    except NotFound:
        return None
    scope = Scope(client.id, origin.id)
    return await parts.read(scope, copied=True), (scope,)


def _nameless(content: Content) -> Content:
    """Two markets always differ by their names."""
    found = {part: dict(entries) for part, entries in content.items()}
    for key, values in found.get(place_part.NAME, {}).items():
        found[place_part.NAME][key] = {name: value for name, value in values.items() if name != "name"}
    return found
