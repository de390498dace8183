"""Queues as they are set up and shown."""

from __future__ import annotations

import msgspec

from polydesk import db, hooks, live, plugins
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _
from polydesk.remembered import Remembered
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.strategy import Strategy
from polydesk.types import Scope, Text


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """A place to wait. `weights` maps a strategy's name to its weight: 1 unless named, 0 is off."""

    id: int
    client: int
    market: int | None
    name: str
    position: int
    assigns: bool
    weights: dict[str, float]
    members: tuple[int, ...] = ()


class StrategyView(msgspec.Struct, frozen=True):
    """A strategy a queue may use, and which plugin brings it."""

    name: str
    label: Text
    plugin: str


async def list_queues(viewer: Viewer) -> list[Queue]:
    """Every queue of the viewer's clients, in their order. A queue without a market serves the whole client."""
    return [
        queue
        for queue in await _queues.get()
        if queue.client in viewer.clients
        and (queue.market is None or (markets := viewer.markets(queue.client)) is None or queue.market in markets)
    ]


async def _read() -> list[Queue]:
    members = await db.fetch("SELECT queue, person FROM pd_queue_member ORDER BY person")
    rows = await db.fetch("SELECT * FROM pd_queue ORDER BY client, position, id")
    return [
        Queue(
            id=row["id"],
            client=row["client"],
            market=row["market"],
            name=row["name"],
            position=row["position"],
            assigns=bool(row["assigns"]),
            weights=msgspec.json.decode(row["weights"]),
            members=tuple(member["person"] for member in members if member["queue"] == row["id"]),
        )
        for row in rows
    ]


_queues = Remembered("queues", _read)


async def get_queue(viewer: Viewer, queue: int) -> Queue:
    """One queue the viewer may see, or `NotFound`."""
    for found in await list_queues(viewer):
        if found.id == queue:
            return found
    raise NotFound(_("There is nothing here, or it is not yours to see."))


def strategies(scope: Scope) -> list[StrategyView]:
    """The strategies a queue of this scope can use."""
    return [
        StrategyView(strategy.name, strategy.label, plugin.name)
        for plugin, strategy in plugins.collect(hooks.polydesk_strategies, scope)
        if isinstance(strategy, Strategy)
    ]


async def save_queue(
    viewer: Viewer,
    *,
    client: int,
    market: int | None,
    name: str,
    assigns: bool = True,
    weights: dict[str, float] | None = None,
    members: tuple[int, ...] = (),
    queue: int | None = None,
) -> int:
    """Create a queue, or change one; its id."""
    viewer.require("queue.manage", client, market)
    await scopes.belongs(client, market)
    if not name.strip():
        raise Invalid({"name": _("Enter a name.")})
    if any(not 0 <= weight <= 100 for weight in (weights or {}).values()):
        raise Invalid({"weights": _("Enter weights from 0 to 100.")})
    values = (client, market, db.clean(name.strip())[:200], assigns, msgspec.json.encode(weights or {}).decode())
    async with db.transaction():
        if queue is None:
            rows = await db.fetch(
                "INSERT INTO pd_queue (client, market, name, assigns, weights) "
                "VALUES ({}, {}, {}, {}, {}) RETURNING id",
                *values,
            )
            queue = int(rows[0]["id"])
        else:
            await get_queue(viewer, queue)
            await db.fetch(
                "UPDATE pd_queue SET client = {}, market = {}, name = {}, assigns = {}, weights = {} WHERE id = {}",
                *values,
                queue,
            )
            await db.fetch("DELETE FROM pd_queue_member WHERE queue = {}", queue)
        for person in dict.fromkeys(members):
            await db.fetch("INSERT INTO pd_queue_member (queue, person) VALUES ({}, {})", queue, person)
        live.signal(0, "queues")
        live.signal(client, "inbox")
    return queue


async def name_of(queue: int) -> str:
    """What a queue is called; "" when it is gone. Not bound to a person: for what is said to contacts."""
    return next((each.name for each in await _queues.get() if each.id == queue), "")


async def by_name(scope: Scope) -> dict[str, int]:
    """The queues of a client and of the market by name, the market's own first: for what is written down by name."""
    rows = await db.fetch(
        "SELECT id, name, market FROM pd_queue WHERE client = {} AND (market IS NULL OR market = {}) "
        "ORDER BY CASE WHEN market IS NULL THEN 1 ELSE 0 END, position, id",
        scope.client,
        scope.market,
    )
    found: dict[str, int] = {}
    for row in rows:
        found.setdefault(row["name"], int(row["id"]))
    return found


async def usual_queue(scope: Scope, account: int | None) -> int:
    """Where a conversation waits when nobody says otherwise: its account's queue, the market's or client's first one.

    A client without any queue gets one, so that nothing ever waits nowhere.
    """
    assert scope.client is not None
    rows = await db.fetch(
        "SELECT q.id FROM pd_queue q LEFT JOIN pd_account a ON a.id = {} AND a.queue = q.id WHERE q.client = {} "
        "AND (q.market IS NULL OR q.market = {} OR a.id IS NOT NULL) ORDER BY CASE WHEN a.id IS NOT NULL THEN 0 "
        "WHEN q.market IS NOT NULL THEN 1 ELSE 2 END, q.position, q.id LIMIT 1",
        account,
        scope.client,
        scope.market,
    )
    if not rows:
        rows = await db.fetch(
            "INSERT INTO pd_queue (client, name, assigns, weights) VALUES ({}, {}, {}, {}) RETURNING id",
            scope.client,
            _("General"),
            True,
            "{}",
        )
        live.signal(0, "queues")
    return int(rows[0]["id"])
