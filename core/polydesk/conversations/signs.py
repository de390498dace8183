"""Passing signs to whoever waits: an agent types, or has read. They may be lost, and nobody waits for them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, Literal

from polydesk import db, live
from polydesk.channels import service as channels
from polydesk.conversations.addressing import reply_addresses
from polydesk.conversations.views import Opened
from polydesk.scopes import service as scopes
from polydesk.types import Scope, Sign

_SECONDS = 5.0
_running: set[asyncio.Task[None]] = set()
_seen: dict[int, int] = {}
_MOST_REMEMBERED = 10_000


def typing(conversation: int, author: str) -> None:
    """An agent is writing a reply."""
    _soon(_sign(conversation, "typing", author))


def seen(opened: Opened) -> None:
    """Somebody who may answer has the conversation in front of them: the contact's service may show it as read."""
    last = next((entry.id for entry in reversed(opened.entries) if entry.direction == "in"), 0)
    number = opened.conversation.id
    if not opened.composer.capabilities.seen or not last or _seen.get(number, 0) >= last:
        return
    if len(_seen) > _MOST_REMEMBERED:
        _seen.clear()
    _seen[number] = last
    _soon(_sign(number, "seen", ""))


def _forget(_signal: live.Signal) -> None:
    _seen.clear()


live.on("resync", _forget)


def _soon(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_running.discard)


async def _sign(conversation: int, kind: Literal["typing", "seen"], author: str) -> None:
    with contextlib.suppress(Exception):
        async with asyncio.timeout(_SECONDS):
            await _pass_on(conversation, kind, author)


async def _pass_on(conversation: int, kind: Literal["typing", "seen"], author: str) -> None:
    row = (await db.fetch("SELECT * FROM pd_conversation WHERE id = {}", conversation))[0]
    found = channels.find_channel(row["channel"], Scope(row["client"], row["market"]))
    if found is None or not getattr(found[1].capabilities, kind) or await scopes.sandboxed(row["client"]):
        return
    to, _copied = await reply_addresses(row)
    account = await channels.load(row["account"])
    last = await db.fetch(
        "SELECT last_external_id FROM pd_reach WHERE conversation = {} AND account = {} ORDER BY last_in_at DESC "
        "LIMIT 1",
        conversation,
        account.id,
    )
    for each in to[:1]:
        await found[1].sign(
            Sign(
                kind=kind,
                conversation=conversation,
                to=each,
                external_id=last[0]["last_external_id"] if last else "",
                author=author,
            ),
            account,
        )
