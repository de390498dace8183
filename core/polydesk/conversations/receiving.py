"""A message from outside becomes part of a conversation, in one transaction, once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import db, events, hooks, jobs, language, live, plugins, storage
from polydesk.contacts import identify
from polydesk.conversations import placing, service, threading
from polydesk.timeline import service as timeline
from polydesk.types import Account, Attached, Contact, Conversation, Item, Message, Scope

_PREVIEW = 200


class Received(msgspec.Struct, frozen=True):
    """What became of a message: its item, or None when it had been counted before."""

    item: int | None
    conversation: int | None


async def receive(account: Account, arrival: int, message: Message, job: jobs.Job) -> Received:
    """Store and thread one message; completes the job and settles the arrival in the same transaction."""
    scope = Scope(account.client, account.market)
    visible = visible_text(message)
    spoken = message.language or language.detect(visible)[0]
    keys = await asyncio.gather(*(storage.put(each.data) for each in message.attachments))
    lock = threading.lock_keys(account.client, message)
    belongs_to = await _recognised(scope, message)
    claimed = await _claimed(scope, message, lock, spoken, belongs_to)
    async with db.transaction():
        await db.lock(*lock)
        first = await _counted(account, arrival, message)
        if first is not None:
            await _settle(arrival, "duplicate", f"the same message as arrival {first}", None)
            await job.complete()
            return Received(None, None)
        contact = await identify.find_or_create(scope, message.sender, language=spoken, belongs_to=belongs_to)
        await _learn_language(contact, spoken)
        thread = await threading.find(account.client, message, contact, claimed)
        if thread is None:
            row = await _open(account, contact, message, spoken, visible)
        else:
            row = await _continue(account, thread.row, message, visible)
        item = await _append(account, row, contact, message, spoken)
        await threading.remember(account.client, row["id"], item, message)
        await _attach(account.client, row["id"], item, message.attachments, keys)
        if thread is not None and not thread.known_sender:
            await _add_participant(row["id"], message)
        await _settle(arrival, "done", "", item)
        await _announce(scope, row, contact, item, message, visible, new=thread is None)
        # A robot's new matter waits like any other; its word in an old one changes nothing.
        if row["assignee"] is None and (thread is None or not message.automatic):
            await _place(scope, row)
        live.signal(account.client, "inbox", row["id"])
        live.signal(account.client, "conversation", row["id"])
        await job.complete()
    return Received(item, row["id"])


def visible_text(message: Message) -> str:
    """The words without repeated history."""
    end = message.quote_starts_at
    return message.text if end < 0 else (message.text[:end].rstrip() or message.text)


def preview_of(text: str) -> str:
    """The first words, on one line."""
    return db.clean(" ".join(text[: _PREVIEW * 3].split()))[:_PREVIEW]


async def _recognised(scope: Scope, message: Message) -> int | None:
    if not plugins.listeners(scope, hooks.polydesk_match_contact):
        return None
    assert scope.client is not None
    if await identify.find(scope.client, message.sender) is not None:
        return None
    answer = await plugins.decide(scope, hooks.polydesk_match_contact, scope=scope, message=message)
    if answer is None or answer.value is None:
        return None
    ours = await db.fetch("SELECT id FROM pd_contact WHERE id = {} AND client = {}", int(answer.value), scope.client)
    return answer.value if ours else None


async def _claimed(
    scope: Scope, message: Message, lock: tuple[str, str], spoken: str, belongs_to: int | None
) -> int | None:
    """A plugin's word on the thread. Hooks never run inside a transaction, so the contact is made sure of first."""
    if not plugins.listeners(scope, hooks.polydesk_thread_message):
        return None
    async with db.transaction():
        await db.lock(*lock)
        contact = await identify.find_or_create(scope, message.sender, language=spoken, belongs_to=belongs_to)
    answer = await plugins.decide(scope, hooks.polydesk_thread_message, scope=scope, message=message, contact=contact)
    return answer.value.conversation if answer is not None and answer.value is not None else None


async def _counted(account: Account, arrival: int, message: Message) -> int | None:
    """None the first time; afterwards the arrival that counted."""
    key = threading.ref(message.fingerprint or message.external_id)
    first = await db.fetch(
        "INSERT INTO pd_message_key (client, channel, fingerprint, arrival) VALUES ({}, {}, {}, {}) "
        "ON CONFLICT (client, channel, fingerprint) DO NOTHING RETURNING id",
        account.client,
        account.channel,
        key,
        arrival,
    )
    if first:
        return None
    rows = await db.fetch(
        "SELECT arrival FROM pd_message_key WHERE client = {} AND channel = {} AND fingerprint = {}",
        account.client,
        account.channel,
        key,
    )
    return int(rows[0]["arrival"])


async def _learn_language(contact: Contact, spoken: str) -> None:
    if spoken and not contact.language:
        await db.fetch(
            "UPDATE pd_contact SET language = {} WHERE id = {} AND language_stated = {}", spoken, contact.id, False
        )


async def _open(account: Account, contact: Contact, message: Message, spoken: str, visible: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    rows = await db.fetch(
        "INSERT INTO pd_conversation (client, market, contact, status, subject, preview, language, channel, account, "
        "messages, awaits_reply, opened_at, last_at) "
        "VALUES ({}, {}, {}, 'open', {}, {}, {}, {}, {}, 1, {}, {}, {}) RETURNING *",
        account.client,
        account.market,
        contact.id,
        db.clean(message.subject)[:500],
        preview_of(visible),
        contact.language or spoken,
        account.channel,
        account.id,
        not message.automatic,
        now,
        now,
    )
    return rows[0]


async def _continue(account: Account, row: dict[str, Any], message: Message, visible: str) -> dict[str, Any]:
    """A reply reopens; an automatic one is stored but wakes nobody."""
    wakes = not message.automatic and row["status"] != "open"
    if wakes:
        await timeline.append(
            "status",
            client=row["client"],
            contact=row["contact"],
            conversation=row["id"],
            data={"from": row["status"], "to": "open", "by": "reply"},
        )
        if row["status"] == "solved":
            await events.announce(
                Scope(row["client"], row["market"]),
                hooks.polydesk_conversation_reopened,
                conversation=msgspec.structs.replace(service.from_row(row), status="open"),
            )
    rows = await db.fetch(
        "UPDATE pd_conversation SET status = {}, preview = {}, messages = messages + 1, awaits_reply = {}, "
        "last_at = {}, channel = {}, account = {}, snoozed_until = {}, solved_at = {} WHERE id = {} RETURNING *",
        "open" if wakes else row["status"],
        preview_of(visible),
        bool(row["awaits_reply"]) or not message.automatic,
        datetime.now(UTC),
        account.channel,
        account.id,
        None if wakes else row["snoozed_until"],
        None if wakes else row["solved_at"],
        row["id"],
    )
    return rows[0]


async def _append(account: Account, row: dict[str, Any], contact: Contact, message: Message, spoken: str) -> int:
    data: dict[str, Any] = {
        "channel": account.channel,
        "account": account.id,
        "external_id": message.external_id,
        "sender": message.sender,
        "to": message.recipients,
        "copied": message.copied,
        "answer_to": message.answer_to,
        "subject": message.subject,
        "quote_starts_at": message.quote_starts_at,
        "html_visible": message.html_visible,
        "automatic": message.automatic,
        "language": spoken,
        "notices": message.notices,
        "sent_at": message.sent_at,
        "details": message.details,
    }
    return await timeline.append(
        "message",
        client=account.client,
        contact=contact.id,
        conversation=row["id"],
        direction="in",
        text=message.text,
        html=message.html,
        data={name: value for name, value in data.items() if value not in ("", None, (), {}, -1)},
    )


async def _attach(client: int, conversation: int, item: int, files: tuple[Attached, ...], keys: list[str]) -> None:
    for each, key in zip(files, keys, strict=True):
        await db.fetch(
            "INSERT INTO pd_attachment (client, conversation, item, name, media_type, size, storage_key, content_id, "
            "inline) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})",
            client,
            conversation,
            item,
            db.clean(each.name)[:300],
            db.clean(each.media_type)[:200],
            len(each.data),
            key,
            db.clean(each.content_id)[:300],
            each.inline,
        )


async def _add_participant(conversation: int, message: Message) -> None:
    await db.fetch(
        "INSERT INTO pd_participant (conversation, kind, value, name, verified) VALUES ({}, {}, {}, {}, {}) "
        "ON CONFLICT (conversation, kind, value) DO NOTHING",
        conversation,
        message.sender.kind,
        db.clean(message.sender.value)[:400],
        db.clean(message.sender.name)[:300],
        False,
    )


async def _settle(arrival: int, state: str, reason: str, item: int | None) -> None:
    await db.fetch(
        "UPDATE pd_arrival SET state = {}, reason = {}, item = {}, settled_at = {} WHERE id = {}",
        state,
        reason,
        item,
        datetime.now(UTC),
        arrival,
    )


async def _announce(
    scope: Scope, row: dict[str, Any], contact: Contact, item: int, message: Message, visible: str, *, new: bool
) -> None:
    conversation: Conversation = service.from_row(row)
    now = datetime.now(UTC)
    if new:
        await events.announce(scope, hooks.polydesk_conversation_opened, conversation=conversation, contact=contact)
    told = Item(
        id=item,
        client=row["client"],
        contact=contact.id,
        conversation=row["id"],
        kind="message",
        direction="in",
        occurred_at=now,
        recorded_at=now,
        text=visible,
    )
    await events.announce(scope, hooks.polydesk_message_received, conversation=conversation, item=told)


async def _place(scope: Scope, row: dict[str, Any]) -> None:
    """Straight into the account's queue, or by a job when a plugin wants a word in it."""
    if row["queue"] is None and plugins.listeners(scope, hooks.polydesk_choose_queue):
        await jobs.enqueue("queues.place", {"conversation": row["id"]}, client=row["client"])
        return
    await placing.enter(row, row["queue"] or await placing.usual_queue(row))
