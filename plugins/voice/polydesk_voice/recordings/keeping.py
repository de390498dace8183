"""How long sound is kept, and how it goes: the row stays and says so, the bytes are removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from polydesk import N_, Text, db, jobs, unused
from polydesk.errors import Invalid
from polydesk.i18n import _, keep
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.types import JobKind, Schedule, Scope
from polydesk_voice import places
from polydesk_voice.recordings import hearing, service, trouble

_BATCH = 200
OLD = Text(N_("Erased after {days} days, as set for this place."))
BY_HAND = Text(N_("Erased by {name}."))


async def erase(rows: Sequence[dict[str, Any]], why: Text) -> None:
    """Let go of their sound, ours and the service's; inside a transaction."""
    for each in rows:
        # As it is now, not as it was found: it may have been fetched meanwhile.
        await db.lock(f"voice:recording:{each['id']}")
        row = (await db.fetch("SELECT id, client, state, storage_key FROM voice_recording WHERE id = {}", each["id"]))[
            0
        ]
        await db.fetch(
            "UPDATE voice_recording SET state = 'erased', reason = {}, storage_key = '', peaks = '', words = '' "
            "WHERE id = {}",
            db.clean(keep(why))[:500],
            row["id"],
        )
        if row["storage_key"]:
            await jobs.enqueue("voice.forget_file", {"key": row["storage_key"]}, client=row["client"])
        if row["state"] in ("awaited", "missing"):
            await jobs.enqueue("voice.erase_there", {"recording": row["id"]}, client=row["client"])


async def erase_one(viewer: Viewer, recording: int) -> None:
    """Because somebody who may says so."""
    row = await hearing.find(viewer, recording)
    viewer.require(hearing.MANAGE, row["client"], row["market"])
    async with db.transaction():
        await erase([row], Text(BY_HAND.template, {"name": viewer.name}))


async def try_again(viewer: Viewer, recording: int) -> None:
    """Fetch one again that could not be fetched."""
    row = await hearing.find(viewer, recording)
    viewer.require(hearing.MANAGE, row["client"], row["market"])
    async with db.transaction():
        found = await db.fetch(
            "UPDATE voice_recording SET state = 'awaited', reason = '' WHERE id = {} AND state = 'missing' "
            "RETURNING id",
            recording,
        )
        if not found:
            raise Invalid(message=_("It is being fetched already, or is there."))
        await service.fetch_soon(recording, row["client"], row["market"])
        await trouble.note_missing(row["account"])


async def _retention(job: jobs.Job, now: datetime | None = None) -> None:
    """Whatever is older than its place keeps recordings; what a place keeps now counts, not what it kept then."""
    now = now or datetime.now(UTC)
    for client in await scopes.list_clients():
        for market in (None, *(each.id for each in client.markets)):
            days = (await places.of(Scope(client.id, market))).retention_days
            await _let_go(client.id, market, now - timedelta(days=days), Text(OLD.template, {"days": days}))
    for row in await db.fetch("SELECT DISTINCT account FROM voice_recording WHERE state = 'missing'"):
        async with db.transaction():
            await trouble.note_missing(row["account"])


async def _let_go(client: int, market: int | None, before: datetime, why: Text) -> None:
    where = "market IS NULL" if market is None else f"market = {market:d}"
    while True:
        rows = await db.fetch(
            f"SELECT id, client, state, storage_key FROM voice_recording WHERE client = {{}} AND {where} "
            f"AND began_at < {{}} AND state <> 'erased' ORDER BY began_at LIMIT {_BATCH}",
            client,
            before,
        )
        if not rows:
            return
        async with db.transaction():
            await erase(rows, why)


async def _forget(job: jobs.Job) -> None:
    if not await unused.remove(job.args["key"]):
        raise jobs.Again(unused.UNTOUCHED, "the file was put there just now")


JOBS = (
    JobKind(name="voice.forget_file", handler=_forget, max_attempts=12),
    JobKind(name="voice.retention", handler=_retention),
)
SCHEDULES = (Schedule(name="voice.retention", job="voice.retention", every=3600.0),)
