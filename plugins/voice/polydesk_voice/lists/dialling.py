"""Call somebody of a list, or leave them for later; checked once more at the last moment."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from polydesk import db, pacing
from polydesk.channels import service as channels
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk.types import Account
from polydesk_voice.calls import originate
from polydesk_voice.lists import never
from polydesk_voice.lists import next as coming
from polydesk_voice.lists.service import DialList

_PATIENCE = 3.0


async def pace(account: Account) -> float:
    """0.0, or seconds until the provider takes another call. Each is two: the agent's phone, and theirs."""
    return await pacing.reserve(f"voice.list:{account.id}", every=2.0 / account.settings.calls_per_second)


async def dial(it: DialList, entry: int, person: int, now: datetime | None = None) -> int:
    """Have an agent call somebody; the call's id. Raises `Invalid` with a sentence when that cannot be now."""
    now = now or datetime.now(UTC)
    account = await channels.load(it.account)
    async with db.transaction():
        await db.lock(f"voice:list:{it.id}")
        rows = await db.fetch("SELECT * FROM voice_list_entry WHERE id = {} AND list = {}", entry, it.id)
        if not rows or rows[0]["state"] != "waiting":
            raise Invalid(message=_("They are being called already, or are no longer on the list."))
        row = rows[0]
        if row["held_by"] not in (None, person) and db.moment(row["held_until"]) >= now:  # type: ignore[operator]
            raise Invalid(message=_("A colleague has them before them just now."))
        state = await db.fetch("SELECT state FROM voice_list WHERE id = {}", it.id)
        if state[0]["state"] != "running":
            raise Invalid(message=_("The list is not running."))
        if await never.holds(it.client, row["phone"]):
            await never.add(it.client, [row["phone"]], "", person)
        elif not await coming.in_hours(it, row["time_zones"], now):
            raise Invalid(message=_("It is too early or too late where they are."))
        else:
            return await _call(it, account, row, person, now)
    raise Invalid(message=_("Nobody may call this number any more."))


async def _call(it: DialList, account: Account, row: dict[str, object], person: int, now: datetime) -> int:
    call = await originate.start(
        account,
        person,
        str(row["phone"]),
        contact=row["contact"],  # type: ignore[arg-type]
        name=str(row["name"]),
        queue=it.queue,
        list_entry=int(str(row["id"])),
        machine=it.settings.machines,
    )
    await db.fetch(
        "UPDATE voice_list_entry SET state = 'calling', attempts = attempts + 1, call = {}, last_at = {}, "
        "outcome = '', result = '', held_by = NULL, held_until = NULL, "
        "contact = (SELECT contact FROM voice_call WHERE id = {}) WHERE id = {}",
        call,
        now,
        call,
        row["id"],
    )
    await db.fetch(
        "INSERT INTO voice_list_attempt (list, entry, call, person, outcome, result, remark, at) "
        "VALUES ({}, {}, {}, {}, '', '', '', {})",
        it.id,
        row["id"],
        call,
        person,
        now,
    )
    return call


async def by_hand(viewer: Viewer, it: DialList, entry: int) -> int:
    """The agent presses the button: when the provider has just been asked for a call, a moment later."""
    wait = await pace(await channels.load(it.account))
    if wait > _PATIENCE:
        raise Invalid(message=_("Too many calls are being made just now. Try again in a moment."))
    if wait:
        await asyncio.sleep(wait)
    return await dial(it, entry, viewer.id)


async def skip(viewer: Viewer, it: DialList, entry: int, reason: str, now: datetime | None = None) -> None:
    """Not now, and why; they come again later."""
    now = now or datetime.now(UTC)
    if not reason.strip():
        raise Invalid({"reason": _("Say why.")})
    async with db.transaction():
        found = await db.fetch(
            "UPDATE voice_list_entry SET due_at = {}, promised = {}, person = NULL, outcome = 'skipped', last_at = {}, "
            "held_by = NULL, held_until = NULL WHERE id = {} AND list = {} AND state = 'waiting' AND held_by = {} "
            "RETURNING id",
            now + timedelta(minutes=it.settings.wait("skipped")),
            False,
            now,
            entry,
            it.id,
            viewer.id,
        )
        if not found:
            raise NotFound(_("They are no longer before you."))
        await db.fetch(
            "INSERT INTO voice_list_attempt (list, entry, call, person, outcome, result, remark, at) "
            "VALUES ({}, {}, NULL, {}, 'skipped', '', {}, {})",
            it.id,
            entry,
            viewer.id,
            db.clean(reason.strip())[:300],
            now,
        )


async def let_go(viewer: Viewer, it: DialList) -> None:
    """The agent stops: whoever they had before them is anybody's again."""
    await db.fetch(
        "UPDATE voice_list_entry SET held_by = NULL, held_until = NULL WHERE list = {} AND held_by = {} "
        "AND state = 'waiting'",
        it.id,
        viewer.id,
    )
