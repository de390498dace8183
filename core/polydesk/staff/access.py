"""Who is looking, which clients and markets they reach, and what they may do there."""

from __future__ import annotations

from typing import Literal

import msgspec

from polydesk import hooks, plugins
from polydesk.errors import Forbidden, NotFound
from polydesk.i18n import N_, _
from polydesk.types import Permission, Presence, Role, Text

_WORKING: tuple[Role, ...] = ("agent", "supervisor", "admin")
_LEADING: tuple[Role, ...] = ("supervisor", "admin")

PERMISSIONS: tuple[Permission, ...] = (
    Permission(name="conversation.reply", label=Text(N_("Reply to contacts")), roles=_WORKING),
    Permission(name="conversation.note", label=Text(N_("Write notes")), roles=("analyst", *_WORKING)),
    Permission(name="conversation.change", label=Text(N_("Assign, tag and solve conversations")), roles=_WORKING),
    Permission(name="contact.edit", label=Text(N_("Edit contacts")), roles=_WORKING),
    Permission(name="queue.manage", label=Text(N_("Set up queues")), roles=_LEADING),
    Permission(name="arrival.manage", label=Text(N_("See and replay what could not be read")), roles=_LEADING),
    Permission(name="staff.manage", label=Text(N_("Invite people and change their rights")), roles=("admin",)),
    Permission(name="account.manage", label=Text(N_("Set up channel accounts")), roles=("admin",)),
    Permission(name="market.manage", label=Text(N_("Set up clients and markets")), roles=("admin",)),
    Permission(name="plugin.manage", label=Text(N_("See plugin health and switch plugins")), roles=("admin",)),
    Permission(name="job.manage", label=Text(N_("See and retry background work")), roles=("admin",)),
)


NO_MARKET = 0
"""In a `Reach`: what belongs to the client and to none of its markets."""


class Reach(msgspec.Struct, frozen=True):
    """A client, or one market of it, with the role held there; `market` None is all of the client."""

    client: int
    market: int | None
    role: Role

    def covers(self, client: int, market: int | None) -> bool:
        """Does what belongs there lie within?"""
        return self.client == client and (self.market is None or self.market == (market or NO_MARKET))


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """The person at the screen. Owners reach every client as admins."""

    id: int
    name: str
    email: str
    is_owner: bool = False
    language: str = "en"
    colours: Literal["auto", "light", "dark"] = "auto"
    time_zone: str = "UTC"
    speaks: tuple[str, ...] = ()
    presence: Presence = "offline"
    capacity: int = 8
    reach: tuple[Reach, ...] = ()

    @property
    def clients(self) -> tuple[int, ...]:
        """Ids of every client at least partly reached, each once."""
        return tuple(dict.fromkeys(place.client for place in self.reach))

    def markets(self, client: int) -> tuple[int, ...] | None:
        """The markets of a client this person is confined to; None when all of it is open to them."""
        places = [place.market for place in self.reach if place.client == client]
        return None if None in places else tuple(market for market in places if market)

    def sees(self, client: int, market: int | None) -> bool:
        """Does this person reach what belongs to this client and market?"""
        return any(place.covers(client, market) for place in self.reach)

    def can(self, permission: str, client: int | None = None, market: int | None = None) -> bool:
        """Does this person hold the right there (with no client: anywhere)?"""
        if self.is_owner:
            return client is None or self.sees(client, market)
        roles = roles_with(permission)
        return any(place.role in roles and (client is None or place.covers(client, market)) for place in self.reach)

    def require(self, permission: str, client: int | None = None, market: int | None = None) -> None:
        """`NotFound` for what they may not even see, `Forbidden` for what they may not do."""
        if client is not None and not self.sees(client, market):
            raise NotFound(_("There is nothing here, or it is not yours to see."))
        if not self.can(permission, client, market):
            raise Forbidden(_("You may not do this. An admin of this client can give you the right."))

    def bound(self, alias: str) -> str:
        """An SQL condition on `alias.client` and `alias.market`; made of numbers only, so safe to put in a query."""
        return " OR ".join(self.bound_client(alias, client) for client in self.clients) or "FALSE"

    def bound_client(self, alias: str, client: int) -> str:
        """The same for one client."""
        markets = self.markets(client)
        if markets is None:
            return f"{alias}.client = {client:d}"
        inside = ", ".join(f"{market:d}" for market in markets) or "NULL"
        wide = f" OR {alias}.market IS NULL" if self.sees(client, None) else ""
        return f"({alias}.client = {client:d} AND ({alias}.market IN ({inside}){wide}))"


def permissions() -> list[Permission]:
    """Every right there is: core's and the plugins'."""
    return [*PERMISSIONS, *(entry for _plugin, entry in plugins.collect(hooks.polydesk_permissions))]


def roles_with(permission: str) -> tuple[Role, ...]:
    """The roles that hold a right; nobody holds an unknown one."""
    return next((entry.roles for entry in permissions() if entry.name == permission), ())
