"""By which addresses WhatsApp knows somebody: a number, a business-scoped id, a name; any of them may be missing."""

from __future__ import annotations

import re
from typing import Any

from polydesk import Unreadable
from polydesk.i18n import N_
from polydesk.types import Handle, Text

PHONE, SCOPED, NAMED = "phone", "whatsapp", "whatsapp_name"
_DIGITS = re.compile(r"\d{5,17}")


def phone(value: Any) -> str:
    """E.164 of a `wa_id`; "" when it is none."""
    digits = str(value or "").strip().removeprefix("+")
    return f"+{digits}" if _DIGITS.fullmatch(digits) else ""


def of(message: dict[str, Any], contact: dict[str, Any], number: str = "from") -> tuple[Handle, ...]:
    """Every address of whoever a message is from, the best first. Raise `Unreadable` when nobody is named."""
    profile = contact.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    name = str(profile.get("name") or profile.get("username") or "")
    found = []
    if value := phone(message.get(number) or contact.get("wa_id")):
        found.append(Handle(PHONE, value, name))
    if value := str(message.get(f"{number}_user_id") or contact.get("user_id") or ""):
        found.append(Handle(SCOPED, value[:300], name))
    if value := str(profile.get("username") or "").lstrip("@").lower():
        found.append(Handle(NAMED, value[:300], name))
    if not found:
        raise Unreadable(Text(N_("It does not say who sent it.")))
    return tuple(found)
