"""A client or market itself. Its people stay behind: a pack is configuration, and travels between desks."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk.errors import Conflict, Invalid
from polydesk.i18n import N_, _
from polydesk.packs.own.shaping import shape
from polydesk.places import checking
from polydesk.scopes import service as scopes
from polydesk.scopes.places import Details, Legal
from polydesk.types import PackPart, Scope, Text

NAME = "core.place"
KEY = "place"


class _Said(msgspec.Struct, kw_only=True):
    name: str = ""
    languages: tuple[str, ...] = ()
    time_zone: str = ""
    holidays: str = ""
    sender: str = ""
    legal: Legal = {}
    theme: str = ""


async def read(scope: Scope) -> dict[str, Any]:
    """What it says of itself; nothing that comes from further out."""
    found = await _place(scope)
    if found is None:
        return {}
    plain = msgspec.to_builtins(found.own)
    values = {name: plain[name] for name in _Said.__struct_fields__ if plain.get(name)}
    return {KEY: {"name": found.name, **values}}


async def write(scope: Scope, key: str, values: Any, person: int | None) -> None:
    """Make it so; owner, code and sandbox stay as they are."""
    found = await _place(scope)
    if key != KEY or found is None:
        raise Invalid(message=_("There is one entry here, “%(key)s”.", key=KEY))
    said = shape(values if values is not None else {}, _Said)
    given = {name: getattr(said, name) for name in _Said.__struct_fields__ if name != "name"}
    details = checking.clean(Details(**given, owner=found.own.owner))
    name = said.name or found.name
    checking.check(name, details, {found.own.owner})
    if isinstance(found, scopes.Market):
        try:
            await scopes.change_market(found.id, found.code, name, details)
        except Conflict as error:
            raise Invalid(message=str(error)) from None
    else:
        await scopes.change_client(found.id, name, details, sandbox=found.sandbox)


async def _place(scope: Scope) -> scopes.Client | scopes.Market | None:
    assert scope.client is not None
    clients = await scopes.list_clients((scope.client,))
    if not clients:
        return None
    return clients[0] if scope.market is None else clients[0].market(scope.market)


PART = PackPart(name=NAME, label=Text(N_("Client or market")), read=read, write=write, weight=0)
