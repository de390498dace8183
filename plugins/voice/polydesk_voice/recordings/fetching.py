"""Bring recordings home: fetched, looked at, stored, told; then the service's own copy goes."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import N_, NotFound, Refused, Text, db, jobs, storage
from polydesk.channels import service as channels
from polydesk.i18n import keep
from polydesk.types import JobKind
from polydesk_voice.providers.known import of
from polydesk_voice.recordings import service, sound, trouble

NO_SOUND = Text(N_("What the service sent is no sound."))
GIVEN_UP = Text(N_("It could not be fetched, and trying was given up: {words}"))
NO_LINE = Text(N_("The line it came over does not exist any more."))


async def _fetch(job: jobs.Job) -> None:
    row = await _row(job.args["recording"])
    if row is None or row["state"] != "awaited":
        return
    try:
        account = await channels.load(row["account"])
    except NotFound:
        await _missing(row["id"], NO_LINE)
        return
    try:
        data = await of(account).sound_of(account, row["reference"])
    except Refused as error:
        # The service's own words are nobody's to translate.
        await _missing(row["id"], error.words if isinstance(error.words, Text) else _said(str(error)))
        return
    seen = await asyncio.to_thread(sound.look, data)
    if seen is None:
        await _missing(row["id"], NO_SOUND)
        return
    await _keep(job, row, seen, await storage.put(data))


async def _keep(job: jobs.Job, row: dict[str, Any], seen: sound.Sound, key: str) -> None:
    async with db.transaction():
        await db.lock(f"voice:recording:{row['id']}")
        kept = await db.fetch(
            "UPDATE voice_recording SET state = 'kept', reason = '', storage_key = {}, media_type = {}, seconds = {}, "
            "channels = {}, peaks = {}, settled_at = {} WHERE id = {} AND state = 'awaited' RETURNING *",
            key,
            seen.media_type,
            round(seen.seconds) or row["seconds"],
            seen.channels,
            msgspec.json.encode(seen.peaks).decode() if seen.peaks else "",
            datetime.now(UTC),
            row["id"],
        )
        if kept:
            await service.tell(kept[0])
            await service.describe(row["call"])
            await jobs.enqueue(
                "voice.erase_there", {"recording": row["id"]}, client=row["client"], market=row["market"]
            )
        else:
            # It was erased while it was on its way.
            await jobs.enqueue("voice.forget_file", {"key": key}, client=row["client"])
        await job.complete()


async def _given_up(job: jobs.Job, reason: str) -> None:
    await _missing(job.args["recording"], Text(GIVEN_UP.template, {"words": reason[:300]}))


async def _missing(recording: int, why: Text) -> None:
    """It will never be ours: said in the call, with the line and on the list of recordings."""
    async with db.transaction():
        rows = await db.fetch(
            "UPDATE voice_recording SET state = 'missing', reason = {}, settled_at = {} "
            "WHERE id = {} AND state = 'awaited' RETURNING *",
            db.clean(keep(why))[:500],
            datetime.now(UTC),
            recording,
        )
        if rows:
            await service.tell(rows[0])
            await trouble.note_missing(rows[0]["account"])


async def _erase_there(job: jobs.Job) -> None:
    """Only once ours is what it should be, read back from where it is kept; or when we may not have it at all."""
    row = await _row(job.args["recording"])
    if row is None or row["state"] not in ("kept", "erased"):
        return
    if row["state"] == "kept":
        data = await storage.get(row["storage_key"])
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        if digest != row["storage_key"]:
            raise RuntimeError(f"recording {row['id']} is damaged in our store: the service keeps its own")
    try:
        account = await channels.load(row["account"])
        await of(account).erase(account, row["reference"])
    except (NotFound, Refused):
        # Gone, or not ours to remove: nothing more can be done about it.
        return


async def _row(recording: int) -> dict[str, Any] | None:
    rows = await db.fetch("SELECT * FROM voice_recording WHERE id = {}", recording)
    return rows[0] if rows else None


def _said(words: str) -> Text:
    return Text("{words}", {"words": words[:400]})


JOBS = (
    JobKind(name="voice.fetch", handler=_fetch, max_attempts=12, on_dead=_given_up),
    JobKind(name="voice.erase_there", handler=_erase_there, max_attempts=12),
)
