"""Events that are no messages: reactions, how far people have read, edits, who holds the thread."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from polydesk.types import Account, Nothing, Parsed, Reaction, Revision, SeenUntil
from polydesk_messenger import people

_SIGNS = {"love": "❤️", "smile": "😊", "wow": "😮", "sad": "😢", "angry": "😠", "like": "👍", "dislike": "👎"}


def moment(milliseconds: Any) -> datetime | None:
    """Unix milliseconds; None when they are none."""
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def part(event: dict[str, Any], name: str) -> dict[str, Any]:
    """An object inside an object; {} when it is not one."""
    found = event.get(name)
    return found if isinstance(found, dict) else {}


def read(event: dict[str, Any], account: Account) -> Parsed | None:
    """None for a kind that is not known here."""
    person = str(part(event, "sender").get("id") or "")
    at = moment(event.get("timestamp"))
    if (about := part(event, "reaction")) and person and about.get("mid"):
        sign = "" if about.get("action") == "unreact" else str(about.get("emoji") or _sign(about.get("reaction")))
        return Reaction(sender=people.handle(account, person), to=str(about["mid"]), sign=sign, occurred_at=at)
    if (about := part(event, "message_edit")) and about.get("mid"):
        return Revision(of=str(about["mid"]), text=str(about.get("text") or ""), occurred_at=at)
    if "read" in event and person:
        # Instagram names a message and no mark: then the moment of reading is the mark.
        until = moment(part(event, "read").get("watermark")) or at
        return SeenUntil(by=people.handle(account, person), until=until, state="read") if until else None
    if "delivery" in event and person:
        until = moment(part(event, "delivery").get("watermark"))
        return SeenUntil(by=people.handle(account, person), until=until, state="delivered") if until else None
    if referral := part(event, "referral"):
        source, mark = referral.get("source"), referral.get("ref") or ""
        return Nothing(reason=f"came by a link ({source} {mark}) and wrote nothing")
    for name in ("pass_thread_control", "take_thread_control", "request_thread_control"):
        if name in event:
            owner = part(event, name).get("new_owner_app_id") or part(event, name).get("requested_owner_app_id") or ""
            return Nothing(reason=f"{name} {owner}".strip())
    return Nothing(reason="an opt-in") if "optin" in event else None


def _sign(name: Any) -> str:
    return _SIGNS.get(str(name), str(name or ""))
