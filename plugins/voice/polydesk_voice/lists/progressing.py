"""Progressive pacing: whoever is ready gets the next call of a running list, one each, never faster than the line."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from polydesk import NotFound, db, jobs
from polydesk.channels import service as channels
from polydesk.errors import Invalid
from polydesk.staff.access import roles_with
from polydesk.types import JobKind, Schedule, Scope
from polydesk_voice.lists import dialling
from polydesk_voice.lists import next as coming
from polydesk_voice.lists.service import DialList
from polydesk_voice.lists.settings import read

EVERY = 5.0


async def _progress(_job: jobs.Job) -> None:
    rows = await db.fetch("SELECT * FROM voice_list WHERE state = 'running' ORDER BY id")
    for row in rows:
        if channels.find_channel("voice", Scope(row["client"], row["market"])) is None:
            # Switched off there: the list stands still, and goes on when it is on again.
            continue
        it = msgspec.convert({**row, "settings": read(row["settings"])}, DialList)
        if it.settings.pacing == "progressive":
            await go_on(it)
        await _finish(it)


async def go_on(it: DialList, now: datetime | None = None) -> list[int]:
    """Call for everybody who is ready now; the calls. Whoever waits in the queue comes first: then nobody is called."""
    now = now or datetime.now(UTC)
    made: list[int] = []
    waiting = await db.fetch(
        "SELECT id FROM voice_call WHERE client = {} AND state = 'queued' AND queue = {} LIMIT 1", it.client, it.queue
    )
    if waiting:
        return made
    try:
        account = await channels.load(it.account)
    except NotFound:
        return made
    for person in await ready(it):
        async with db.transaction():
            await db.lock(f"voice:list:{it.id}")
            found = await coming.following(it, person, now)
        if found is None:
            continue
        if await dialling.pace(account):
            break
        try:
            made.append(await dialling.dial(it, found["id"], person, now))
        except Invalid:
            # Their phone has just been taken, or the list was stopped: the next round sees how it is then.
            continue
    return made


async def ready(it: DialList) -> list[int]:
    """Agents of the list's queue whose phone is free, those who waited longest first."""
    roles = ", ".join(f"'{role}'" for role in roles_with("voice.talk"))
    rows = await db.fetch(
        "SELECT p.id FROM pd_person p JOIN voice_phone f ON f.person = p.id WHERE p.presence = 'ready' "
        "AND p.active = {} AND f.state = 'idle' AND f.endpoint <> '' AND (p.is_owner = {} OR EXISTS ("
        "SELECT 1 FROM pd_membership m WHERE m.person = p.id AND m.client = {} "
        f"AND (m.market IS NULL OR m.market = {{}}) AND m.role IN ({roles}))) "
        "AND (NOT EXISTS (SELECT 1 FROM pd_queue_member e WHERE e.queue = {}) "
        "OR EXISTS (SELECT 1 FROM pd_queue_member w WHERE w.queue = {} AND w.person = p.id)) ORDER BY f.since, p.id",
        True,
        True,
        it.client,
        it.market,
        it.queue,
        it.queue,
    )
    return [row["id"] for row in rows]


async def _finish(it: DialList) -> None:
    """Once nobody is left to be called, it is done."""
    await db.fetch(
        "UPDATE voice_list SET state = 'done' WHERE id = {} AND state = 'running' AND NOT EXISTS (SELECT 1 FROM "
        "voice_list_entry e WHERE e.list = {} AND e.state = 'waiting') AND NOT EXISTS (SELECT 1 FROM "
        "voice_list_entry e WHERE e.list = {} AND e.state = 'calling')",
        it.id,
        it.id,
        it.id,
    )


JOBS = (JobKind(name="voice.lists", handler=_progress),)
SCHEDULES = (Schedule(name="voice.lists", job="voice.lists", every=EVERY),)
