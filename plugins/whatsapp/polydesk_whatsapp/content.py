"""What a message object holds, by its type; a type that nobody knows yet is still a message, and says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import N_, Text
from polydesk.types import Account, Arrival, Attached
from polydesk.types import Piece as Held
from polydesk_whatsapp import download, pieces
from polydesk_whatsapp.graph import described

MEDIA = ("image", "video", "document", "audio", "sticker")


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Words, files and pieces of one message; `choice` is the id of a button or row that was tapped."""

    text: str = ""
    attachments: tuple[Attached, ...] = ()
    pieces: tuple[Held, ...] = ()
    notices: tuple[Text, ...] = ()
    choice: str = ""
    details: dict[str, Any] = {}


def part(message: dict[str, Any], name: str) -> dict[str, Any]:
    """An object inside an object; {} when it is not one."""
    found = message.get(name)
    return found if isinstance(found, dict) else {}


def moment(seconds: Any) -> datetime | None:
    """Unix seconds, as a string or not; None when they are none."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


async def read(message: dict[str, Any], arrival: Arrival, account: Account) -> Content:
    """Raise `TryLater` while a file cannot be had and it is worth waiting for."""
    kind = str(message.get("type"))
    about = part(message, kind)
    if kind == "text":
        return Content(text=str(about.get("body") or ""))
    if kind in MEDIA and about:
        files, notices = await download.fetched(kind, about, arrival, account)
        return Content(text=str(about.get("caption") or ""), attachments=files, notices=notices)
    if kind == "location" and (place := pieces.place(about)):
        return Content(pieces=(place,))
    if kind == "contacts" and isinstance(message.get("contacts"), list):
        return Content(pieces=pieces.cards(message["contacts"]))
    if kind == "order" and (basket := pieces.basket(about)):
        return Content(text=str(about.get("text") or ""), pieces=(basket,))
    if kind == "button" and about:
        return Content(text=str(about.get("text") or ""), choice=str(about.get("payload") or ""))
    if kind == "interactive" and (answer := _tapped(about)):
        return answer
    return _unknown(kind, message)


def _tapped(about: dict[str, Any]) -> Content | None:
    for name in ("button_reply", "list_reply"):
        if reply := part(about, name):
            return Content(text=str(reply.get("title") or ""), choice=str(reply.get("id") or ""))
    if form := part(about, "nfm_reply"):
        try:
            told = msgspec.json.decode(str(form.get("response_json") or "{}"))
        except msgspec.DecodeError:
            told = {}
        answers = told if isinstance(told, dict) else {}
        lines = [f"{name}: {value}" for name, value in answers.items() if name != "flow_token"]
        return Content(text="\n".join([str(form.get("body") or ""), *lines]).strip(), details={"form": answers})
    return None


def _unknown(kind: str, message: dict[str, Any]) -> Content:
    errors = [described(each) for each in message.get("errors") or () if isinstance(each, dict)]
    real = str(part(message, "unsupported").get("type") or "")
    if kind in ("unsupported", "unknown", "interactive"):
        words = Text(N_("WhatsApp does not hand over messages of this kind; ask for it in another form. ({reason})"))
        reason = "; ".join([each for each in (real, *errors) if each]) or kind
        return Content(notices=(Text(words.template, {"reason": reason}),))
    about = part(message, kind)
    words = Text(N_("A kind of message that is not known here yet: {kind}. The original is kept."), {"kind": kind})
    spoken = (about.get(name) for name in ("body", "text", "caption"))
    return Content(text=next((each for each in spoken if isinstance(each, str)), ""), notices=(words,))
