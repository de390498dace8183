"""When somebody's addresses change: a new number, a new business-scoped id."""

from __future__ import annotations

from typing import Any

from polydesk.types import Handle, HandlesChanged, Nothing
from polydesk_whatsapp import handles


def system(message: dict[str, Any]) -> HandlesChanged | Nothing:
    """A system message: WhatsApp itself says what a person did."""
    told = message.get("system")
    told = told if isinstance(told, dict) else {}
    old = handles.phone(told.get("customer") or message.get("from"))
    old_id = str(message.get("from_user_id") or "")
    now = []
    if number := handles.phone(told.get("wa_id") or told.get("new_wa_id")):
        now.append(Handle(handles.PHONE, number))
    if scoped := str(told.get("user_id") or ""):
        now.append(Handle(handles.SCOPED, scoped))
    known = Handle(handles.PHONE, old) if old else Handle(handles.SCOPED, old_id)
    now = [each for each in now if each != known]
    if "changed" in str(told.get("type")) and known.value and now:
        return HandlesChanged(known=known, now=tuple(now))
    return Nothing(reason=str(told.get("body") or told.get("type") or "a system message"))


def new_id(value: Any) -> HandlesChanged | Nothing:
    """The field `user_id_update`: the business-scoped id became another one."""
    told = value.get("user_id_update") if isinstance(value, dict) else None
    for each in told if isinstance(told, list) else ():
        ids = each.get("user_id") if isinstance(each, dict) else None
        if not isinstance(ids, dict) or not ids.get("current"):
            continue
        number = handles.phone(each.get("wa_id"))
        known = Handle(handles.SCOPED, str(ids["previous"])) if ids.get("previous") else Handle(handles.PHONE, number)
        now = [Handle(handles.SCOPED, str(ids["current"]))]
        if number and known.kind != handles.PHONE:
            now.append(Handle(handles.PHONE, number))
        if known.value:
            return HandlesChanged(known=known, now=tuple(now))
    return Nothing(reason="user_id_update without ids")
