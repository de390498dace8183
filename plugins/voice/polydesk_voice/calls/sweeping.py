"""The safety net: what no news came of, and what has taken its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from polydesk import db, jobs
from polydesk.conversations import attending
from polydesk.types import JobKind, Schedule
from polydesk_voice.calls import ending, ringing, rows, waiting, wrapping_up
from polydesk_voice.emergency import service as emergency
from polydesk_voice.queueing import settings as queueing

_RINGS_AT_MOST = timedelta(seconds=90)
_LOOK_EVERY = timedelta(minutes=2)
_KEEP_SEEN, _KEEP_WORDS = timedelta(days=3), timedelta(days=90)
_AT_ONCE = 200
_QUEUED = "c.state = 'queued' AND c.state <> 'ended'"
"""SQLite uses the index of living calls only for what names its condition."""


async def sweep(_job: jobs.Job) -> None:
    """Every few seconds."""
    now = datetime.now(UTC)
    await _wrap_ups(now)
    await _too_long(now)
    for diversion in await emergency.in_force():
        # Who was ringing when it was pressed, and was not answered, came back into what is diverted.
        await waiting.divert(diversion, now)
    await _unheard(now)
    await _put_aside(now)
    await _look(now)
    await _empty(now)


async def _wrap_ups(now: datetime) -> None:
    due = await db.fetch(
        "SELECT person, call FROM voice_phone WHERE state = 'wrapping_up' AND wrap_up_until <= {}", now
    )
    for row in due:
        await wrapping_up.time_is_up(row["person"], row["call"])


async def _too_long(now: datetime) -> None:
    """Callers whose provider does not ask what to play next must come out of the queue all the same."""
    waits = await db.fetch(
        "SELECT c.*, l.id AS leg FROM voice_call c JOIN voice_leg l ON l.call = c.id AND l.role = 'contact' "
        f"AND l.state = 'up' AND l.state <> 'ended' WHERE {_QUEUED} AND c.queued_at < {{}} LIMIT 500",
        now - timedelta(seconds=5),
    )
    for call in waits:
        limit = (await queueing.of(call["queue"])).most_seconds
        # Some seconds later than the line itself would notice.
        if not limit or now - (call["entered_at"] or call["queued_at"]) < timedelta(seconds=limit + 5):
            continue
        leg = (await db.fetch("SELECT * FROM voice_leg WHERE id = {}", call["leg"]))[0]
        await waiting.too_long(leg, call, now, turns=True)


async def _unheard(now: datetime) -> None:
    """Whoever was chosen for a call and whose phone does not ring: the news of it was lost on the way."""
    lost = await db.fetch(
        "SELECT v.id FROM voice_call c JOIN pd_conversation v ON v.id = c.conversation "
        f"WHERE c.id IN (SELECT c.id FROM voice_call c WHERE {_QUEUED} "
        "UNION SELECT c.id FROM voice_call c WHERE c.callback = 'wanted') "
        f"AND v.assignee IS NOT NULL AND c.queued_at < {{}} LIMIT {_AT_ONCE}",
        now - timedelta(seconds=5),
    )
    for row in lost:
        conversation = await attending.load(row["id"])
        await ringing.assigned(conversation, conversation.assignee)


async def _put_aside(now: datetime) -> None:
    """Callers whose conversation somebody solved or set aside by hand: who is on the line still waits for an agent."""
    found = await db.fetch(
        "SELECT c.conversation, c.queue, c.queued_at FROM voice_call c JOIN pd_conversation v ON v.id = c.conversation "
        f"WHERE {_QUEUED} AND v.assignee IS NULL AND (v.status <> 'open' OR v.waiting_since IS NULL) "
        f"AND c.queued_at < {{}} LIMIT {_AT_ONCE}",
        now - timedelta(seconds=2),
    )
    for row in found:
        async with db.transaction():
            await attending.hand_over(row["conversation"], row["queue"], since=row["queued_at"])


async def _look(now: datetime) -> None:
    """Parties that ring for too long, or of which nothing has been heard for a while."""
    silent = await db.fetch(
        "UPDATE voice_leg SET looked_at = {} WHERE id IN (SELECT id FROM voice_leg WHERE state <> 'ended' AND "
        "((state IN ('dialling', 'ringing') AND COALESCE(looked_at, began_at) < {}) "
        f"OR COALESCE(looked_at, began_at) < {{}}) ORDER BY id LIMIT {_AT_ONCE}) RETURNING id",
        now,
        now - _RINGS_AT_MOST,
        now - _LOOK_EVERY,
    )
    for row in silent:
        await jobs.enqueue("voice.look", {"leg": row["id"]}, key=f"voice.look:{row['id']}")


async def _empty(now: datetime) -> None:
    """A call that has lost all its parties, however that came about, is over."""
    lost = await db.fetch(
        "SELECT c.id, c.account FROM voice_call c WHERE c.state <> 'ended' AND c.began_at < {} AND NOT EXISTS "
        f"(SELECT 1 FROM voice_leg l WHERE l.call = c.id AND l.state <> 'ended') LIMIT {_AT_ONCE}",
        now - timedelta(seconds=30),
    )
    for row in lost:
        async with db.transaction():
            call = await rows.hold_still(row["id"])
            if call["state"] != "ended" and not await rows.legs_of(call):
                answered = call["answered_at"] is not None
                await ending.over(call, "answered" if answered else "failed", by="service", now=now)


async def forget(_job: jobs.Job) -> None:
    """Happenings of days ago will not come again."""
    now = datetime.now(UTC)
    await db.fetch("DELETE FROM voice_seen WHERE at < {}", now - _KEEP_SEEN)
    # Words nobody has recorded are written down again as soon as they are said again.
    await db.fetch("DELETE FROM voice_prompt WHERE storage_key = '' AND last_said_at < {}", now - _KEEP_WORDS)


JOBS = (JobKind(name="voice.sweep", handler=sweep), JobKind(name="voice.forget", handler=forget))
SCHEDULES = (
    Schedule(name="voice.sweep", job="voice.sweep", every=3.0),
    Schedule(name="voice.forget", job="voice.forget", every=3600.0),
)
