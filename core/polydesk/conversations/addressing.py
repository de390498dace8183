"""Whom a reply goes to: whoever wrote last, and those they copied, but never ourselves."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import db
from polydesk.channels import service as channels
from polydesk.types import Handle

_LOOK_BACK = 30


async def reply_addresses(row: dict[str, Any]) -> tuple[tuple[Handle, ...], tuple[Handle, ...]]:
    """To and copies for a reply in this conversation's stored row.

    From the last message that came in by the conversation's channel; without one, from the last that went out; without
    either, the contact's own handle.
    """
    found = await db.fetch(
        "SELECT direction, data FROM pd_item WHERE conversation = {} AND kind = 'message' "
        f"ORDER BY direction ASC, id DESC LIMIT {_LOOK_BACK}",
        row["id"],
    )
    # A conversation may have changed channel: what came by another says nothing about addresses on this one.
    decoded = ((each["direction"], msgspec.json.decode(each["data"])) for each in found)
    last = next((each for each in decoded if each[1].get("channel") == row["channel"]), None)
    if last is None:
        return await _own_handle(row), ()
    direction, data = last
    ours = await channels.own_addresses(row["client"], row["channel"])

    def handles(name: str) -> list[Handle]:
        return [each for each in msgspec.convert(data.get(name, ()), list[Handle]) if each.value.lower() not in ours]

    if direction == "out":
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
    kinds = found[1].handle_kinds
    holes = ", ".join(["{}"] * len(kinds))
    rows = await db.fetch(
        f"SELECT kind, value, name FROM pd_identity WHERE contact = {{}} AND kind IN ({holes}) ORDER BY id DESC",
        row["contact"],
        *kinds,
    )
    rows.sort(key=lambda each: kinds.index(each["kind"]))
    return tuple(Handle(each["kind"], each["value"], each["name"]) for each in rows[:1])
