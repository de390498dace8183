"""Whom a reply goes to: whoever wrote last, and those they copied, but never ourselves."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import db
from polydesk.channels import service as channels
from polydesk.types import Handle


async def reply_addresses(row: dict[str, Any]) -> tuple[tuple[Handle, ...], tuple[Handle, ...]]:
    """To and copies for a reply in this conversation's stored row.

    From the last message that came in by the conversation's channel; without one, from the last that went out; without
    either, the contact's own handle.
    """
    last = await db.fetch(
        "SELECT direction, data FROM pd_item WHERE conversation = {} AND kind = 'message' "
        "ORDER BY direction ASC, id DESC LIMIT 1",
        row["id"],
    )
    if not last:
        return await _own_handle(row), ()
    data = msgspec.json.decode(last[0]["data"])
    ours = await channels.own_addresses(row["client"], row["channel"])

    def handles(name: str) -> list[Handle]:
        return [each for each in msgspec.convert(data.get(name, ()), list[Handle]) if each.value.lower() not in ours]

    if last[0]["direction"] == "out":
        return tuple(handles("to")), tuple(handles("copied"))
    answer = [msgspec.convert(each, Handle) for each in (data.get("answer_to"), data.get("sender")) if each]
    to = next((each for each in answer if each.value and each.value.lower() not in ours), None)
    if to is None:
        return await _own_handle(row), ()
    copied = {each.value.lower(): each for each in (*handles("to"), *handles("copied"))}
    copied.pop(to.value.lower(), None)
    return (to,), tuple(copied.values())


async def _own_handle(row: dict[str, Any]) -> tuple[Handle, ...]:
    found = channels.find_channel(row["channel"])
    if found is None:
        return ()
    rows = await db.fetch(
        "SELECT kind, value, name FROM pd_identity WHERE contact = {} AND kind = {} ORDER BY id DESC LIMIT 1",
        row["contact"],
        found[1].handle_kind,
    )
    return tuple(Handle(each["kind"], each["value"], each["name"]) for each in rows)
