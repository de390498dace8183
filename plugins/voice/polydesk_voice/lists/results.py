"""What comes of the calls of a dialling list. The machine tells, inside its own transaction; every call once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from polydesk import N_, Text, db
from polydesk.i18n import keep
from polydesk_voice.lists import never
from polydesk_voice.lists.settings import ListSettings, Result, read

_ENTRY = (
    "SELECT e.*, l.client, l.name AS list_name, l.settings FROM voice_list_entry e "
    "JOIN voice_list l ON l.id = e.list WHERE e.id = {}"
)


async def ended(call_row: Mapping[str, Any], outcome: str) -> None:
    """A call with a `list_entry` is over: answered, or whoever was not reached is due again later, or never again."""
    entry = await _entry(call_row)
    if entry is None:
        return
    now = datetime.now(UTC)
    if outcome != "answered" and not await _was_rung(call_row["id"]):
        await _take_back(entry, call_row["id"], now)
        return
    await db.fetch(
        "UPDATE voice_list_attempt SET outcome = {}, person = COALESCE({}, person) WHERE call = {} AND outcome = ''",
        outcome,
        call_row["person"],
        call_row["id"],
    )
    if entry["state"] != "calling" or entry["call"] != call_row["id"]:
        # What the agent chose came first, or somebody took them off the list meanwhile.
        return
    settings = read(entry["settings"])
    over = outcome == "answered" or entry["attempts"] >= settings.attempts
    await db.fetch(
        "UPDATE voice_list_entry SET state = {}, outcome = {}, due_at = {}, promised = {}, last_at = {} WHERE id = {}",
        "done" if over else "waiting",
        outcome,
        now + timedelta(minutes=settings.wait(outcome)),
        False,
        now,
        entry["id"],
    )


async def wrapped_up(call_row: Mapping[str, Any], result: str, callback_at: datetime | None = None) -> None:
    """The agent chose what came of it; "" chooses nothing. With `callback_at` they are called then, by them."""
    entry = await _entry(call_row)
    if entry is None or not result:
        return
    settings = read(entry["settings"])
    chosen = settings.result(result)
    if chosen is None:
        return
    await db.fetch(
        "UPDATE voice_list_attempt SET result = {}, person = COALESCE({}, person) WHERE call = {}",
        chosen.label,
        call_row["person"],
        call_row["id"],
    )
    if chosen.effect == "never":
        reason = Text(N_("{result}, in “{list}”"), {"result": chosen.label, "list": entry["list_name"]})
        await never.add(entry["client"], [entry["phone"]], keep(reason), call_row["person"])
    await _settle(entry, settings, chosen, call_row["person"], callback_at)


async def choices(entry: int) -> tuple[Result, ...]:
    """What an agent may choose after a call to somebody of a list, in order."""
    rows = await db.fetch(_ENTRY, entry)
    return read(rows[0]["settings"]).results if rows else ()


async def _settle(
    entry: dict[str, Any], settings: ListSettings, chosen: Result, person: int | None, callback_at: datetime | None
) -> None:
    now = datetime.now(UTC)
    state, due, promised, again_by = "done", entry["due_at"], False, None
    if chosen.effect == "never":
        state = "never"
    elif chosen.effect == "callback" or callback_at is not None:
        # A promise is kept even when all attempts are used up.
        state, due, promised = "waiting", callback_at or now + timedelta(minutes=settings.wait_again), True
        again_by = person
    elif chosen.effect == "again" and entry["attempts"] < settings.attempts:
        state, due = "waiting", now + timedelta(minutes=settings.wait_again)
    await db.fetch(
        "UPDATE voice_list_entry SET state = {}, outcome = 'answered', result = {}, due_at = {}, promised = {}, "
        "person = {}, held_by = NULL, held_until = NULL, last_at = {} WHERE id = {}",
        state,
        chosen.label,
        due,
        promised,
        again_by,
        now,
        entry["id"],
    )


async def _was_rung(call: int) -> bool:
    """Was it they who were called, or did the agent's own phone ring in vain?"""
    return bool(await db.fetch("SELECT id FROM voice_leg WHERE call = {} AND role = 'contact' LIMIT 1", call))


async def _take_back(entry: dict[str, Any], call: int, now: datetime) -> None:
    """Nobody called them: that was no attempt."""
    await db.fetch("DELETE FROM voice_list_attempt WHERE call = {}", call)
    await db.fetch(
        "UPDATE voice_list_entry SET state = 'waiting', attempts = attempts - 1, call = NULL, due_at = {} "
        "WHERE id = {} AND call = {} AND state = 'calling'",
        now,
        entry["id"],
        call,
    )


async def _entry(call_row: Mapping[str, Any]) -> dict[str, Any] | None:
    if call_row.get("list_entry") is None:
        return None
    rows = await db.fetch(_ENTRY, call_row["list_entry"])
    return rows[0] if rows else None
