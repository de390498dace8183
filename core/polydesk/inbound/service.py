"""The durable door in: store raw bytes, then acknowledge; read them in a job; keep in sight what cannot be read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import db, hooks, i18n, jobs, live, plugins, storage
from polydesk.channels import service as channels
from polydesk.conversations import delivery, receiving, threading
from polydesk.errors import NotFound, Unreadable
from polydesk.i18n import _, kept
from polydesk.plugins import health
from polydesk.staff.access import Viewer
from polydesk.types import Account, Arrival, JobKind, Message, Nothing, Parsed, Scope, StatusUpdate

log = logging.getLogger("polydesk.inbound")
PARSE_SECONDS = 60.0
_RETRY_WITHOUT_PLUGIN = 300.0


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
    keys = await asyncio.gather(*(storage.put(each.raw) for each in arrivals))
    fresh = 0
    now = datetime.now(UTC)
    async with db.transaction():
        for arrival, key in zip(arrivals, keys, strict=True):
            rows = await db.fetch(
                "INSERT INTO pd_arrival (client, account, external_id, storage_key, size, hints, state, arrived_at) "
                "VALUES ({}, {}, {}, {}, {}, {}, 'new', {}) ON CONFLICT (account, external_id) DO NOTHING RETURNING id",
                account.client,
                account.id,
                threading.ref(arrival.external_id),
                key,
                len(arrival.raw),
                db.clean(msgspec.json.encode(arrival.hints).decode()),
                now,
            )
            if rows:
                fresh += 1
                await jobs.enqueue("inbound.read", {"arrival": rows[0]["id"]}, client=account.client)
        if fresh:
            await db.fetch("UPDATE pd_account SET last_in_at = {} WHERE id = {}", now, account.id)
        if cursor is not None:
            await db.fetch(
                "UPDATE pd_account SET cursor = {} WHERE id = {}", msgspec.json.encode(cursor).decode(), account.id
            )
    return fresh


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
    row = await _own(viewer, arrival)
    return await storage.get(row["storage_key"])


async def raw_of_item(viewer: Viewer, item: int) -> bytes:
    """The bytes a message was made of, for someone who may see the message."""
    rows = await db.fetch(
        "SELECT r.storage_key FROM pd_arrival r JOIN pd_item i ON i.id = r.item "
        f"JOIN pd_conversation v ON v.id = i.conversation WHERE r.item = {{}} AND ({viewer.bound('v')})",
        item,
    )
    if not rows:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return await storage.get(rows[0]["storage_key"])


async def replay(viewer: Viewer, arrival: int) -> None:
    """Try again to read it, after a fix."""
    row = await _own(viewer, arrival)
    async with db.transaction():
        changed = await db.fetch(
            "UPDATE pd_arrival SET state = 'new', reason = '' WHERE id = {} AND state = 'unreadable' RETURNING id",
            arrival,
        )
        if changed:
            await jobs.enqueue("inbound.read", {"arrival": arrival}, client=row["client"])
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


async def _read(job: jobs.Job) -> None:
    rows = await db.fetch("SELECT * FROM pd_arrival WHERE id = {}", job.args["arrival"])
    if not rows or rows[0]["state"] != "new":
        return
    row = rows[0]
    try:
        account = await channels.load(row["account"])
    except NotFound:
        raise jobs.Again(_RETRY_WITHOUT_PLUGIN, "the channel's plugin is not available") from None
    found = channels.find_channel(account.channel, Scope(account.client, account.market))
    if found is None:
        raise jobs.Again(_RETRY_WITHOUT_PLUGIN, "the channel's plugin is switched off here")
    plugin, channel = found
    arrival = Arrival(
        external_id=row["external_id"],
        raw=await storage.get(row["storage_key"]),
        hints={"arrived_at": row["arrived_at"], **msgspec.json.decode(row["hints"])},
    )
    parsed, reason = await _parse(plugin, channel.parse(arrival, account))
    if parsed is None:
        await _settle(job, row, "unreadable", reason)
    elif isinstance(parsed, Message):
        await receiving.receive(account, row["id"], parsed, job)
    elif isinstance(parsed, StatusUpdate):
        async with db.transaction():
            item = await delivery.update(account, parsed)
            reason = parsed.reason if item else "news of a message that this desk did not send"
            await _settle(job, row, "status" if item else "nothing", reason, item)
    else:
        await _settle(job, row, "nothing", parsed.reason)


async def _parse(plugin: plugins.Plugin, parsing: Any) -> tuple[Parsed | None, str]:
    """What the channel makes of the bytes, or None and why not; a plugin that fails is named in its health too."""
    try:
        async with asyncio.timeout(PARSE_SECONDS):
            parsed = await parsing
    except Unreadable as error:
        return None, i18n.keep(error.words)
    except TimeoutError:
        reason = f"reading it took longer than {PARSE_SECONDS:g} s"
    except Exception as error:
        log.exception("plugin %s could not read an arrival", plugin.name)
        reason = f"{type(error).__name__}: {error}"
    else:
        if isinstance(parsed, Message | StatusUpdate | Nothing):
            return parsed, ""
        reason = f"parse returned {type(parsed).__name__}"
    await health.failed(plugin.name, f"{hooks.polydesk_channels.__name__}: parse", reason)
    return None, reason


async def _settle(job: jobs.Job, row: dict[str, Any], state: str, reason: str, item: int | None = None) -> None:
    async with db.transaction():
        await db.fetch(
            "UPDATE pd_arrival SET state = {}, reason = {}, item = {}, settled_at = {} WHERE id = {}",
            state,
            db.clean(reason)[:2000],
            item,
            datetime.now(UTC),
            row["id"],
        )
        if state == "unreadable":
            live.signal(row["client"], "health", row["account"])
        await job.complete()


JOBS = (JobKind(name="inbound.read", handler=_read),)
