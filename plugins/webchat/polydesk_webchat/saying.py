"""What a visitor says: kept for them, and put through the desk's door, in one transaction and once."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from polydesk import db, storage
from polydesk.i18n import _
from polydesk.inbound import service as inbound
from polydesk.types import Account, Arrival
from polydesk_webchat import limits, messages, visitors
from polydesk_webchat.identity import Identity
from polydesk_webchat.limits import TooMuch
from polydesk_webchat.visitors import Visitor

_ONCE = re.compile(r"[\w-]{8,64}", re.ASCII)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it comes from a browser. `once` is made there: the same one counts once."""

    once: str
    text: str = ""
    choice: str = ""
    invitation: str = ""
    away: bool = False
    files: tuple[tuple[str, str, bytes], ...] = ()


class Raw(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The same as it waits at the door."""

    id: str
    visitor: str
    text: str = ""
    choice: str = ""
    invitation: str = ""
    away: bool = False
    files: tuple[tuple[str, str, int, str], ...] = ()
    name: str = ""
    email: str = ""
    proven: Identity | None = None
    language: str = ""
    page: str = ""
    title: str = ""
    sent_at: datetime
    seen: str = ""


async def say(account: Account, visitor: Visitor, said: Said, address: str) -> str:
    """Keep what was said; its external id. Raises `TooMuch`."""
    if not _ONCE.fullmatch(said.once):
        raise TooMuch(_("Please load this page again."), status=422)
    text = said.text.replace("\r\n", "\n").strip()
    if not text and not said.files:
        raise TooMuch(_("Write something first."), status=422)
    if len(text) > limits.LONGEST_TEXT:
        raise TooMuch(_("Use at most %(count)s characters.", count=limits.LONGEST_TEXT), status=422)
    external_id = f"m:{visitor.handle}:{said.once}"
    if await db.fetch("SELECT id FROM webchat_message WHERE external_id = {}", external_id):
        return external_id
    await limits.message(account, visitor, address)
    if said.files:
        await limits.files(
            visitor, [len(data) for _n, _t, data in said.files], account.settings.largest_file * 1_000_000
        )
    files = [(name, kind, len(data), await storage.put(data)) for name, kind, data in said.files]
    raw = msgspec.json.encode(
        Raw(
            id=external_id,
            visitor=visitor.handle,
            text=text,
            choice=said.choice,
            invitation=said.invitation[:300],
            away=said.away,
            files=tuple(files),
            name=visitor.name,
            email=visitor.email,
            proven=visitor.proven,
            language=visitor.language,
            page=visitor.page,
            title=visitor.title,
            sent_at=datetime.now(UTC),
        )
    )
    async with db.transaction():
        if await messages.add(visitor, external_id, mine=True, text=text, files=files):
            await inbound.accept(account, [Arrival(external_id=external_id, raw=raw)])
    return external_id


async def saw(account: Account, visitor: Visitor, until: int) -> None:
    """The visitor has read the desk's messages up to a number; each becomes news for the desk."""
    now = datetime.now(UTC)
    rows = await db.fetch(
        "SELECT external_id FROM webchat_message WHERE visitor = {} AND direction = 'out' AND seen_at IS NULL "
        "AND id <= {} ORDER BY id",
        visitor.id,
        until,
    )
    if not rows:
        return
    arrivals = [
        Arrival(
            external_id=f"s:{row['external_id']}:read",
            raw=msgspec.json.encode(
                Raw(id=f"s:{row['external_id']}:read", visitor=visitor.handle, seen=row["external_id"], sent_at=now)
            ),
        )
        for row in rows
    ]
    async with db.transaction():
        await db.fetch(
            "UPDATE webchat_message SET seen_at = {} WHERE visitor = {} AND direction = 'out' AND seen_at IS NULL "
            "AND id <= {}",
            now,
            visitor.id,
            until,
        )
        await inbound.accept(account, arrivals)
    await visitors.arrived(visitor)
