"""Keep what would have left the house, and show it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from polydesk import db, live
from polydesk.errors import NotFound
from polydesk.i18n import _
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.types import Scope

PAGE = 50


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that did not leave."""

    id: int
    client: int
    market: int | None
    channel: str
    conversation: int | None
    recipient: str
    subject: str
    text: str
    data: dict[str, Any]
    at: datetime


async def keep(
    scope: Scope,
    channel: str,
    key: str,
    *,
    recipient: str = "",
    subject: str = "",
    text: str = "",
    conversation: int | None = None,
    data: dict[str, Any] | None = None,
) -> bool:
    """Keep one thing a client in the sandbox would have sent, dialled or done; False when `key` is kept already.

    For plugins that reach outside by other ways than `Channel.send`: ask `scopes.service.sandboxed` first.
    """
    assert scope.client is not None
    rows = await db.fetch(
        "INSERT INTO pd_sandbox_letter (client, market, channel, conversation, key, recipient, subject, text, data) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (key) DO NOTHING RETURNING id",
        scope.client,
        scope.market,
        channel,
        conversation,
        key[:120],
        db.clean(recipient)[:400],
        db.clean(subject),
        db.clean(text),
        db.clean(msgspec.json.encode(data or {}).decode()),
    )
    live.signal(scope.client, "sandbox")
    return bool(rows)


async def letters(viewer: Viewer, client: int, before: int = 0) -> list[Letter]:
    """A client's outbox as far as the viewer sees it, the newest first, one page below the letter `before`."""
    if client not in viewer.clients:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    older = f"AND s.id < {before:d}" if before else ""
    rows = await db.fetch(
        f"SELECT s.* FROM pd_sandbox_letter s WHERE {viewer.bound_client('s', client)} {older} "
        "ORDER BY s.id DESC LIMIT {}",
        PAGE,
    )
    return [_letter(row) for row in rows]


async def sandboxes(viewer: Viewer) -> list[scopes.Client]:
    """The viewer's clients from which nothing leaves."""
    return [client for client in await scopes.list_clients(viewer.clients) if client.sandbox]


async def empty(viewer: Viewer, client: int) -> None:
    """Throw a client's outbox away."""
    viewer.require("market.manage", client)
    await db.fetch("DELETE FROM pd_sandbox_letter WHERE client = {}", client)
    live.signal(client, "sandbox")


def _letter(row: dict[str, Any]) -> Letter:
    return Letter(
        id=row["id"],
        client=row["client"],
        market=row["market"],
        channel=row["channel"],
        conversation=row["conversation"],
        recipient=row["recipient"],
        subject=row["subject"],
        text=row["text"],
        data=msgspec.json.decode(row["data"]),
        at=row["at"],
    )
