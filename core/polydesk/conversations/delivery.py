"""The door out: hand a reply to its channel, write down what became of it, and hear later news of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from polydesk import db, events, hooks, jobs, live, storage
from polydesk.channels import service as channels
from polydesk.contacts import identify
from polydesk.conversations import changing, service, threading
from polydesk.errors import NotFound, OutcomeUnknown, Refused, TryLater
from polydesk.i18n import N_, keep, kept
from polydesk.timeline import service as timeline
from polydesk.types import (
    Account,
    Handle,
    Item,
    JobKind,
    Outgoing,
    OutgoingFile,
    Scope,
    SendResult,
    StatusUpdate,
    Text,
)

SEND_SECONDS = 90.0
GIVE_UP_AFTER = timedelta(hours=48)
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 3600.0
# States only move forward: a "sent" that comes after "read" is old news.
_PROGRESS = {"queued": 0, "sending": 1, "sent": 2, "delivered": 3, "read": 4, "failed": 5}


async def _deliver(job: jobs.Job) -> None:
    found = await db.fetch("SELECT * FROM pd_delivery WHERE item = {}", job.args["item"])
    if not found or found[0]["state"] not in ("queued", "sending"):
        return
    row = found[0]
    now = datetime.now(UTC)
    first = row["first_tried_at"] or now
    try:
        account = await channels.load(row["account"])
        pair = channels.find_channel(account.channel, Scope(account.client, account.market))
    except NotFound:
        pair = None
    if pair is None:
        await _note_wait(row, keep(Text(N_("The plugin for this channel is not available."))))
        raise jobs.Again(60.0, "the channel's plugin is not available")
    outgoing = await _outgoing(row, account, job)
    async with db.transaction():
        # Written before the service hears of it: if we die now, the next attempt knows that it may be a second one.
        await db.fetch(
            "UPDATE pd_delivery SET state = 'sending', attempts = attempts + 1, first_tried_at = {}, changed_at = {} "
            "WHERE id = {}",
            first,
            now,
            row["id"],
        )
        if outgoing.again:
            await _item(row, "sending", {"again": True})
            live.signal(row["client"], "conversation", row["conversation"])
    try:
        async with asyncio.timeout(SEND_SECONDS):
            result = await pair[1].send(outgoing, account)
    except Refused as error:
        await _settle_failed(row, keep(error.words), job)
        return
    except OutcomeUnknown as error:
        await _later(row, keep(error.words), first, job, state="sending")
    except TryLater as error:
        await _later(row, keep(error.words), first, job, state="queued", at_least=error.after)
    except TimeoutError:
        await _later(
            row,
            keep(Text(N_("no answer within {seconds} s"), {"seconds": int(SEND_SECONDS)})),
            first,
            job,
            state="sending",
        )
    except Exception as error:
        await _later(row, f"{type(error).__name__}: {error}", first, job, state="queued")
    else:
        await _settle_sent(row, result, job)


async def update(account: Account, news: StatusUpdate) -> int | None:
    """Apply later news to the message it is about; the message's item, or None when it is not ours."""
    refs = [threading.ref(each) for each in news.external_ids if each]
    if not refs:
        return None
    holes = ", ".join(["{}"] * len(refs))
    rows = await db.fetch(
        "SELECT d.* FROM pd_message_ref r JOIN pd_delivery d ON d.item = r.item "
        f"WHERE r.client = {{}} AND r.own = {{}} AND r.key IN ({holes}) LIMIT 1",
        account.client,
        True,
        *refs,
    )
    if not rows:
        return None
    row = rows[0]
    if news.state == "failed":
        await _fail(row, news.reason, news.recipient, permanent=news.permanent)
    elif _PROGRESS[news.state] > _PROGRESS[row["state"]]:
        await db.fetch(
            "UPDATE pd_delivery SET state = {}, changed_at = {} WHERE id = {}",
            news.state,
            datetime.now(UTC),
            row["id"],
        )
        await _item(row, news.state, {})
    elif news.reason:
        await _item(row, row["state"], {"reason": news.reason})
    live.signal(row["client"], "conversation", row["conversation"])
    return int(row["item"])


async def _outgoing(row: dict[str, Any], account: Account, job: jobs.Job) -> Outgoing:
    item = (await db.fetch("SELECT * FROM pd_item WHERE id = {}", row["item"]))[0]
    conversation = (await db.fetch("SELECT * FROM pd_conversation WHERE id = {}", row["conversation"]))[0]
    files = await db.fetch("SELECT * FROM pd_attachment WHERE item = {} ORDER BY id", row["item"])
    data = msgspec.json.decode(item["data"])
    return Outgoing(
        idempotency_key=job.idempotency_key,
        external_id=row["external_id"],
        conversation=service.from_row(conversation),
        contact=await identify.load(conversation["contact"]),
        item=item["id"],
        to=msgspec.convert(data.get("to", ()), tuple[Handle, ...]),
        copied=msgspec.convert(data.get("copied", ()), tuple[Handle, ...]),
        subject=data.get("subject", ""),
        text=item["text"],
        html=item["html"],
        files=tuple(
            [
                OutgoingFile(
                    name=each["name"], media_type=each["media_type"], data=await storage.get(each["storage_key"])
                )
                for each in files
            ]
        ),
        references=await _references(row),
        author=data.get("author", ""),
        language=conversation["language"],
        attempt=row["attempts"] + 1,
        again=row["state"] == "sending",
    )


async def _references(row: dict[str, Any]) -> tuple[str, ...]:
    """External ids of the messages before this one, oldest first."""
    rows = await db.fetch(
        "SELECT i.data, d.external_id FROM pd_item i LEFT JOIN pd_delivery d ON d.item = i.id "
        "WHERE i.conversation = {} AND i.kind = 'message' AND i.id < {} ORDER BY i.id",
        row["conversation"],
        row["item"],
    )
    ids = (each["external_id"] or msgspec.json.decode(each["data"]).get("external_id", "") for each in rows)
    return tuple(dict.fromkeys(each for each in ids if each))


async def _settle_sent(row: dict[str, Any], result: SendResult, job: jobs.Job) -> None:
    now = datetime.now(UTC)
    async with db.transaction():
        await db.fetch(
            "UPDATE pd_delivery SET state = {}, reason = '', changed_at = {}, external_id = {} WHERE id = {}",
            result.state,
            now,
            (result.external_id or row["external_id"])[:300],
            row["id"],
        )
        if result.external_id and result.external_id != row["external_id"]:
            await db.fetch(
                "INSERT INTO pd_message_ref (client, key, conversation, item, own) VALUES ({}, {}, {}, {}, {})",
                row["client"],
                threading.ref(result.external_id),
                row["conversation"],
                row["item"],
                True,
            )
        await db.fetch("UPDATE pd_account SET last_out_at = {} WHERE id = {}", now, row["account"])
        await _item(row, result.state, {"details": result.details} if result.details else {})
        conversation, item = await _told(row)
        await events.announce(
            Scope(conversation.client, conversation.market),
            hooks.polydesk_message_sent,
            conversation=conversation,
            item=item,
        )
        live.signal(row["client"], "conversation", row["conversation"])
        await job.complete()


async def _settle_failed(row: dict[str, Any], reason: str, job: jobs.Job) -> None:
    async with db.transaction():
        await _fail(row, reason, "", permanent=True)
        await job.complete()


async def _fail(row: dict[str, Any], reason: str, recipient: str, *, permanent: bool) -> None:
    """A message did not arrive: the conversation comes back to the agent with the service's own words."""
    await db.fetch(
        "UPDATE pd_delivery SET state = 'failed', reason = {}, changed_at = {} WHERE id = {}",
        db.clean(reason)[:2000],
        datetime.now(UTC),
        row["id"],
    )
    await _item(row, "failed", {"reason": reason, "recipient": recipient})
    if permanent and recipient:
        await db.fetch(
            "UPDATE pd_identity SET undeliverable = {} WHERE client = {} AND value = {}",
            db.clean(reason)[:500],
            row["client"],
            recipient.lower(),
        )
    await db.fetch("UPDATE pd_conversation SET has_failure = {} WHERE id = {}", True, row["conversation"])
    stored = (await db.fetch("SELECT * FROM pd_conversation WHERE id = {}", row["conversation"]))[0]
    await changing.move(stored, "open", by=None)
    conversation, item = await _told(row)
    await events.announce(
        Scope(conversation.client, conversation.market),
        hooks.polydesk_message_failed,
        conversation=conversation,
        item=item,
        reason=kept(reason),
    )
    live.signal(row["client"], "inbox", row["conversation"])
    live.signal(row["client"], "conversation", row["conversation"])


async def _later(
    row: dict[str, Any], reason: str, first: datetime, job: jobs.Job, *, state: str, at_least: float = 0.0
) -> None:
    """Try again with growing waits; after two days without success it has failed."""
    if datetime.now(UTC) - first > GIVE_UP_AFTER:
        await _settle_failed(row, reason, job)
        return
    await db.fetch("UPDATE pd_delivery SET state = {} WHERE id = {}", state, row["id"])
    await _note_wait(row, reason)
    reason = kept(reason)
    wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(row["attempts"], 20))
    raise jobs.Again(max(wait, at_least), reason)


async def _note_wait(row: dict[str, Any], reason: str) -> None:
    await db.fetch(
        "UPDATE pd_delivery SET reason = {}, changed_at = {} WHERE id = {}",
        db.clean(reason)[:2000],
        datetime.now(UTC),
        row["id"],
    )
    live.signal(row["client"], "conversation", row["conversation"])


async def _item(row: dict[str, Any], state: str, data: dict[str, Any]) -> None:
    conversation = (await db.fetch("SELECT contact FROM pd_conversation WHERE id = {}", row["conversation"]))[0]
    await timeline.append(
        "delivery",
        client=row["client"],
        contact=conversation["contact"],
        conversation=row["conversation"],
        data={"item": row["item"], "state": state, **data},
    )


async def _told(row: dict[str, Any]) -> tuple[Any, Item]:
    """The conversation and item as hooks are told of them."""
    stored = (await db.fetch("SELECT * FROM pd_conversation WHERE id = {}", row["conversation"]))[0]
    item = (await db.fetch("SELECT * FROM pd_item WHERE id = {}", row["item"]))[0]
    return service.from_row(stored), Item(
        id=item["id"],
        client=item["client"],
        contact=item["contact"],
        conversation=item["conversation"],
        kind=item["kind"],
        direction="out",
        occurred_at=item["occurred_at"],
        recorded_at=item["recorded_at"],
        person=item["person"],
        text=item["text"],
    )


JOBS = (JobKind(name="outbound.deliver", handler=_deliver, max_attempts=1_000_000),)
