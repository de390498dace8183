"""After-call work: what it was about, whether it is settled, and the agent is free again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from polydesk import NotFound, db
from polydesk.conversations import attending, changing
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk_voice import items
from polydesk_voice.calls import rows
from polydesk_voice.calls.rows import Row
from polydesk_voice.lists import results
from polydesk_voice.phones import service as phones
from polydesk_voice.recordings import service as recordings


async def finish(
    viewer: Viewer,
    call: int,
    *,
    category: str = "",
    resolved: bool | None = None,
    keep_open: bool = False,
    result: str = "",
    callback_at: datetime | None = None,
) -> None:
    """Done: the next call may ring. Unless it is kept open, the matter is settled."""
    phone = await phones.of(viewer.id)
    if phone.call != call or phone.state != "wrapping_up":
        raise NotFound(_("Your wrap-up of this call is over already."))
    row = (await db.fetch("SELECT * FROM voice_call WHERE id = {}", call))[0]
    if category:
        await changing.set_category(viewer, row["conversation"], category)
    async with db.transaction():
        it = await rows.hold_still(call)
        await _end(it, viewer.id, phone.since, datetime.now(UTC), category=category, resolved=resolved)
        if it["list_entry"] is not None:
            await results.wrapped_up(it, result, callback_at)
        if not keep_open:
            await _settle(it, viewer.id)


async def more_time(viewer: Viewer, call: int, seconds: int = 60) -> None:
    """A little longer."""
    async with db.transaction():
        await db.fetch(
            "UPDATE voice_phone SET wrap_up_until = {} WHERE person = {} AND call = {} AND state = 'wrapping_up'",
            datetime.now(UTC) + timedelta(seconds=seconds),
            viewer.id,
            call,
        )
        phones.tell(viewer.id)


async def time_is_up(person: int, call: int) -> None:
    """Nothing was said in time: they are free, and what was answered counts as settled."""
    async with db.transaction():
        it = await rows.hold_still(call)
        found = await db.fetch(
            "SELECT since FROM voice_phone WHERE person = {} AND call = {} AND state = 'wrapping_up'", person, call
        )
        if not found:
            return
        await _end(it, person, found[0]["since"], datetime.now(UTC))
        if it["list_entry"] is not None:
            await results.wrapped_up(it, "", None)
        await _settle(it, person)


async def _end(
    call: Row, person: int, since: datetime, now: datetime, *, category: str = "", resolved: bool | None = None
) -> None:
    await rows.note(
        call,
        items.WRAPPED_UP,
        person=person,
        at=now,
        queue=call["queue"],
        seconds=round((now - since).total_seconds(), 3),
        category=category,
        resolved=resolved,
    )
    await phones.let_go(person, call["id"], now)
    await recordings.describe(call["id"])
    await attending.offer_what_waits()


async def _settle(call: Row, person: int) -> None:
    """Only what is this agent's, and only when the call itself is over."""
    if call["state"] != "ended" or call["outcome"] not in ("answered", "no_answer", "busy", "failed", "machine"):
        return
    if (await attending.load(call["conversation"])).assignee == person:
        await attending.settle(call["conversation"], by=person)
