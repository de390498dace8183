"""Clients and markets: seen, made and changed by those who answer for them, and written into the book of changes."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from polydesk import db
from polydesk.audit import service as audit
from polydesk.errors import Conflict, Forbidden, Invalid, NotFound, PolydeskError
from polydesk.i18n import _
from polydesk.places import checking
from polydesk.scopes import service as scopes
from polydesk.scopes.places import Details
from polydesk.scopes.service import Client, Market
from polydesk.staff import people
from polydesk.staff.access import Viewer
from polydesk.types import Scope


class Moved(PolydeskError):
    """What was to be changed is not any more what the viewer saw; `now` is the mark of what it is."""

    def __init__(self, words: str, now: str) -> None:
        super().__init__(words)
        self.now = now


RIGHT = "market.manage"
CHANGED = ("client.made", "client.changed", "market.made", "market.changed")


async def list_places(viewer: Viewer) -> list[Client]:
    """Clients with the markets the viewer may set up; a client of which only a market is theirs has only that one."""
    found = []
    for client in await scopes.list_clients(viewer.clients):
        markets = tuple(each for each in client.markets if viewer.can(RIGHT, client.id, each.id))
        if markets or viewer.can(RIGHT, client.id):
            found.append(msgspec.structs.replace(client, markets=markets))
    return found


async def get_client(viewer: Viewer, client: int) -> Client:
    """One of them, or `NotFound`."""
    for found in await list_places(viewer):
        if found.id == client:
            return found
    raise NotFound(_("There is nothing here, or it is not yours to see."))


async def get_market(viewer: Viewer, market: int) -> tuple[Client, Market]:
    """A market the viewer may set up, with its client; or `NotFound`."""
    for client in await list_places(viewer):
        if found := client.market(market):
            return client, found
    raise NotFound(_("There is nothing here, or it is not yours to see."))


async def find(viewer: Viewer, address: str) -> tuple[Client, Market | None]:
    """A client by its slug, or one of its markets by "slug/code"."""
    slug, slash, code = address.strip().partition("/")
    for client in await list_places(viewer):
        if client.slug == slug:
            market = next((each for each in client.markets if each.code == code), None)
            if market is not None or not slash:
                return client, market
    raise NotFound(_("There is no client or market “%(address)s”.", address=address))


async def candidates(viewer: Viewer, scope: Scope) -> list[people.Person]:
    """Colleagues who reach a place, so that one of them can answer for it."""
    return [
        person
        for person in await people.list_people(viewer)
        if person.active
        and (
            person.is_owner
            or any(place.client == scope.client and place.market in (None, scope.market) for place in person.places)
        )
    ]


async def new_client(viewer: Viewer, *, name: str, details: Details) -> int:
    """A new client; its id. Only owners take in companies."""
    if not viewer.is_owner:
        raise Forbidden(_("Only an owner may do this."))
    details = checking.clean(details)
    checking.check(name, details, await _owners(viewer, Scope()))
    async with db.transaction():
        made = await scopes.create_client(name, details=details)
        await audit.record("client.made", Scope(made), viewer.id or None, {"after": said(name, details)})
    return made


async def change_client(
    viewer: Viewer,
    client: int,
    *,
    name: str,
    details: Details,
    sandbox: bool | None = None,
    seen: str | None = None,
) -> None:
    """Change what a client says of itself; None leaves the sandbox as it is.

    With `seen`, the `mark` of what the change was made from: `Moved` when it is something else by now.
    """
    viewer.require(RIGHT, client)
    details = checking.clean(details)
    async with db.transaction():
        await db.lock(f"polydesk packs {client}")
        known = await get_client(viewer, client)
        _compare(seen, mark(known))
        checking.check(name, details, await _owners(viewer, Scope(client), known.own))
        sandbox = known.sandbox if sandbox is None else sandbox
        before = {**said(known.name, known.own), "sandbox": known.sandbox}
        after = {**said(name, details), "sandbox": sandbox}
        if before != after:
            await scopes.change_client(client, name, details, sandbox=sandbox)
            await audit.record("client.changed", Scope(client), viewer.id or None, _changed(before, after))


async def new_market(
    viewer: Viewer, client: int, *, code: str, name: str, details: Details, origin: dict[str, Any] | None = None
) -> int:
    """A new market of a client; its id. `origin` says what it is made from."""
    viewer.require(RIGHT, client)
    code, details = code.strip(), checking.clean(details)
    checking.check(name, details, await _owners(viewer, Scope(client)), code=code)
    try:
        async with db.transaction():
            made = await scopes.create_market(client, code=code, name=name, details=details)
            data = {"after": {"code": code, **said(name, details)}, "from": (origin or {}).get("name", "")}
            await audit.record("market.made", Scope(client, made), viewer.id or None, data)
            if origin:
                await scopes.set_origin(made, origin)
    except Conflict:
        raise Invalid({"code": _("This client has a market with this code already.")}) from None
    return made


async def change_market(
    viewer: Viewer, market: int, *, code: str, name: str, details: Details, seen: str | None = None
) -> None:
    """Change what a market says of itself; `seen` as for a client."""
    client, _known = await get_market(viewer, market)
    code, details = code.strip(), checking.clean(details)
    try:
        async with db.transaction():
            await db.lock(f"polydesk packs {client.id}")
            _client, known = await get_market(viewer, market)
            _compare(seen, mark(known))
            checking.check(name, details, await _owners(viewer, Scope(client.id, market), known.own), code=code)
            before, after = {"code": known.code, **said(known.name, known.own)}, {"code": code, **said(name, details)}
            if before != after:
                await scopes.change_market(market, code, name, details)
                data = _changed(before, after)
                await audit.record("market.changed", Scope(client.id, market), viewer.id or None, data)
    except Conflict:
        raise Invalid({"code": _("This client has a market with this code already.")}) from None


def mark(place: Client | Market) -> str:
    """Stands for all that a place says of itself: another one once somebody changed it."""
    code = place.code if isinstance(place, Market) else ""
    whole = msgspec.json.encode([place.name, code, place.own], order="sorted")
    return hashlib.sha256(whole).hexdigest()[:24]


def _compare(seen: str | None, now: str) -> None:
    if seen is not None and seen != now:
        raise Moved(
            _(
                "Somebody changed this while you were at it; what holds now is above. "
                "What you typed is still here: save once more to put it in the place of theirs."
            ),
            now,
        )


async def history(viewer: Viewer, scope: Scope, most: int = 20) -> list[audit.Change]:
    """The latest changes of one client or market."""
    assert scope.client is not None
    viewer.require(RIGHT, scope.client, scope.market)
    where = f"c.client = {scope.client:d} AND c.market " + (f"= {scope.market:d}" if scope.market else "IS NULL")
    found = await audit.latest(*CHANGED, "pack.applied", bound=where, most=most)
    if scope.market is None:
        return found
    told = await made_from(viewer, scope.market)
    return [
        msgspec.structs.replace(each, data={**each.data, "from": told}) if each.data.get("from") else each
        for each in found
    ]


async def made_from(viewer: Viewer, market: int) -> str:
    """What a market was made from, "" when from nothing. Which client another market is of, is told to its own only."""
    origin = await scopes.origin_of(market)
    if origin and origin.get("kind") == "market" and not viewer.is_owner:
        try:
            await get_market(viewer, origin["id"])
        except NotFound:
            return _("another market")
    return str(origin.get("name", ""))


def said(name: str, details: Details) -> dict[str, Any]:
    """As the book of changes has it."""
    plain: dict[str, Any] = msgspec.to_builtins(details)
    return {"name": name.strip(), **plain}


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in after if before[name] != after[name]]
    return {"before": {name: before[name] for name in names}, "after": {name: after[name] for name in names}}


async def _owners(viewer: Viewer, scope: Scope, now: Details | None = None) -> set[int | None]:
    # Who it is already stays possible, also for a viewer who does not see them.
    return {now.owner if now else None, *(person.id for person in await candidates(viewer, scope))}
