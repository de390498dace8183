"""What an update is. Only private chats are read; what happens in groups is left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import N_, Text, Unreadable, untrusted
from polydesk.types import Account, Arrival, Handle, Message, Nothing, Parsed, Reaction, Revision
from polydesk_telegram import content
from polydesk_telegram.buttons import PRESSED
from polydesk_telegram.shapes import Callback, Member, Reacted, Update, User, Written

KIND = "telegram"
_GROUP = "written in a group: a desk answers private chats only"
_OPENED = Text(N_("The contact opened the bot by a link: {payload}"))


async def read(arrival: Arrival, account: Account) -> Parsed:
    """One update. Raise `Unreadable` for what has no shape that Telegram is known to use."""
    update = untrusted.json(arrival.raw, Update)
    if update.message is not None:
        return await _message(update.message, arrival, account)
    if update.edited_message is not None:
        return _edited(update.edited_message)
    if update.callback_query is not None:
        return _pressed(update.callback_query)
    if update.message_reaction is not None:
        return _reacted(update.message_reaction)
    if update.my_chat_member is not None:
        return _member(update.my_chat_member)
    keys = sorted(set(_keys(arrival.raw)) - {"update_id"})
    return Nothing(reason=f"an update that is not known here: {', '.join(keys)[:200]}")


async def _message(written: Written, arrival: Arrival, account: Account) -> Parsed:
    if written.chat.type != "private":
        return Nothing(reason=_GROUP)
    if written.sender is None or written.sender.is_bot:
        return Nothing(reason="not written by a person")
    attachments, notices = await content.files(written, arrival, account)
    text = content.words(written)
    payload = text.removeprefix("/start ").strip() if text.startswith("/start ") else ""
    if payload:
        notices = (*notices, Text(_OPENED.template, {"payload": payload[:64]}))
    phone = content.own_phone(written)
    quoted = written.reply_to_message
    return Message(
        external_id=name(written.chat.id, written.message_id),
        sender=Handle(KIND, str(written.chat.id), _called(written.sender)),
        # Names at Telegram change hands: shown, never believed. A number that Telegram sends with it is one's own.
        stated=(Handle("telegram_name", f"@{written.sender.username}"),) if written.sender.username else (),
        also=(Handle("phone", phone),) if phone else (),
        text=text,
        sent_at=moment(written.date),
        attachments=attachments,
        pieces=content.pieces(written),
        quotes=name(written.chat.id, quoted.message_id) if quoted is not None else "",
        language=_language(written.sender) if len(text) < 20 else "",
        notices=notices,
        details={"start": payload[:64]} if payload else {},
    )


def _edited(written: Written) -> Parsed:
    if written.chat.type != "private":
        return Nothing(reason=_GROUP)
    return Revision(
        of=name(written.chat.id, written.message_id),
        text=content.words(written),
        occurred_at=moment(written.edit_date or written.date),
    )


def _pressed(callback: Callback) -> Parsed:
    shown = callback.message
    if shown is None or shown.chat.type != "private":
        return Nothing(reason=_GROUP if shown else "a button of a message that is gone")
    data = callback.data
    return Message(
        external_id=f"{PRESSED}{callback.id}",
        sender=Handle(KIND, str(shown.chat.id), _called(callback.sender)),
        text=shown.label_of(data) or data,
        # What did not fit into a button is known by its label alone.
        choice="" if data.startswith("#") else data,
        quotes=name(shown.chat.id, shown.message_id),
    )


def _reacted(reacted: Reacted) -> Parsed:
    if reacted.chat.type != "private":
        return Nothing(reason=_GROUP)
    sign = next((each.emoji for each in reacted.new_reaction if each.emoji), "")
    return Reaction(
        sender=Handle(KIND, str(reacted.chat.id), _called(reacted.user) if reacted.user else ""),
        to=name(reacted.chat.id, reacted.message_id),
        sign=sign,
        occurred_at=moment(reacted.date),
    )


def _member(member: Member) -> Nothing:
    if member.chat.type != "private":
        return Nothing(reason="the bot was added to a group or removed from one")
    blocked = member.new_chat_member.status == "kicked"
    return Nothing(reason="the contact has blocked the bot" if blocked else "the contact lets the bot write again")


def name(chat: int, message: int) -> str:
    """What a message is called here: Telegram counts anew in each chat."""
    return f"{chat}:{message}"


def moment(seconds: int) -> datetime | None:
    """Telegram's clock counts seconds of Unix time."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, OSError, ValueError):
        raise Unreadable(Text(N_("It has no time that can be read."))) from None


def _called(user: User) -> str:
    return " ".join(each for each in (user.first_name, user.last_name) if each) or user.username


def _language(user: User) -> str:
    code = user.language_code.partition("-")[0].lower()
    return code if code.isascii() and code.isalpha() and len(code) in (2, 3) else ""


def _keys(raw: bytes) -> dict[str, Any]:
    found = msgspec.json.decode(raw)
    return found if isinstance(found, dict) else {}
