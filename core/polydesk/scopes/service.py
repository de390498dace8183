"""Clients and markets as everything else reads them, and the one place where they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import msgspec

from polydesk import db, live
from polydesk.errors import NotFound
from polydesk.i18n import _
from polydesk.remembered import Remembered
from polydesk.scopes.places import Details, Place, resolve
from polydesk.types import Scope


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """A country or region of a client. `languages` and `time_zone` are those that hold there, `own` what it says."""

    id: int
    client: int
    code: str
    name: str
    languages: tuple[str, ...]
    time_zone: str
    own: Details = Details()


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A company whose customers are served here, with its markets."""

    id: int
    name: str
    slug: str
    languages: tuple[str, ...]
    time_zone: str
    own: Details = Details()
    sandbox: bool = False
    markets: tuple[Market, ...] = ()

    def market(self, id: int | None) -> Market | None:
        """One of its markets."""
        return next((each for each in self.markets if each.id == id), None)


async def list_clients(only: tuple[int, ...] | None = None) -> list[Client]:
    """Clients with their markets, by name; `only` keeps these ids."""
    return [client for client in await _clients.get() if only is None or client.id in only]


async def place(scope: Scope) -> Place:
    """What holds at a scope; for no client, the installation's."""
    client = next(iter(await list_clients((scope.client,))), None) if scope.client is not None else None
    market = client.market(scope.market) if client else None
    return resolve(market.own if market else None, client.own if client else None)


async def sandboxed(client: int) -> bool:
    """Must nothing of this client leave the house? Asked of the database each time: memory may be a moment late."""
    return bool(await db.fetch("SELECT id FROM pd_client WHERE id = {} AND sandbox = {}", client, True))


async def _read() -> list[Client]:
    markets: dict[int, list[dict[str, Any]]] = {}
    for row in await db.fetch(f"SELECT client, {_COLUMNS}, code FROM pd_market ORDER BY name, id"):
        markets.setdefault(row["client"], []).append(row)
    rows = await db.fetch(f"SELECT {_COLUMNS}, slug, sandbox FROM pd_client ORDER BY name, id")
    return [_client(row, markets.get(row["id"], [])) for row in rows]


_COLUMNS = "id, name, languages, time_zone, holidays, sender, legal, theme, owner"
_clients = Remembered("scopes", _read)


def _client(row: Mapping[str, Any], markets: list[dict[str, Any]]) -> Client:
    own = _details(row)
    holds = resolve(None, own)
    return Client(
        id=row["id"],
        name=row["name"],
        slug=row["slug"],
        languages=holds.languages,
        time_zone=holds.time_zone,
        own=own,
        sandbox=bool(row["sandbox"]),
        markets=tuple(_market(each, own) for each in markets),
    )


def _market(row: Mapping[str, Any], client: Details) -> Market:
    own = _details(row)
    holds = resolve(own, client)
    return Market(
        id=row["id"],
        client=row["client"],
        code=row["code"],
        name=row["name"],
        languages=holds.languages,
        time_zone=holds.time_zone,
        own=own,
    )


def _details(row: Mapping[str, Any]) -> Details:
    return Details(
        languages=tuple(row["languages"].split()),
        time_zone=row["time_zone"],
        holidays=row["holidays"],
        sender=row["sender"],
        legal=msgspec.json.decode(row["legal"]),
        theme=row["theme"],
        owner=row["owner"],
    )


async def create_client(
    name: str, *, languages: tuple[str, ...] = (), time_zone: str = "", details: Details | None = None
) -> int:
    """A new client; its id. The caller has made sure of the right and of the values, here and below."""
    slug = await _free_slug(name)
    values = _values(name, details or Details(languages=languages, time_zone=time_zone))
    return await _insert("pd_client", {**values, "slug": slug})


async def create_market(
    client: int,
    *,
    code: str,
    name: str,
    languages: tuple[str, ...] = (),
    time_zone: str = "",
    details: Details | None = None,
) -> int:
    """A new market of a client; its id. `Conflict` when the client has that code."""
    values = {
        **_values(name, details or Details(languages=languages, time_zone=time_zone)),
        "client": client,
        "code": code,
    }
    if db.dialect() == "sqlite":
        # SQLite gives the number of a market that is gone to the next one, and the book still speaks of the first.
        used = "SELECT MAX(id) AS id FROM (SELECT MAX(id) AS id FROM pd_market UNION SELECT MAX(market) FROM pd_change)"
        values["id"] = ((await db.fetch(used))[0]["id"] or 0) + 1
    return await _insert("pd_market", values)


async def change_client(client: int, name: str, details: Details, *, sandbox: bool) -> None:
    """Write what a client says of itself."""
    await _update("pd_client", client, {**_values(name, details), "sandbox": sandbox})


async def change_market(market: int, code: str, name: str, details: Details) -> None:
    """Write what a market says of itself. `Conflict` when the client has that code."""
    await _update("pd_market", market, {**_values(name, details), "code": code})


async def origin_of(market: int) -> dict[str, Any]:
    """What a market was made from, and that as it was then; {} when it was made empty."""
    rows = await db.fetch("SELECT origin FROM pd_market WHERE id = {}", market)
    found: dict[str, Any] = msgspec.json.decode(rows[0]["origin"]) if rows else {}
    return found


async def set_origin(market: int, origin: dict[str, Any]) -> None:
    """Write down what a market was made from."""
    await db.fetch("UPDATE pd_market SET origin = {} WHERE id = {}", msgspec.json.encode(origin).decode(), market)


async def remove_market(market: int) -> None:
    """Take a market away; the caller has made sure that nothing belongs to it."""
    await db.fetch("DELETE FROM pd_market WHERE id = {}", market)
    _announce()


def _values(name: str, details: Details) -> dict[str, Any]:
    return {
        "name": db.clean(name.strip()),
        "languages": " ".join(details.languages),
        "time_zone": details.time_zone,
        "holidays": details.holidays,
        "sender": db.clean(details.sender),
        "legal": db.clean(msgspec.json.encode(details.legal).decode()),
        "theme": details.theme,
        "owner": details.owner,
    }


async def _insert(table: str, values: dict[str, Any]) -> int:
    holes = ", ".join("{}" for _each in values)
    rows = await db.fetch(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({holes}) RETURNING id", *values.values())
    _announce()
    return int(rows[0]["id"])


async def _update(table: str, id: int, values: dict[str, Any]) -> None:
    sets = ", ".join(f"{name} = {{}}" for name in values)
    await db.fetch(f"UPDATE {table} SET {sets} WHERE id = {{}}", *values.values(), id)
    _announce()


def _announce() -> None:
    live.signal(0, "scopes")
    # Owners reach every client: whom they are is remembered with it.
    live.signal(0, "staff")


async def _free_slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50] or "client"
    taken = {row["slug"] for row in await db.fetch("SELECT slug FROM pd_client")}
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if slug not in taken)


async def belongs(client: int | None, market: int | None) -> None:
    """`NotFound` when this is not a market of the client's: rights reach a client's markets, and no number besides."""
    if market is None:
        return
    found = await list_clients((client,)) if client is not None else []
    if not any(each.id == market for it in found for each in it.markets):
        raise NotFound(_("There is nothing here, or it is not yours to see."))
