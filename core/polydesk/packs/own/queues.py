"""Queues, without who works in them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from polydesk import db, live
from polydesk.errors import Invalid
from polydesk.i18n import N_, _
from polydesk.packs.own.shaping import shape
from polydesk.types import PackPart, Scope, Text


class _Queue(msgspec.Struct, kw_only=True):
    gives_work: bool = True
    position: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)] = 0
    weights: dict[str, Annotated[float, msgspec.Meta(ge=0, le=100)]] = {}


async def read(scope: Scope) -> dict[str, Any]:
    """By name, in their order."""
    return {
        key: msgspec.to_builtins(
            _Queue(
                gives_work=bool(row["assigns"]),
                position=row["position"],
                weights={name: _plain(one) for name, one in sorted(msgspec.json.decode(row["weights"]).items())},
            )
        )
        for key, row in (await rows(scope)).items()
    }


def _plain(number: float) -> float:
    """2 and 2.0 are the same weight and read the same."""
    return int(number) if float(number).is_integer() else number


async def rows(scope: Scope) -> dict[str, dict[str, Any]]:
    """The queues of exactly this place; a name that is there twice is numbered."""
    found: dict[str, dict[str, Any]] = {}
    for row in await db.fetch(
        "SELECT * FROM pd_queue WHERE client = {} AND COALESCE(market, 0) = {} ORDER BY position, id",
        scope.client,
        scope.market or 0,
    ):
        key, number = row["name"], 1
        while key in found:
            number += 1
            key = f"{row['name']} #{number}"
        found[key] = row
    return found


async def write(scope: Scope, key: str, values: Any, person: int | None) -> None:
    """Make or change a queue; one in which conversations wait is not taken away."""
    known = (await rows(scope)).get(key)
    if values is None:
        if known is not None:
            await _remove(known["id"])
    else:
        wanted = shape(values, _Queue)
        if not key.strip() or len(key) > 200:
            raise Invalid({"key": _("Enter a name.")})
        numbers = (wanted.gives_work, wanted.position, msgspec.json.encode(wanted.weights).decode())
        if known is None:
            await db.fetch(
                "INSERT INTO pd_queue (client, market, name, assigns, position, weights) "
                "VALUES ({}, {}, {}, {}, {}, {})",
                scope.client,
                scope.market,
                db.clean(key.strip()),
                *numbers,
            )
        else:
            await db.fetch(
                "UPDATE pd_queue SET assigns = {}, position = {}, weights = {} WHERE id = {}", *numbers, known["id"]
            )
    live.signal(0, "queues")
    live.signal(scope.client or 0, "inbox")


async def _remove(queue: int) -> None:
    if await db.fetch("SELECT id FROM pd_conversation WHERE queue = {} LIMIT 1", queue):
        raise Invalid(message=_("There are conversations in this queue; it cannot be taken away."))
    # Neither could be brought back by rolling back, since people and their accounts are in no pack.
    if await db.fetch("SELECT id FROM pd_queue_member WHERE queue = {} LIMIT 1", queue):
        raise Invalid(message=_("People work in this queue; a pack does not take it away."))
    if await db.fetch("SELECT id FROM pd_account WHERE queue = {} LIMIT 1", queue):
        raise Invalid(message=_("An account leads to this queue; a pack does not take it away."))
    await db.fetch("DELETE FROM pd_queue WHERE id = {}", queue)


PART = PackPart(
    name="core.queues", label=Text(N_("Queues")), read=read, write=write, weight=30, permission="queue.manage"
)
