"""Who is called next: due, within the hours of their own place, promised ones first, and nobody who said no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from polydesk import db
from polydesk import hours as business
from polydesk.types import Scope
from polydesk_voice import places
from polydesk_voice.lists.service import DialList

# So long somebody stays before the agent who looks at them.
HELD = timedelta(minutes=15)
# After that, a promise is kept by whoever is there rather than by nobody.
PATIENCE = timedelta(hours=4)
_FREE = (
    "e.list = {} AND e.state = 'waiting' AND e.promised = {} AND e.due_at <= {} AND e.time_zones IN {} "
    "AND (e.held_until IS NULL OR e.held_until < {} OR e.held_by = {}) "
    "AND (e.person IS NULL OR e.person = {} OR e.due_at < {}) "
    "AND NOT EXISTS (SELECT 1 FROM voice_do_not_call d WHERE d.client = {} AND d.phone = e.phone)"
)


async def held(it: DialList, person: int, now: datetime | None = None) -> dict[str, Any] | None:
    """Whom they have before them."""
    rows = await db.fetch(
        "SELECT * FROM voice_list_entry WHERE list = {} AND held_by = {} AND held_until >= {} AND state = 'waiting' "
        "ORDER BY id LIMIT 1",
        it.id,
        person,
        now or datetime.now(UTC),
    )
    return rows[0] if rows else None


async def take(it: DialList, person: int, now: datetime | None = None) -> dict[str, Any] | None:
    """Whom they have before them, or else the next one, who is theirs from then on for a while."""
    now = now or datetime.now(UTC)
    if (found := await held(it, person, now)) is not None:
        return found
    async with db.transaction():
        await db.lock(f"voice:list:{it.id}")
        found = await following(it, person, now)
        if found is None:
            return None
        await db.fetch(
            "UPDATE voice_list_entry SET held_by = {}, held_until = {} WHERE id = {}", person, now + HELD, found["id"]
        )
    return found


async def following(it: DialList, person: int, now: datetime) -> dict[str, Any] | None:
    """The next one for this agent; call it with the list locked."""
    allowed = await open_zones(it, now)
    for promised in (True, False):
        rows = await db.fetch(
            f"SELECT e.* FROM voice_list_entry e WHERE {_FREE} ORDER BY e.due_at, e.id LIMIT 1",
            it.id,
            promised,
            now,
            allowed,
            now,
            person,
            person,
            now - PATIENCE,
            it.client,
        )
        if rows:
            return rows[0]
    return None


async def open_zones(it: DialList, now: datetime) -> tuple[str, ...]:
    """Those of the list's zones where people may be called now; several together when it is so in each of them."""
    rows = await db.fetch(
        "SELECT DISTINCT time_zones FROM voice_list_entry WHERE list = {} AND state = 'waiting'", it.id
    )
    return tuple([row["time_zones"] for row in rows if await in_hours(it, row["time_zones"], now)]) or ("-",)


async def in_hours(it: DialList, zones: str, now: datetime) -> bool:
    """May somebody there be called now? Days off count in the place's own holidays."""
    scope = Scope(it.client, it.market)
    settings = await places.of(scope)
    holidays = business.read_holidays(settings.holidays)
    somewhere: Sequence[Any] = [ZoneInfo(zone) for zone in zones.split()] or [await places.zone_of(scope)]
    return all(business.is_open(settings.dialling(), holidays, zone, now) for zone in somewhere)
