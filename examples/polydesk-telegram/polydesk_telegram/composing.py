"""A reply as the Bot API takes it: cut where it is too long, files by their kind, places and cards as what they are."""

from __future__ import annotations

import html
from typing import Any

import msgspec

from polydesk.types import Card, Outgoing, OutgoingFile, Piece, Place
from polydesk_telegram.buttons import keyboard

LONGEST, LONGEST_CAPTION = 4096, 1024
"""In UTF-16 units, as Telegram counts."""
_LARGEST_PHOTO = 10 * 1024 * 1024


class Part(msgspec.Struct, frozen=True):
    """One call: the method, what it is given, and the file that goes with it."""

    method: str
    given: dict[str, Any]
    file: tuple[str, OutgoingFile] | None = None


def parts(outgoing: Outgoing, *, signed: bool) -> list[Part]:
    """Words first, then files, then places; buttons below the last words, a quotation above the first."""
    author = outgoing.author if signed and not outgoing.automatic else ""
    found = [
        Part("sendMessage", _words(each, author if not place else ""))
        for place, each in enumerate(cut(outgoing.text, author))
    ]
    buttons = keyboard(outgoing.prompt.choices) if outgoing.prompt else None
    if buttons and found:
        found[-1] = Part("sendMessage", {**found[-1].given, "reply_markup": buttons})
    found += [_file(each) for each in outgoing.files]
    found += [part for each in outgoing.pieces if (part := _piece(each)) is not None]
    if found and (quoted := outgoing.quotes.rpartition(":")[2]).isdigit():
        # A message the contact has deleted since then cannot be quoted: then it goes out without.
        reply = {"message_id": int(quoted), "allow_sending_without_reply": True}
        found[0] = Part(found[0].method, {**found[0].given, "reply_parameters": reply}, found[0].file)
    return found


def cut(text: str, author: str = "") -> list[str]:
    """Pieces that fit, cut at the end of a line or a word where there is one."""
    found: list[str] = []
    rest, room = text, LONGEST - (length(author) + 1 if author else 0)
    while length(rest) > room:
        end = _fitting(rest, room)
        at = max(rest.rfind("\n", end // 2, end), -1)
        at = at if at > 0 else rest.rfind(" ", end // 2, end)
        at = at if at > 0 else end
        found.append(rest[:at])
        rest, room = rest[at:].lstrip(" \n"), LONGEST
    return [each for each in (*found, rest) if each.strip()]


def length(text: str) -> int:
    """In UTF-16 units: an emoji counts twice."""
    return len(text.encode("utf-16-le", "replace")) // 2


def _fitting(text: str, room: int) -> int:
    """How many characters of a text have room."""
    end = min(len(text), room)
    while length(text[:end]) > room:
        end -= max(1, (length(text[:end]) - room) // 2)
    return end


def _words(text: str, author: str) -> dict[str, Any]:
    """What an agent writes is not markup: only where a name is set above it must its signs be escaped."""
    if not author:
        return {"text": text}
    return {
        "text": f"<b>{html.escape(author, quote=False)}</b>\n{html.escape(text, quote=False)}",
        "parse_mode": "HTML",
    }


def _file(file: OutgoingFile) -> Part:
    kind = file.media_type.partition(";")[0].strip().lower()
    if kind in ("image/jpeg", "image/png", "image/webp") and len(file.data) <= _LARGEST_PHOTO:
        return Part("sendPhoto", {}, ("photo", file))
    if kind in ("audio/ogg", "audio/opus"):
        return Part("sendVoice", {}, ("voice", file))
    if kind == "video/mp4":
        return Part("sendVideo", {}, ("video", file))
    return Part("sendDocument", {}, ("document", file))


def _piece(piece: Piece) -> Part | None:
    if isinstance(piece, Place):
        at = {"latitude": piece.latitude, "longitude": piece.longitude}
        named = {"title": piece.name or piece.address, "address": piece.address or piece.name}
        return Part("sendVenue", {**at, **named}) if piece.name or piece.address else Part("sendLocation", at)
    if isinstance(piece, Card) and piece.phones:
        return Part("sendContact", {"phone_number": piece.phones[0], "first_name": piece.name})
    return None
