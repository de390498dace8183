"""What providers are to do, as jobs: nothing is forgotten when a process dies, and nobody waits for a service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from polydesk import NotFound, OutcomeUnknown, Refused, TryLater, db, jobs, live
from polydesk.channels import service as channels
from polydesk.i18n import _
from polydesk.sandbox import service as sandbox
from polydesk.scopes import service as scopes
from polydesk.types import Account, JobKind, Scope
from polydesk_voice.calls import machine, rows
from polydesk_voice.calls.rows import Row
from polydesk_voice.happenings import Progress, Progressed
from polydesk_voice.providers import known
from polydesk_voice.providers.base import Party

_AGAIN_SECONDS = 1.0
_TOO_LATE_SECONDS = 60.0
_HANGS_UP_SECONDS = 6 * 3600.0
_RINGS_NO_LONGER, _LASTS_NO_LONGER = timedelta(minutes=10), timedelta(hours=6)


def party(leg: Row, room: str = "") -> Party:
    """A leg as a provider needs it."""
    return Party(
        id=leg["id"],
        call=leg["call"],
        name=leg["name"],
        token=leg["token"],
        endpoint=leg["endpoint"],
        room=room,
    )


async def _leg(job: jobs.Job) -> tuple[Row, Account] | None:
    """The party a command is about; None when it or its line is gone."""
    found = await db.fetch(
        "SELECT l.*, c.room FROM voice_leg l JOIN voice_call c ON c.id = l.call WHERE l.id = {}", job.args["leg"]
    )
    if not found:
        return None
    try:
        return found[0], await channels.load(found[0]["account"])
    except NotFound:
        return None


async def dial(job: jobs.Job) -> None:
    """Ring somebody. What cannot be rung counts as a call that failed, with the provider's words."""
    it = await _leg(job)
    if it is None or it[0]["state"] != "dialling" or it[0]["name"]:
        return
    leg, account = it
    if await scopes.sandboxed(account.client):
        await sandbox.keep(
            Scope(account.client, account.market),
            account.channel,
            f"voice:dial:{leg['id']}",
            recipient=leg["endpoint"],
            text=_("A telephone would have rung."),
            data={"from": account.address, "role": leg["role"]},
        )
        await _failed(account, leg, _("The client is in the sandbox: nobody is called."))
        return
    try:
        name = await known.of(account).dial(
            account,
            party(leg, leg["room"]),
            caller=account.address,
            ring_seconds=job.args["ring_seconds"],
            machine=job.args["machine"],
        )
    except TryLater as error:
        if job.age + error.after > _TOO_LATE_SECONDS:
            await _failed(account, leg, str(error))
            return
        raise jobs.Again(max(error.after, _AGAIN_SECONDS), str(error)) from None
    except Refused as error:
        await _failed(account, leg, str(error))
        return
    except OutcomeUnknown:
        # It may ring: if it does, it is heard of by its token; if not, the sweep ends it.
        return
    async with db.transaction():
        now = await rows.enter(leg["id"], datetime.now(UTC))
        if not now.leg["name"]:
            await rows.set_leg(now.leg, name=name)
        if now.leg["state"] == "ended":
            await rows.command("hang_up", now.leg)
        await job.complete()


async def _failed(account: Account, leg: Row, reason: str) -> None:
    async with db.transaction():
        scene = await rows.enter(leg["id"], datetime.now(UTC))
        if not scene.leg["name"]:
            await rows.set_leg(scene.leg, name=f"failed-{leg['id']}")
    await machine.happened(account, Progressed(leg=f"failed-{leg['id']}", progress="failed", reason=reason))


async def turn(job: jobs.Job) -> None:
    """Have a party carry out the plan it has by now; an older order is overtaken by a newer one."""
    it = await _leg(job)
    if it is None or it[0]["state"] != "up" or it[0]["turns"] != job.args["turns"]:
        return
    await _do(job, lambda: known.of(it[1]).turn(it[1], party(it[0], it[0]["room"])))


async def hang_up(job: jobs.Job) -> None:
    """End a party."""
    it = await _leg(job)
    if it is not None and it[0]["name"]:
        # Somebody who counts as free must not stay in a room: this is tried for as long as it may take.
        await _do(job, lambda: known.of(it[1]).hang_up(it[1], party(it[0], it[0]["room"])), _HANGS_UP_SECONDS)


async def mute(job: jobs.Job) -> None:
    """Let nobody hear a party, or let them again."""
    it = await _leg(job)
    if it is not None and it[0]["state"] == "up":
        await _do(job, lambda: known.of(it[1]).mute(it[1], party(it[0], it[0]["room"]), job.args["on"]))


async def record(job: jobs.Job) -> None:
    """Pause or resume the recording of a room."""
    it = await _leg(job)
    if it is not None:
        await _do(job, lambda: known.of(it[1]).record(it[1], it[0]["room"], job.args["state"]))


async def not_recorded(job: jobs.Job, _reason: str) -> None:
    """The provider would not pause: the agent must not go on believing it."""
    found = await db.fetch(
        "UPDATE voice_call SET paused = {} WHERE id = (SELECT call FROM voice_leg WHERE id = {}) RETURNING id, client",
        job.args["state"] != "paused",
        job.args["leg"],
    )
    for row in found:
        live.signal(row["client"], "voice", row["id"])


async def look(job: jobs.Job) -> None:
    """Ask how a party is that nothing was heard of: news that never came must not keep a call alive for ever."""
    it = await _leg(job)
    if it is None or it[0]["state"] == "ended":
        return
    leg, account = it
    if not leg["name"]:
        await _failed(account, leg, "it was never heard of")
        return
    try:
        state = await known.of(account).look(account, party(leg, leg["room"]))
    except (TryLater, OutcomeUnknown):
        # Without the provider nothing can be known; after so long nobody is there any more.
        limit = _RINGS_NO_LONGER if leg["state"] in ("dialling", "ringing") else _LASTS_NO_LONGER
        if datetime.now(UTC) - leg["began_at"] > limit:
            await _ended(account, leg, "completed", None)
        return
    if not state.alive:
        progress = state.progress if state.progress in ("busy", "no_answer", "failed", "canceled") else "completed"
        await _ended(account, leg, progress, state.seconds)


async def _ended(account: Account, leg: Row, progress: str, seconds: int | None) -> None:
    told = cast(Progress, progress)
    await machine.happened(account, Progressed(leg=leg["name"], progress=told, seconds=seconds))


async def find_recordings(job: jobs.Job) -> None:
    """Some minutes after a recorded call: what the provider holds of it, should the news never have come."""
    found = await db.fetch("SELECT * FROM voice_call WHERE id = {}", job.args["call"])
    if not found:
        return
    call = found[0]
    known_already = await db.fetch("SELECT id FROM voice_recording WHERE call = {} LIMIT 1", call["id"])
    if known_already:
        return
    try:
        account = await channels.load(call["account"])
    except NotFound:
        return
    leg = await db.fetch("SELECT name FROM voice_leg WHERE call = {} AND role = 'contact' ORDER BY id", call["id"])
    name = leg[0]["name"] if leg and call["outcome"] == "voicemail" else ""
    try:
        held = await known.of(account).recordings(account, room="" if name else call["room"], leg=name)
    except (TryLater, OutcomeUnknown) as error:
        raise jobs.Again(60.0, str(error)) from None
    for each in held:
        await machine.happened(account, each)


async def _do(job: jobs.Job, what: rows.Doing, limit: float = _TOO_LATE_SECONDS) -> None:
    try:
        await what()
    except (TryLater, OutcomeUnknown) as error:
        if job.age < limit:
            least = error.after if isinstance(error, TryLater) else 0.0
            raise jobs.Again(max(least, _AGAIN_SECONDS, job.age / 20), str(error)) from None
        raise


JOBS = tuple(
    JobKind(
        name=f"voice.{each.__name__}", handler=each, max_attempts=4, on_dead=not_recorded if each is record else None
    )
    for each in (dial, turn, hang_up, mute, record, look, find_recordings)
)
