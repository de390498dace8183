"""Write: replies, notes and drafts. A reply and the job that sends it commit together."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from polydesk import db, hooks, jobs, live, plugins, storage
from polydesk.channels import service as channels
from polydesk.conversations import assigning, changing, placing, service, threading
from polydesk.conversations.addressing import reply_addresses
from polydesk.conversations.receiving import preview_of
from polydesk.conversations.views import File
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _, render
from polydesk.staff.access import Viewer
from polydesk.timeline import service as timeline
from polydesk.types import Account, Handle, Scope

MOST_TEXT = 200_000
LARGEST_FILE = 25 * 1024 * 1024
MOST_FILES = 20


async def reply(
    viewer: Viewer,
    conversation: int,
    text: str,
    *,
    to: tuple[Handle, ...] | None = None,
    copied: tuple[Handle, ...] | None = None,
    solve: bool = False,
    once: str = "",
) -> int:
    """Queue a reply and return its item; the draft's files go with it. The same `once` never sends twice.

    Without `to`, it goes to whoever wrote last. Replying to what nobody has takes it. `Invalid` when the channel,
    a plugin or the text stands against it.
    """
    row = await service.row_for(viewer, conversation)
    viewer.require("conversation.reply", row["client"], row["market"])
    account = await _sender(row)
    text = db.clean(text).replace("\r\n", "\n").strip()
    files = await _draft_files(viewer, conversation)
    default_to, default_copied = await reply_addresses(row)
    to = default_to if to is None else to
    copied = default_copied if copied is None else copied
    await _check(row, account, text, to, has_files=bool(files))
    async with db.transaction():
        if once and (known := await _already(row["client"], viewer, once)):
            return known
        row = await service.row_for(viewer, conversation)
        item = await _append(viewer, row, account, text, to, copied)
        await _remember_press(row["client"], viewer, once, item)
        await _queue_delivery(row, account, item)
        await db.fetch(
            "UPDATE pd_attachment SET item = {} WHERE conversation = {} AND person = {} AND item = 0",
            item,
            conversation,
            viewer.id,
        )
        await db.fetch("DELETE FROM pd_draft WHERE conversation = {} AND person = {}", conversation, viewer.id)
        if row["assignee"] is None:
            await assigning.give(row, viewer.id, viewer.id, [])
        else:
            await placing.leave(row)
        await db.fetch(
            "UPDATE pd_conversation SET messages = messages + 1, awaits_reply = {}, preview = {}, last_at = {} "
            "WHERE id = {}",
            False,
            preview_of(text),
            datetime.now(UTC),
            conversation,
        )
        await changing.move(row, "solved" if solve else "waiting", by=viewer.id)
        live.signal(row["client"], "conversation", conversation)
        live.signal(row["client"], "inbox", conversation)
    return item


async def note(viewer: Viewer, conversation: int, text: str, *, once: str = "") -> int:
    """A remark that only colleagues see; the draft's files go with it."""
    row = await service.row_for(viewer, conversation)
    viewer.require("conversation.note", row["client"], row["market"])
    text = db.clean(text).replace("\r\n", "\n").strip()
    if not text and not await _draft_files(viewer, conversation):
        raise Invalid({"text": _("Write something first.")})
    async with db.transaction():
        if once and (known := await _already(row["client"], viewer, once)):
            return known
        item = await timeline.append(
            "note",
            client=row["client"],
            contact=row["contact"],
            conversation=conversation,
            person=viewer.id,
            text=text[:MOST_TEXT],
        )
        await _remember_press(row["client"], viewer, once, item)
        await db.fetch(
            "UPDATE pd_attachment SET item = {} WHERE conversation = {} AND person = {} AND item = 0",
            item,
            conversation,
            viewer.id,
        )
        await db.fetch("DELETE FROM pd_draft WHERE conversation = {} AND person = {}", conversation, viewer.id)
        live.signal(row["client"], "conversation", conversation)
    return item


async def save_draft(viewer: Viewer, conversation: int, kind: str, text: str) -> None:
    """Keep what is being written; an empty one is forgotten."""
    await service.row_for(viewer, conversation)
    if not text.strip():
        await db.fetch("DELETE FROM pd_draft WHERE conversation = {} AND person = {}", conversation, viewer.id)
        return
    await db.fetch(
        "INSERT INTO pd_draft (conversation, person, kind, text, saved_at) VALUES ({}, {}, {}, {}, {}) "
        "ON CONFLICT (conversation, person) DO UPDATE SET kind = EXCLUDED.kind, text = EXCLUDED.text, "
        "saved_at = EXCLUDED.saved_at",
        conversation,
        viewer.id,
        "note" if kind == "note" else "reply",
        db.clean(text)[:MOST_TEXT],
        datetime.now(UTC),
    )


async def add_file(viewer: Viewer, conversation: int, name: str, media_type: str, data: bytes) -> File:
    """Put a file beside the draft."""
    row = await service.row_for(viewer, conversation)
    viewer.require("conversation.note", row["client"], row["market"])
    if len(data) > LARGEST_FILE:
        megabytes = LARGEST_FILE // 1024 // 1024
        raise Invalid({"files": _("%(name)s is larger than %(size)s MB.") % {"name": name, "size": megabytes}})
    if len(await _draft_files(viewer, conversation)) >= MOST_FILES:
        raise Invalid({"files": _("A message can carry %(count)s files at most.") % {"count": MOST_FILES}})
    key = await storage.put(data)
    clean = db.clean(name).replace("/", "_").replace("\\", "_")[:300] or "file"
    rows = await db.fetch(
        "INSERT INTO pd_attachment (client, conversation, item, person, name, media_type, size, storage_key) "
        "VALUES ({}, {}, 0, {}, {}, {}, {}, {}) RETURNING id",
        row["client"],
        conversation,
        viewer.id,
        clean,
        db.clean(media_type)[:200] or "application/octet-stream",
        len(data),
        key,
    )
    return File(id=rows[0]["id"], name=clean, media_type=media_type, size=len(data))


async def remove_file(viewer: Viewer, conversation: int, attachment: int) -> None:
    """Take a file away from the draft."""
    await db.fetch(
        "DELETE FROM pd_attachment WHERE id = {} AND conversation = {} AND person = {} AND item = 0",
        attachment,
        conversation,
        viewer.id,
    )


async def _sender(row: dict[str, Any]) -> Account:
    rows = await db.fetch("SELECT enabled FROM pd_account WHERE id = {}", row["account"])
    if not rows or not rows[0]["enabled"]:
        raise Invalid(message=_("The account this came to is switched off, so nothing can be sent from it."))
    if channels.find_channel(row["channel"], Scope(row["client"], row["market"])) is None:
        raise Invalid(message=_("The plugin for this channel is not available, so nothing can be sent."))
    try:
        return await channels.load(row["account"])
    except NotFound:
        raise Invalid(message=_("The plugin for this channel is not available, so nothing can be sent.")) from None


async def _check(row: dict[str, Any], account: Account, text: str, to: tuple[Handle, ...], *, has_files: bool) -> None:
    found = channels.find_channel(account.channel)
    limit = (found[1].capabilities.max_text if found else 0) or MOST_TEXT
    if not text and not has_files:
        raise Invalid({"text": _("Write something first.")})
    if len(text) > limit:
        raise Invalid({"text": _("This is longer than the %(count)s characters that can be sent.") % {"count": limit}})
    if not to:
        raise Invalid({"to": _("There is no address to reply to.")})
    scope = Scope(row["client"], row["market"])
    answers = await plugins.ask(scope, hooks.polydesk_check_reply, conversation=service.from_row(row), text=text)
    for answer in answers:
        for objection in answer.value or ():
            if objection.blocks:
                raise Invalid({"text": render(objection.reason)})


async def _append(
    viewer: Viewer,
    row: dict[str, Any],
    account: Account,
    text: str,
    to: tuple[Handle, ...],
    copied: tuple[Handle, ...],
) -> int:
    data = {
        "channel": account.channel,
        "account": account.id,
        "to": to,
        "copied": copied,
        "subject": row["subject"],
        "author": viewer.name,
    }
    return await timeline.append(
        "message",
        client=row["client"],
        contact=row["contact"],
        conversation=row["id"],
        direction="out",
        person=viewer.id,
        text=text,
        data={name: value for name, value in data.items() if value not in ("", ())},
    )


async def _queue_delivery(row: dict[str, Any], account: Account, item: int) -> None:
    found = channels.find_channel(account.channel)
    external_id = found[1].message_id(account, row["id"], item) if found else ""
    await db.fetch(
        "INSERT INTO pd_delivery (client, conversation, item, account, state, external_id, changed_at) "
        "VALUES ({}, {}, {}, {}, 'queued', {}, {})",
        row["client"],
        row["id"],
        item,
        account.id,
        external_id,
        datetime.now(UTC),
    )
    if external_id:
        await db.fetch(
            "INSERT INTO pd_message_ref (client, key, conversation, item, own) VALUES ({}, {}, {}, {}, {})",
            row["client"],
            threading.ref(external_id),
            row["id"],
            item,
            True,
        )
    await jobs.enqueue("outbound.deliver", {"item": item}, key=f"deliver:{item}", client=row["client"])


async def _draft_files(viewer: Viewer, conversation: int) -> list[dict[str, Any]]:
    return await db.fetch(
        "SELECT id FROM pd_attachment WHERE conversation = {} AND person = {} AND item = 0", conversation, viewer.id
    )


def _once_key(viewer: Viewer, once: str) -> str:
    return hashlib.sha256(f"{viewer.id}:{once}".encode()).hexdigest()


async def _already(client: int, viewer: Viewer, once: str) -> int:
    """The item an earlier press of the same button made, or 0 when this is the first."""
    key = _once_key(viewer, once)
    first = await db.fetch(
        "INSERT INTO pd_message_key (client, channel, fingerprint, arrival) VALUES ({}, 'composer', {}, 0) "
        "ON CONFLICT (client, channel, fingerprint) DO NOTHING RETURNING id",
        client,
        key,
    )
    if first:
        return 0
    rows = await db.fetch(
        "SELECT arrival FROM pd_message_key WHERE client = {} AND channel = 'composer' AND fingerprint = {}",
        client,
        key,
    )
    return int(rows[0]["arrival"])


async def _remember_press(client: int, viewer: Viewer, once: str, item: int) -> None:
    if once:
        await db.fetch(
            "UPDATE pd_message_key SET arrival = {} WHERE client = {} AND channel = 'composer' AND fingerprint = {}",
            item,
            client,
            _once_key(viewer, once),
        )
