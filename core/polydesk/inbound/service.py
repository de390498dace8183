"""The durable door in: store raw bytes, then acknowledge; read them in a job; keep in sight what cannot be read."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import db, jobs, live, storage
from polydesk.conversations import threading
from polydesk.errors import NotFound
from polydesk.i18n import _, kept
from polydesk.staff.access import Viewer
from polydesk.types import Account, Arrival

LARGEST_IN_ROW = 16 * 1024
READ_AT_ONCE = 16
_AT_ONCE = 100
_GATHERED = 64


class UnreadableView(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that no message could be made of, with the reason; `item` is never set."""

    id: int
    client: int
    account: int
    account_name: str
    size: int
    reason: str
    arrived_at: datetime
    hints: dict[str, Any]


async def accept(account: Account, arrivals: Sequence[Arrival], cursor: dict[str, Any] | None = None) -> int:
    """Store what arrived, each with the job that reads it, and the account's cursor; how many were new.

    When this returns, the bytes are on disk and in the database; only then tell the service so.
    """
    return await _store([(account, each) for each in arrivals], account.id if cursor is not None else 0, cursor)


async def take(deliveries: Sequence[tuple[Account, Arrival]]) -> int:
    """`accept` for what one request brought, perhaps for several accounts: all of it or nothing.

    Requests that come at the same time are stored in one transaction: a busy service calls hundreds of times a second.
    """
    return await _gatherer().take(deliveries)


async def _store(
    deliveries: Sequence[tuple[Account, Arrival]], account: int = 0, cursor: dict[str, Any] | None = None
) -> int:
    keys = await asyncio.gather(*(_file(each.raw) for _account, each in deliveries))
    fresh: dict[int, list[int]] = {}
    now = datetime.now(UTC)
    async with db.transaction():
        for start in range(0, len(deliveries), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            for row in await _insert(deliveries[part], keys[part], now):
                fresh.setdefault(row["client"], []).append(row["id"])
        for client, ids in fresh.items():
            ids.sort()
            for start in range(0, len(ids), READ_AT_ONCE):
                await jobs.enqueue("inbound.read", {"arrivals": ids[start : start + READ_AT_ONCE]}, client=client)
        if fresh:
            holes = ", ".join(str(each) for each in sorted({owner.id for owner, _arrival in deliveries}))
            await db.fetch(f"UPDATE pd_account SET last_in_at = {{}} WHERE id IN ({holes})", now)
        if cursor is not None:
            await db.fetch(
                "UPDATE pd_account SET cursor = {} WHERE id = {}", msgspec.json.encode(cursor).decode(), account
            )
    return sum(len(ids) for ids in fresh.values())


async def _file(raw: bytes) -> str:
    """Where bytes too many for a row are kept; "" for few."""
    return await storage.put(raw) if len(raw) > LARGEST_IN_ROW else ""


async def _insert(
    deliveries: Sequence[tuple[Account, Arrival]], keys: Sequence[str], now: datetime
) -> list[dict[str, Any]]:
    """The rows that were new. The same delivery twice in one statement would be an error on Postgres."""
    values: dict[tuple[int, str], tuple[Any, ...]] = {}
    for (owner, arrival), key in zip(deliveries, keys, strict=True):
        name = threading.ref(arrival.external_id)
        hints = db.clean(msgspec.json.encode(arrival.hints).decode())
        inline = None if key else arrival.raw
        values.setdefault((owner.id, name), (owner.client, owner.id, name, key, inline, len(arrival.raw), hints, now))
    holes = ", ".join(["({}, {}, {}, {}, {}, {}, {}, 'new', {})"] * len(values))
    return await db.fetch(
        "INSERT INTO pd_arrival (client, account, external_id, storage_key, body, size, hints, state, arrived_at) "
        f"VALUES {holes} ON CONFLICT (account, external_id) DO NOTHING RETURNING id, client",
        *(part for each in values.values() for part in each),
    )


async def bytes_of(row: dict[str, Any]) -> bytes:
    """The raw bytes of a stored arrival."""
    return bytes(row["body"]) if row["body"] is not None else await storage.get(row["storage_key"])


class _Gatherer:
    """Whoever comes while a transaction is under way waits for the next one, which takes all of them."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Sequence[tuple[Account, Arrival]], asyncio.Future[int]]] = []
        self._working: asyncio.Task[None] | None = None

    async def take(self, deliveries: Sequence[tuple[Account, Arrival]]) -> int:
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((deliveries, done))
        if self._working is None or self._working.done():
            # A task of its own: a caller who hangs up must not take the others' work along.
            self._working = asyncio.create_task(self._work(), name="store what calls brought")
        return await done

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_GATHERED], self._waiting[_GATHERED:]
            try:
                await _store([each for deliveries, _done in batch for each in deliveries])
            except Exception as error:
                for deliveries, done in batch:
                    await self._alone(deliveries, done, error if len(batch) == 1 else None)
            else:
                for deliveries, done in batch:
                    _tell(done, len(deliveries))

    async def _alone(
        self, deliveries: Sequence[tuple[Account, Arrival]], done: asyncio.Future[int], error: Exception | None
    ) -> None:
        """One that cannot be stored must not take the others with it."""
        try:
            if error is not None:
                raise error
            _tell(done, await _store(deliveries))
        except Exception as own:
            if not done.done():
                done.set_exception(own)


def _tell(done: asyncio.Future[int], count: int) -> None:
    if not done.done():
        done.set_result(count)


_gatherers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Gatherer] = weakref.WeakKeyDictionary()


def _gatherer() -> _Gatherer:
    return _gatherers.setdefault(asyncio.get_running_loop(), _Gatherer())


async def list_unreadable(viewer: Viewer, limit: int = 200) -> list[UnreadableView]:
    """What could not be read for the viewer's clients, latest first."""
    viewer.require("arrival.manage")
    rows = await db.fetch(
        "SELECT r.id, r.client, r.account, a.name AS account_name, r.size, r.reason, r.arrived_at, r.hints "
        "FROM pd_arrival r JOIN pd_account a ON a.id = r.account "
        f"WHERE r.state = 'unreadable' AND ({viewer.bound('a')}) ORDER BY r.id DESC LIMIT {limit:d}"
    )
    return [
        UnreadableView(**{**row, "hints": msgspec.json.decode(row["hints"]), "reason": kept(row["reason"])})
        for row in rows
        if viewer.can("arrival.manage", row["client"])
    ]


async def raw(viewer: Viewer, arrival: int) -> bytes:
    """The bytes as they arrived."""
    return await bytes_of(await _own(viewer, arrival))


async def raw_of_item(viewer: Viewer, item: int) -> bytes:
    """The bytes a message was made of, for someone who may see the message."""
    rows = await db.fetch(
        "SELECT r.storage_key, r.body FROM pd_arrival r JOIN pd_item i ON i.id = r.item "
        f"JOIN pd_conversation v ON v.id = i.conversation WHERE r.item = {{}} AND ({viewer.bound('v')})",
        item,
    )
    if not rows:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return await bytes_of(rows[0])


async def replay(viewer: Viewer, arrival: int) -> None:
    """Try again to read it, after a fix."""
    row = await _own(viewer, arrival)
    async with db.transaction():
        changed = await db.fetch(
            "UPDATE pd_arrival SET state = 'new', reason = '' WHERE id = {} AND state = 'unreadable' RETURNING id",
            arrival,
        )
        if changed:
            await jobs.enqueue("inbound.read", {"arrivals": [arrival]}, client=row["client"])
            live.signal(row["client"], "health", row["account"])


async def _own(viewer: Viewer, arrival: int) -> dict[str, Any]:
    rows = await db.fetch(
        "SELECT r.*, a.market FROM pd_arrival r JOIN pd_account a ON a.id = r.account "
        f"WHERE r.id = {{}} AND ({viewer.bound('a')})",
        arrival,
    )
    if not rows:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    viewer.require("arrival.manage", rows[0]["client"], rows[0]["market"])
    return rows[0]
