"""Clients and markets as everything else reads them."""

from __future__ import annotations

import re
import time
import unicodedata

import msgspec

from polydesk import db


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """A country or region of a client."""

    id: int
    client: int
    code: str
    name: str
    languages: tuple[str, ...]
    time_zone: str


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A company whose customers are served here, with its markets."""

    id: int
    name: str
    slug: str
    languages: tuple[str, ...]
    time_zone: str
    markets: tuple[Market, ...] = ()


# Every screen names clients and markets, and they hardly ever change: read once in some seconds per process.
_REMEMBERED_SECONDS = 5.0
_known: tuple[float, list[Client]] = (0.0, [])


def forget() -> None:
    """Read clients and markets anew the next time."""
    global _known  # noqa: PLW0603 - one memory per process
    _known = (0.0, [])


async def list_clients(only: tuple[int, ...] | None = None) -> list[Client]:
    """Clients with their markets, by name; `only` keeps these ids. A change elsewhere shows within five seconds."""
    global _known  # noqa: PLW0603
    if _known[0] < time.monotonic():
        found = await _read()
        if db.in_transaction():
            return [client for client in found if only is None or client.id in only]
        _known = (time.monotonic() + _REMEMBERED_SECONDS, found)
    return [client for client in _known[1] if only is None or client.id in only]


async def _read() -> list[Client]:
    markets = [
        Market(
            id=row["id"],
            client=row["client"],
            code=row["code"],
            name=row["name"],
            languages=tuple(row["languages"].split()),
            time_zone=row["time_zone"],
        )
        for row in await db.fetch("SELECT * FROM pd_market ORDER BY name, id")
    ]
    return [
        Client(
            id=row["id"],
            name=row["name"],
            slug=row["slug"],
            languages=tuple(row["languages"].split()),
            time_zone=row["time_zone"],
            markets=tuple(market for market in markets if market.client == row["id"]),
        )
        for row in await db.fetch("SELECT * FROM pd_client ORDER BY name, id")
    ]


async def create_client(name: str, *, languages: tuple[str, ...], time_zone: str = "UTC") -> int:
    """A new client; its id."""
    rows = await db.fetch(
        "INSERT INTO pd_client (name, slug, languages, time_zone) VALUES ({}, {}, {}, {}) RETURNING id",
        db.clean(name.strip())[:200],
        await _free_slug(name),
        " ".join(languages),
        time_zone,
    )
    db.on_commit(forget)
    return int(rows[0]["id"])


async def create_market(client: int, *, code: str, name: str, languages: tuple[str, ...], time_zone: str) -> int:
    """A new market of a client; its id. `Conflict` when the client has that code."""
    rows = await db.fetch(
        "INSERT INTO pd_market (client, code, name, languages, time_zone) VALUES ({}, {}, {}, {}, {}) RETURNING id",
        client,
        code,
        db.clean(name.strip())[:200],
        " ".join(languages),
        time_zone,
    )
    db.on_commit(forget)
    return int(rows[0]["id"])


async def _free_slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50] or "client"
    taken = {row["slug"] for row in await db.fetch("SELECT slug FROM pd_client")}
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if slug not in taken)
