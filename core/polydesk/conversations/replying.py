"""Write: replies, notes and drafts. A reply and the job that sends it commit together."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from polydesk import db, hooks, live, plugins, storage
from polydesk.channels import service as channels
from polydesk.contacts import identify
from polydesk.conversations import assigning, changing, filing, placing, posting, reaching, service, templates
from polydesk.conversations.addressing import reply_addresses
from polydesk.conversations.extras import NO_EXTRAS, Extras
from polydesk.conversations.views import File
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _, render
from polydesk.staff.access import Viewer
from polydesk.timeline import service as timeline
from polydesk.types import Account, Capabilities, Handle, Scope

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
    by: int | None = None,
    extras: Extras = NO_EXTRAS,
) -> int:
    """Queue a reply and return its item; the draft's files go with it. The same `once` never sends twice.

    Without `to`, it goes to whoever wrote last. `by` is another account that should carry it from now on. Replying to
    what nobody has takes it. `Invalid` when the channel, a plugin or the text stands against it.
    """
    row = await service.row_for(viewer, conversation)
    viewer.require("conversation.reply", row["client"], row["market"])
    row = await _by_way_of(row, by)
    account = await _sender(row)
    text = db.clean(text).replace("\r\n", "\n").strip()
    files = await _draft_files(viewer, conversation)
    unsent = ""
    if extras.template is not None:
        await _nothing_else(row, account, text, files, extras)
        text, unsent = templates.filled(extras.template), text
    default_to, default_copied = await reply_addresses(row)
    to = default_to if to is None else to
    copied = default_copied if copied is None else copied
    if _capabilities(account).chat:
        await _own_handles(row, to, default_to)
    await _check(row, account, text, to, files, extras)
    if extras.quotes is not None:
        await _own_message(row, extras.quotes)
    async with db.transaction():
        if once and (known := await _already(row["client"], viewer, once)):
            return known
        row = await _by_way_of(await service.row_for(viewer, conversation), by)
        item = await posting.post(
            row, account, text, to=to, copied=copied, person=viewer.id, author=viewer.name, more=extras.stored()
        )
        await _remember_press(row["client"], viewer, once, item)
        if _capabilities(account).chat:
            await reaching.went_out(account, row, to)
        await db.fetch(
            "UPDATE pd_attachment SET item = {} WHERE conversation = {} AND person = {} AND item = 0",
            item,
            conversation,
            viewer.id,
        )
        if not unsent:
            await db.fetch("DELETE FROM pd_draft WHERE conversation = {} AND person = {}", conversation, viewer.id)
        if row["assignee"] is None:
            await assigning.give(row, viewer.id, viewer.id, [])
        else:
            await placing.leave(row)
        await changing.move(row, "solved" if solve else "waiting", by=viewer.id)
    return item


async def react(viewer: Viewer, conversation: int, item: int, sign: str) -> int:
    """Put a sign on what the contact wrote, where the channel can; "" takes it back."""
    row = await service.row_for(viewer, conversation)
    viewer.require("conversation.reply", row["client"], row["market"])
    account = await _sender(row)
    if not _capabilities(account).reactions or len(sign) > 20 or any(each.isalnum() or each in "<>&" for each in sign):
        raise Invalid(message=_("Reactions cannot be sent here."))
    await _own_message(row, item)
    to, _copied = await reply_addresses(row)
    async with db.transaction():
        return await posting.sign(row, account, item, sign, to=to, person=viewer.id, author=viewer.name)


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


async def _own_handles(row: dict[str, Any], to: tuple[Handle, ...], usual: tuple[Handle, ...]) -> None:
    """A chat is with its contact: what is sent there to somebody else would mix two people's conversations."""
    contact = await identify.load(row["contact"])
    known = {(each.kind, each.value) for each in (*contact.handles, *usual)}
    if any((each.kind, each.value) not in known for each in to):
        raise Invalid({"to": _("This conversation is with somebody else. Only its own contact can be answered here.")})


async def _own_message(row: dict[str, Any], item: int) -> None:
    """Only what was said in this conversation can be answered or marked in it: other people's words stay theirs."""
    if not await db.fetch(
        "SELECT id FROM pd_item WHERE id = {} AND conversation = {} AND kind = 'message'", item, row["id"]
    ):
        raise Invalid(message=_("This message is not part of the conversation."))


async def _by_way_of(row: dict[str, Any], by: int | None) -> dict[str, Any]:
    """The conversation's row as if it ran on another account that reaches the contact."""
    if by is None or by == row["account"]:
        return row
    ways = await reaching.ways(row, await identify.load(row["contact"]))
    way = next((each for each in ways if each.account == by), None)
    if way is None:
        raise Invalid({"by": _("The contact cannot be reached that way.")})
    return {**row, "channel": way.channel, "account": way.account}


async def _nothing_else(
    row: dict[str, Any], account: Account, text: str, files: list[dict[str, Any]], extras: Extras
) -> None:
    """A template goes out by itself: what else was meant to go must not be lost without a word.

    Words typed before the window closed cannot be seen then; they stay as the draft.
    """
    found = channels.find_channel(account.channel)
    window = await reaching.window(account.id, found[1], row["contact"]) if found else reaching.Window()
    if files or extras.prompt or extras.pieces or extras.quotes or (text and window.state != "closed"):
        raise Invalid(
            {"template": _("A template goes out by itself. Take away what else you wrote or added, or the template.")}
        )


def _capabilities(account: Account) -> Capabilities:
    found = channels.find_channel(account.channel)
    return found[1].capabilities if found else Capabilities()


async def _check(
    row: dict[str, Any],
    account: Account,
    text: str,
    to: tuple[Handle, ...],
    files: list[dict[str, Any]],
    extras: Extras,
) -> None:
    can = _capabilities(account)
    limit = can.max_text or MOST_TEXT
    if not text and not files and not extras.pieces:
        raise Invalid({"text": _("Write something first.")})
    extras.check(can)
    for each in files:
        filing.check(each, can)
    found = channels.find_channel(account.channel)
    window = await reaching.window(account.id, found[1], row["contact"]) if found else reaching.Window()
    if window.state == "closed" and extras.template is None:
        raise Invalid(
            message=_("The contact wrote too long ago: only an approved template can be sent now.")
            if can.templates
            else _("The contact wrote too long ago: nothing can be sent here until they write again.")
        )
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


async def _draft_files(viewer: Viewer, conversation: int) -> list[dict[str, Any]]:
    return await db.fetch(
        "SELECT id, name, media_type, size FROM pd_attachment WHERE conversation = {} AND person = {} AND item = 0",
        conversation,
        viewer.id,
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
