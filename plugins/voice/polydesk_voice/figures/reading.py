"""Events of some queues and a period out of the timeline, a day at a time; only what the reader may see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from polydesk import db
from polydesk.staff.access import Viewer
from polydesk_voice import items
from polydesk_voice.figures.events import Event, Told
from polydesk_voice.figures.resolving import Again

_STRIDE = timedelta(hours=6)
# Whoever begins to wait in a period is answered, and their call is over, at most so much later.
TAIL = timedelta(days=1)
_KINDS = (
    items.BEGAN,
    items.QUEUED,
    items.BLOCKED,
    items.ANSWERED,
    items.LEFT,
    items.TALKED,
    items.WRAPPED_UP,
    items.ENDED,
)
_decode = msgspec.json.Decoder(Told).decode
# A month of calls is hundreds of thousands of events: callers of the moment must not wait for somebody's report.
_BREATH = 300
T = TypeVar("T")


async def unhurried(some: Iterable[T], each: int = _BREATH) -> AsyncIterator[T]:
    """The same one after the other, letting other tasks have their turn after so many."""
    for number, one in enumerate(some, 1):
        if number % each == 0:
            await asyncio.sleep(0)
        yield one


async def events(
    client: int, begins: datetime, ends: datetime, viewer: Viewer | None, kinds: Collection[str] = _KINDS
) -> AsyncIterator[Event]:
    """Everything of a client's calls in [begins, ends), in order. Without a viewer, for the desk itself."""
    joined, bound = _bounds(viewer, client)
    while begins < ends:
        until = min(begins + _STRIDE, ends)
        rows = await db.fetch(
            f"SELECT i.kind, i.occurred_at, i.contact, i.conversation, i.person, i.data FROM pd_item i{joined} "
            f"WHERE i.client = {{}} AND i.kind IN {{}} AND i.occurred_at >= {{}} AND i.occurred_at < {{}}{bound} "
            "ORDER BY i.occurred_at, i.id",
            client,
            tuple(kinds),
            begins,
            until,
        )
        async for event in unhurried(_events(rows)):
            yield event
        begins = until


def _events(rows: list[dict[str, Any]]) -> Iterator[Event]:
    for row in rows:
        at = db.moment(row["occurred_at"])
        assert at is not None
        yield Event(
            kind=row["kind"],
            at=at,
            contact=row["contact"] or 0,
            conversation=row["conversation"] or 0,
            person=row["person"],
            told=_decode(row["data"]),
        )


async def contacts_again(
    client: int, begins: datetime, ends: datetime, viewer: Viewer | None, contacts: Collection[int]
) -> dict[int, list[Again]]:
    """When these people got in touch by themselves: they called, or opened a matter in writing. By contact, in order.

    A call's topic is what an agent said afterwards, a matter's its category now.
    """
    found: dict[int, list[Again]] = {}
    topics: dict[int, str] = {}
    calls: list[Event] = []
    async for event in events(client, begins, ends, viewer, (items.BEGAN, items.WRAPPED_UP)):
        if event.kind == items.WRAPPED_UP:
            topics[event.told.call] = event.told.category
        elif event.told.direction == "in" and event.contact in contacts:
            calls.append(event)
    async for event in unhurried(calls):
        one = Again(at=event.at, topic=topics.get(event.told.call, ""), call=event.told.call)
        found.setdefault(event.contact, []).append(one)
    joined, bound = _bounds(viewer, client)
    written = await db.fetch(
        "SELECT i.contact, MIN(i.occurred_at) AS at, o.category FROM pd_item i "
        f"JOIN pd_conversation o ON o.id = i.conversation{joined} WHERE i.client = {{}} AND i.kind = 'message' "
        f"AND i.direction = 'in' AND i.occurred_at >= {{}} AND i.occurred_at < {{}} AND o.opened_at >= {{}}{bound} "
        "GROUP BY i.contact, i.conversation, o.category",
        client,
        begins,
        ends,
        begins,
    )
    for row in written:
        if row["contact"] in contacts and (at := db.moment(row["at"])) is not None:
            found.setdefault(row["contact"], []).append(Again(at=at, topic=row["category"]))
    return found


async def agents_time(
    people: Collection[int], begins: datetime, ends: datetime
) -> dict[int, list[tuple[str, datetime, datetime | None]]]:
    """What agents were doing in a period: state, from when, until when (None: still)."""
    found: dict[int, list[tuple[str, datetime, datetime | None]]] = {}
    rows = await db.fetch(
        "SELECT person, state, began_at, ended_at FROM voice_agent_time WHERE person IN {} AND began_at < {} "
        "AND began_at >= {} AND (ended_at IS NULL OR ended_at > {}) ORDER BY person, began_at, id",
        tuple(people),
        ends,
        begins - 2 * TAIL,
        begins,
    )
    for row in rows:
        began = db.moment(row["began_at"])
        if began is not None:
            found.setdefault(row["person"], []).append((row["state"], began, db.moment(row["ended_at"])))
    return found


def _bounds(viewer: Viewer | None, client: int) -> tuple[str, str]:
    """Items know no market: for those who are confined to some, the conversation says."""
    if viewer is None or viewer.markets(client) is None:
        return "", ""
    return " JOIN pd_conversation v ON v.id = i.conversation", f" AND {viewer.bound_client('v', client)}"
