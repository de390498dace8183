"""Calls and their parties as they are stored; everything that changes one goes through here."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from polydesk import db, jobs, live
from polydesk.errors import NotFound
from polydesk.timeline import service as timeline
from polydesk_voice import plan
from polydesk_voice.plan import Plan

Row = dict[str, Any]
Doing = Callable[[], Awaitable[None]]


class Scene(msgspec.Struct):
    """A call with the party something happens to, both as they are now; what is set here is stored at once."""

    call: Row
    leg: Row
    now: datetime

    @property
    def id(self) -> int:
        """The call's."""
        return int(self.call["id"])


async def find_leg(account: int, *, name: str = "", token: str = "") -> Row | None:
    """A party by the provider's name for it, else by our token."""
    rows = (
        await db.fetch("SELECT * FROM voice_leg WHERE account = {} AND name = {} AND name <> ''", account, name)
        if name
        else []
    )
    if not rows and token:
        rows = await db.fetch("SELECT * FROM voice_leg WHERE token = {} AND account = {}", token, account)
    return rows[0] if rows else None


async def enter(leg: int, now: datetime) -> Scene:
    """Hold a call still and read it; inside a transaction."""
    call = (await db.fetch("SELECT call FROM voice_leg WHERE id = {}", leg))[0]["call"]
    await db.lock(f"voice:call:{call}")
    it = (await db.fetch("SELECT * FROM voice_call WHERE id = {}", call))[0]
    return Scene(it, (await db.fetch("SELECT * FROM voice_leg WHERE id = {}", leg))[0], now)


async def hold_still(call: int) -> Row:
    """The call, locked; inside a transaction."""
    await db.lock(f"voice:call:{call}")
    rows = await db.fetch("SELECT * FROM voice_call WHERE id = {}", call)
    if not rows:
        raise NotFound()
    return rows[0]


async def counts(account: int, key: str, now: datetime) -> bool:
    """Whether this is the first time; inside the transaction that acts on it."""
    if not key:
        return True
    return bool(
        await db.fetch(
            "INSERT INTO voice_seen (account, key, at) VALUES ({}, {}, {}) "
            "ON CONFLICT (account, key) DO NOTHING RETURNING id",
            account,
            key[:200],
            now,
        )
    )


async def set_call(call: Row, **values: Any) -> None:
    """Change a call, and have everyone who looks see it."""
    if values:
        columns = ", ".join(f"{name} = {{}}" for name in values)
        await db.fetch(f"UPDATE voice_call SET {columns} WHERE id = {{}}", *values.values(), call["id"])
        call.update(values)
    live.signal(call["client"], "voice", call["id"])


async def set_leg(leg: Row, **values: Any) -> None:
    """Change a party."""
    columns = ", ".join(f"{name} = {{}}" for name in values)
    await db.fetch(f"UPDATE voice_leg SET {columns} WHERE id = {{}}", *values.values(), leg["id"])
    leg.update(values)


async def new_leg(call: Row, role: str, *, now: datetime, **values: Any) -> Row:
    """One more party."""
    columns = {
        "call": call["id"],
        "account": call["account"],
        "role": role,
        "token": secrets.token_urlsafe(24),
        "state": "new",
        "plan": "[]",
        "began_at": now,
        **values,
    }
    names = ", ".join(columns)
    holes = ", ".join(["{}"] * len(columns))
    return (await db.fetch(f"INSERT INTO voice_leg ({names}) VALUES ({holes}) RETURNING *", *columns.values()))[0]


async def legs_of(call: Row, *roles: str) -> list[Row]:
    """The living parties of a call."""
    rows = await db.fetch("SELECT * FROM voice_leg WHERE call = {} AND state <> 'ended' ORDER BY id", call["id"])
    return [row for row in rows if not roles or row["role"] in roles]


async def contact_leg(call: Row) -> Row | None:
    """The customer's own, while it lives."""
    found = await legs_of(call, "contact")
    return found[0] if found else None


def stored_plan(leg: Row) -> Plan:
    """What a party is to hear now."""
    return plan.decode(leg["plan"])


async def set_plan(leg: Row, acts: Plan) -> None:
    """What a party hears next, for the answer that is about to be given."""
    await set_leg(leg, plan=plan.encode(acts))


async def turn(leg: Row, acts: Plan) -> None:
    """What a party is to hear now, whatever it does at the moment."""
    await set_leg(leg, plan=plan.encode(acts), turns=leg["turns"] + 1)
    if leg["state"] == "up":
        await command("turn", leg, turns=leg["turns"])


async def dial(leg: Row, *, ring_seconds: int, machine: bool = False) -> None:
    """Have a party rung, once this is committed."""
    await set_leg(leg, state="dialling")
    await command("dial", leg, ring_seconds=ring_seconds, machine=machine)


async def hang_up(leg: Row) -> None:
    """Have a party ended; what it was for is over now, whatever the provider says later."""
    if leg["state"] != "ended":
        await set_plan(leg, (plan.HangUp(),))
        await command("hang_up", leg)


async def command(verb: str, leg: Row, **more: Any) -> None:
    """Something a provider is to do; a job, so that it is not lost and nobody waits for it."""
    await jobs.enqueue(f"voice.{verb}", {"leg": leg["id"], **more}, after=-1.0)


def details(**values: Any) -> str:
    """What else is to be remembered of a call."""
    return msgspec.json.encode(values).decode()


def read_details(call: Row) -> dict[str, Any]:
    """What `details` kept."""
    found: dict[str, Any] = msgspec.json.decode(call["details"] or "{}")
    return found


def secret() -> str:
    """Some letters that cannot be guessed."""
    return secrets.token_hex(4)


async def note(call: Row, kind: str, *, person: int | None = None, at: datetime | None = None, **data: Any) -> int:
    """An item of the timeline; see `polydesk_voice.items`."""
    return await timeline.append(
        kind,
        client=call["client"],
        contact=call["contact"],
        conversation=call["conversation"],
        direction=data.get("direction", ""),
        person=person,
        data={"call": call["id"], **{name: value for name, value in data.items() if value not in (None, "")}},
        occurred_at=at,
    )
