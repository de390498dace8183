"""A recording from the moment a provider tells of it; the machine calls `taken` inside its own transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from polydesk import N_, Text, db, jobs, live
from polydesk.i18n import keep
from polydesk.timeline import service as timeline
from polydesk.types import Account
from polydesk_voice import items
from polydesk_voice.happenings import Recorded
from polydesk_voice.recordings import trouble

NO_CONSENT = Text(N_("The call was recorded although recording was not announced: it was not fetched."))
NEVER_CAME = Text(N_("The service has no sound of it: {words}"))


async def taken(
    account: Account, call_row: dict[str, Any], it: Recorded, leg_row: dict[str, Any] | None = None
) -> None:
    """Have it fetched; counted once. What was recorded without anybody having been told is erased where it is."""
    refused = not it.message and not call_row["records"]
    state, reason = "awaited", ""
    if refused:
        state, reason = "erased", keep(NO_CONSENT)
    elif it.missing:
        state, reason = "missing", keep(Text(NEVER_CAME.template, {"words": it.missing[:300]}))
    agent = leg_row["person"] if leg_row is not None and leg_row["role"] == "agent" else None
    rows = await db.fetch(
        "INSERT INTO voice_recording (client, market, account, call, conversation, contact, queue, person, kind, "
        "reference, state, reason, seconds, channels, began_at, words, peaks, topic, tags, outcome, storage_key, "
        "media_type, settled_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, '', '', '', '', {}, '', '', {}) "
        "ON CONFLICT (account, reference) DO NOTHING RETURNING *",
        call_row["client"],
        call_row["market"],
        account.id,
        call_row["id"],
        call_row["conversation"],
        call_row["contact"],
        call_row["queue"],
        agent or call_row["person"],
        "message" if it.message else "call",
        it.reference[:300],
        state,
        db.clean(reason)[:500],
        round(it.seconds),
        it.channels,
        call_row["began_at"],
        call_row["outcome"],
        None if state == "awaited" else datetime.now(UTC),
    )
    if not rows:
        return
    row = rows[0]
    if refused:
        await jobs.enqueue("voice.erase_there", {"recording": row["id"]}, client=account.client, market=account.market)
    elif it.missing:
        await tell(row)
        await trouble.note_missing(account.id)
    else:
        await fetch_soon(row["id"], account.client, account.market)
    await describe(call_row["id"])


async def fetch_soon(recording: int, client: int, market: int | None) -> None:
    """Have it fetched; inside a transaction or not."""
    key = f"voice.fetch:{recording}"
    await jobs.enqueue("voice.fetch", {"recording": recording}, key=key, client=client, market=market)


async def describe(call: int) -> None:
    """What the recordings of a call can be found by has changed: topic, tags, outcome, agent, notes."""
    await jobs.enqueue("voice.describe", {"call": call}, after=1.0)


async def describe_conversation(conversation: int) -> None:
    """The same for every recorded call of a conversation."""
    rows = await db.fetch("SELECT DISTINCT call FROM voice_recording WHERE conversation = {}", conversation)
    for row in rows:
        await describe(row["call"])


async def tell(row: dict[str, Any]) -> None:
    """Write into the timeline what became of a recording: it is ours, or it will never be; inside a transaction."""
    await timeline.append(
        items.RECORDED,
        client=row["client"],
        contact=row["contact"],
        conversation=row["conversation"],
        person=row["person"],
        data={
            "call": row["call"],
            "recording": row["id"],
            "seconds": float(row["seconds"]),
            **({"missing": row["reason"]} if row["state"] == "missing" else {}),
        },
        occurred_at=datetime.now(UTC),
    )
    live.signal(row["client"], "conversation", row["conversation"])
