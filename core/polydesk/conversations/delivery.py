"""The door out: hand a reply to its channel, write down what became of it, and hear later news of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from polydesk import db, events, hooks, jobs, live
from polydesk.channel import Channel
from polydesk.channels import service as channels
from polydesk.conversations import changing, outgoing, service, threading
from polydesk.errors import NotFound, OutcomeUnknown, Refused, TryLater
from polydesk.i18n import N_, keep, kept
from polydesk.sandbox import messages as sandbox
from polydesk.scopes import service as scopes
from polydesk.timeline import service as timeline
from polydesk.types import (
    Account,
    Item,
    JobKind,
    Scope,
    SeenUntil,
    SendResult,
    StatusUpdate,
    Text,
)

SEND_SECONDS = 90.0
GIVE_UP_AFTER = timedelta(hours=48)
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 3600.0
_UNKNOWN_WAIT = 60.0
"""How long news may take to settle what became of a message whose answer was lost, before it is sent again."""
_TURN_SECONDS = 0.3
_STUCK_AFTER = timedelta(seconds=60)
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
        raise jobs.Again(60.0, jobs.PLUGIN_IS_OFF)
    await _in_turn(row, account, pair[1])
    message = await outgoing.build(row, account, job, pair[1])
    async with db.transaction():
        # Written before the service hears of it: if we die now, the next attempt knows that it may be a second one.
        ours = await db.fetch(
            "UPDATE pd_delivery SET state = 'sending', attempts = attempts + 1, first_tried_at = {}, changed_at = {} "
            "WHERE id = {} AND state IN ('queued', 'sending') RETURNING id",
            first,
            now,
            row["id"],
        )
        if not ours:
            # News of an earlier attempt has just settled it.
            await job.complete()
            return
        if message.again:
            await _item(row, "sending", {"again": True})
            live.signal(row["client"], "conversation", row["conversation"])
    if await scopes.sandboxed(account.client):
        async with db.transaction():
            await sandbox.keep(message, account)
            await _settle_sent(row, SendResult(details={"sandbox": True}), job)
        return
    try:
        async with asyncio.timeout(SEND_SECONDS):
            result = await pair[1].send(message, account)
    except Refused as error:
        await _settle_failed(row, keep(error.words), job)
        return
    except OutcomeUnknown as error:
        wait = _UNKNOWN_WAIT if pair[1].capabilities.chat else 0.0
        await _later(row, keep(error.words), first, job, state="sending", at_least=wait)
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
    row = await _concerned(account, news)
    if row is None:
        return None
    if news.state == "failed":
        if row["state"] != "failed":
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


async def seen_until(account: Account, news: SeenUntil) -> bool:
    """Everything sent to a reader up to a moment has come this far; whether that was news. In a transaction."""
    earlier = "('sent', 'sending')" if news.state == "delivered" else "('sent', 'sending', 'delivered')"
    changed = await db.fetch(
        f"UPDATE pd_delivery SET state = {{}}, changed_at = {{}} WHERE account = {{}} AND state IN {earlier} "
        "AND first_tried_at <= {} AND conversation IN (SELECT conversation FROM pd_reach WHERE account = {} "
        "AND kind = {} AND value = {}) RETURNING client, conversation, item",
        news.state,
        datetime.now(UTC),
        account.id,
        news.until,
        account.id,
        news.by.kind,
        news.by.value,
    )
    for row in changed:
        await _item(row, news.state, {})
    for row in changed[:1]:
        live.signal(row["client"], "conversation", row["conversation"])
    return bool(changed)


async def _concerned(account: Account, news: StatusUpdate) -> dict[str, Any] | None:
    """The delivery that news is about: by what we told the service, or by what it calls the message."""
    mark, _colon, item = news.correlation.rpartition(":")
    if mark == outgoing.mark() and item.isascii() and item.isdigit() and len(item) < 19:
        rows = await db.fetch("SELECT id FROM pd_delivery WHERE item = {} AND account = {}", int(item), account.id)
        if rows:
            rows = [await _held(rows[0]["id"])]
            if not rows[0]["external_id"] and news.external_ids:
                # The answer that would have named it is still on its way, or was lost.
                await db.fetch(
                    "UPDATE pd_delivery SET external_id = {} WHERE id = {}", news.external_ids[0][:300], rows[0]["id"]
                )
                await threading.remember_own(account.client, rows[0]["conversation"], int(item), news.external_ids[0])
            return rows[0]
    refs = [threading.ref(each) for each in news.external_ids if each]
    if not refs:
        return None
    holes = ", ".join(["{}"] * len(refs))
    rows = await db.fetch(
        "SELECT d.id FROM pd_message_ref r JOIN pd_delivery d ON d.item = r.item "
        f"WHERE r.client = {{}} AND r.own = {{}} AND r.key IN ({holes}) LIMIT 1",
        account.client,
        True,
        *refs,
    )
    return await _held(rows[0]["id"]) if rows else None


async def _held(delivery: int) -> dict[str, Any]:
    """The row, ours alone until the transaction ends: news of one message may be read by several workers at once."""
    rows = await db.fetch("UPDATE pd_delivery SET changed_at = changed_at WHERE id = {} RETURNING *", delivery)
    return rows[0]


async def _in_turn(row: dict[str, Any], account: Account, channel: Channel) -> None:
    """In a chat a message waits for the ones before it, unless those are stuck."""
    if not channel.capabilities.chat:
        return
    before = await db.fetch(
        "SELECT id FROM pd_delivery WHERE conversation = {} AND account = {} AND item < {} "
        "AND state IN ('queued', 'sending') AND (first_tried_at IS NULL OR first_tried_at > {}) LIMIT 1",
        row["conversation"],
        account.id,
        row["item"],
        datetime.now(UTC) - _STUCK_AFTER,
    )
    if before:
        raise jobs.Again(_TURN_SECONDS, "an earlier message of this chat is still on its way")


async def _settle_sent(row: dict[str, Any], result: SendResult, job: jobs.Job) -> None:
    now = datetime.now(UTC)
    async with db.transaction():
        # News of it may have been faster than the answer we wait for: what it said stands.
        present = await _held(row["id"])
        ahead = _PROGRESS[present["state"]] > _PROGRESS[result.state]
        kept_inside = keep(Text(N_("the client is in the sandbox"))) if result.details.get("sandbox") else ""
        await db.fetch(
            "UPDATE pd_delivery SET state = {}, reason = CASE WHEN {} = 1 THEN reason ELSE {} END, changed_at = {}, "
            "external_id = {} WHERE id = {}",
            present["state"] if ahead else result.state,
            int(ahead),
            kept_inside,
            now,
            (result.external_id or row["external_id"])[:300],
            row["id"],
        )
        if result.external_id and result.external_id != present["external_id"]:
            await threading.remember_own(row["client"], row["conversation"], row["item"], result.external_id)
        await db.fetch("UPDATE pd_account SET last_out_at = {} WHERE id = {}", now, row["account"])
        if not ahead:
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
    if (await _held(row["id"]))["state"] in ("delivered", "read"):
        # What has arrived cannot fail any more: such news is late, or about a second copy.
        return
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
    await db.fetch(
        "UPDATE pd_delivery SET state = {} WHERE id = {} AND state IN ('queued', 'sending')", state, row["id"]
    )
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
