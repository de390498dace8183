"""What agents were doing, from when to when: what occupancy is computed from."""

from __future__ import annotations

from datetime import UTC, datetime

from polydesk import db


async def note(person: int, state: str, now: datetime, call: int | None = None) -> None:
    """From now on they do this: ready, away, offline, ringing, talking or wrapping_up; inside a transaction."""
    going_on = await db.fetch(
        "SELECT id, state, call FROM voice_agent_time WHERE person = {} AND ended_at IS NULL ORDER BY id DESC", person
    )
    if going_on and (going_on[0]["state"], going_on[0]["call"]) == (state, call):
        return
    await db.fetch("UPDATE voice_agent_time SET ended_at = {} WHERE person = {} AND ended_at IS NULL", now, person)
    if state != "offline":
        await db.fetch(
            "INSERT INTO voice_agent_time (person, state, call, began_at) VALUES ({}, {}, {}, {})",
            person,
            state,
            call,
            now,
        )


async def presence(person: int, state: str) -> None:
    """They became ready, away or offline: counts once the telephone leaves them free."""
    async with db.transaction():
        busy = await db.fetch("SELECT person FROM voice_phone WHERE person = {} AND state <> 'idle'", person)
        if not busy:
            await note(person, state, datetime.now(UTC))
