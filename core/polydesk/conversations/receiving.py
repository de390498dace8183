"""A message from outside becomes part of a conversation, in one transaction, once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import db, events, hooks, language, live, plugins, storage
from polydesk.channel import Channel
from polydesk.contacts import identify
from polydesk.conversations import asking, merging, placing, reaching, service, threading
from polydesk.conversations.wording import preview_of, visible_text
from polydesk.timeline import service as timeline
from polydesk.types import Account, Attached, Contact, Conversation, Echo, Item, Message, Scope


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A message with everything that had to be found out before the transaction; `lock` must be held in it."""

    account: Account
    arrival: int
    message: Message
    channel: Channel
    visible: str
    spoken: str
    files: list[str]
    lock: tuple[str, ...]
    belongs_to: int | None
    claimed: int | None
    may_ask: bool


async def prepare(account: Account, arrival: int, message: Message, channel: Channel) -> Prepared:
    """Store its files and hear what plugins say of it."""
    scope = Scope(account.client, account.market)
    visible = visible_text(message)
    spoken = message.language or language.detect(visible)[0]
    lock = threading.lock_keys(account.client, message)
    belongs_to = await _recognised(scope, message)
    return Prepared(
        account=account,
        arrival=arrival,
        message=message,
        channel=channel,
        visible=visible,
        spoken=spoken,
        files=[await storage.put(each.data) for each in message.attachments],
        lock=lock,
        belongs_to=belongs_to,
        claimed=await _claimed(scope, message, lock, spoken, belongs_to),
        may_ask=channel.capabilities.chat and await asking.anything(scope),
    )


async def receive(it: Prepared) -> int | None:
    """Store and thread one message and settle its arrival; its item, None when it was counted before.

    Inside a transaction that holds the locks.
    """
    account, message = it.account, it.message
    scope = Scope(account.client, account.market)
    first = await _counted(account, it.arrival, message)
    if first is not None:
        await _settle(it.arrival, "duplicate", f"the same message as arrival {first}", None)
        return None
    contact = await identify.find_or_create(
        scope, message.sender, also=message.also, language=it.spoken, belongs_to=it.belongs_to
    )
    if message.also:
        contact = await merging.join_proven(account.client, contact, message.also)
    await identify.add_attributes(contact, message.attributes)
    await _learn_language(contact, it.spoken)
    thread = await threading.find(account.client, message, contact, it.claimed, _running(account, it.channel))
    if thread is None:
        row = await _open(account, contact, message, it.spoken, it.visible)
    else:
        row = await _continue(account, thread.row, message, it.visible)
    item = await _append(account, row, contact, message, it.spoken)
    await threading.remember(account.client, row["id"], item, message)
    await attach(account.client, row["id"], item, message.attachments, it.files)
    if it.channel.capabilities.chat:
        await reaching.remember(account, row, contact, message)
    if thread is not None and not thread.known_sender:
        await _add_participant(row["id"], message)
    await _settle(it.arrival, "done", "", item)
    await _announce(scope, row, contact, item, message, it.visible, new=thread is None)
    # A robot's new matter waits like any other; its word in an old one changes nothing.
    if row["assignee"] is None and (thread is None or not message.automatic):
        fresh = it.may_ask and (thread is None or thread.row["status"] == "solved")
        if not await asking.begin(row, item, message, fresh=fresh):
            await placing.place(row)
    live.signal(account.client, "inbox", row["id"])
    live.signal(account.client, "conversation", row["id"])
    return item


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
    scope: Scope, message: Message, lock: tuple[str, ...], spoken: str, belongs_to: int | None
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
        "stated": message.stated,
        "pieces": message.pieces,
        "quotes": await _quoted(row["id"], account.client, message.quotes),
        "choice": message.choice,
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


async def attach(client: int, conversation: int, item: int, files: tuple[Attached, ...], keys: list[str]) -> None:
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


async def _quoted(conversation: int, client: int, external_id: str) -> int | None:
    """The item a message answers, if it is of this conversation; a quoted message may be older than this desk."""
    found = await threading.item_of(client, external_id) if external_id else None
    return found["id"] if found is not None and found["conversation"] == conversation else None


async def running_row(account: Account, contact: Contact) -> dict[str, Any] | None:
    """The matter a contact's chat on an account is about at the moment."""
    rows = await db.fetch(
        "SELECT v.* FROM pd_reach r JOIN pd_conversation v ON v.id = r.conversation WHERE r.contact = {} "
        "AND r.account = {} ORDER BY v.last_at DESC LIMIT 1",
        contact.id,
        account.id,
    )
    return rows[0] if rows else None


async def open_quietly(account: Account, contact: Contact, echo: Echo) -> dict[str, Any]:
    """A conversation that somebody began past the desk: it waits for the contact, not for an agent."""
    message = Message(external_id="", sender=echo.recipient, text=echo.text, automatic="outside")
    row = await _open(account, contact, message, contact.language, echo.text)
    await db.fetch("UPDATE pd_conversation SET status = 'waiting' WHERE id = {}", row["id"])
    await reaching.went_out(account, row, (echo.recipient,))
    return {**row, "status": "waiting"}


def _running(account: Account, channel: Channel) -> threading.Running | None:
    if not channel.capabilities.chat:
        return None
    return threading.Running(account.id, datetime.now(UTC) - channel.reopens_for(account.settings))


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
        data={"external_id": message.external_id},
    )
    await events.announce(scope, hooks.polydesk_message_received, conversation=conversation, item=told)
