"""Who is on the other side: a browser that holds a token, perhaps a person the site vouches for."""

from __future__ import annotations

import hashlib
import re
import secrets as random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from polydesk import db, live
from polydesk.types import Account, Handle
from polydesk_webchat.identity import Identity

KIND = "webchat"
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
GONE_AFTER = timedelta(seconds=75)
_A_NEW_VISIT = timedelta(minutes=30)


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `webchat_visitor`; `handle` is the value of their handle."""

    id: int
    client: int
    account: int
    handle: str
    person: str
    proven: Identity | None
    name: str
    email: str
    language: str
    browser: str
    page: str
    title: str
    conversation: int | None
    agent: str
    visits: int
    blocked: bool
    created_at: datetime
    arrived_at: datetime
    seen_at: datetime
    left_at: datetime | None

    @property
    def here(self) -> bool:
        """Is the chat open in front of them, as far as can be known?"""
        return self.left_at is None and datetime.now(UTC) - self.seen_at < GONE_AFTER

    @property
    def reachable(self) -> str:
        """Where a mail would reach them."""
        return (self.proven.email if self.proven else "") or self.email

    @property
    def called(self) -> str:
        """Their name, as far as it is known."""
        return (self.proven.name if self.proven else "") or self.name


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser says of itself; nothing of it is proven."""

    name: str = ""
    email: str = ""
    language: str = ""
    browser: str = ""
    page: str = ""
    title: str = ""
    address: str = ""


class OtherPerson(Exception):
    """This token is somebody else's than whom the site vouches for."""


def new_token() -> str:
    """For a browser without a script of its own."""
    return random.token_urlsafe(32)


async def by_token(account: Account, token: str) -> Visitor | None:
    """Whose token it is."""
    if not TOKEN.fullmatch(token):
        return None
    return await _one(
        "v.account = {} AND v.id = (SELECT visitor FROM webchat_token WHERE digest = {})",
        account.id,
        _digest(account, token),
    )


async def has_person(account: Account, person: str) -> bool:
    """Has somebody the site calls so written here before?"""
    return await _one("v.account = {} AND v.person = {}", account.id, person) is not None


async def by_handle(account: int, handle: str) -> Visitor | None:
    """The visitor of a handle."""
    return await _one("v.account = {} AND v.handle = {}", account, handle)


async def by_id(visitor: int) -> Visitor | None:
    """The visitor of a number."""
    return await _one("v.id = {}", visitor)


async def of_handles(client: int, handles: Iterable[Handle]) -> list[Visitor]:
    """The visitors that a contact is, the latest first."""
    wanted = [each.value for each in handles if each.kind == KIND]
    rows = await db.fetch(
        "SELECT * FROM webchat_visitor v WHERE v.client = {} AND v.handle IN {} ORDER BY v.seen_at DESC", client, wanted
    )
    return [_visitor(row) for row in rows]


async def admit(account: Account, token: str, told: Told, identity: Identity | None) -> Visitor:
    """The visitor of a token, made at first sight. Raises `OtherPerson`."""
    async with db.transaction():
        await db.lock(f"webchat:{_digest(account, token)}", f"webchat:{account.id}:{identity.sub if identity else ''}")
        known = await by_token(account, token)
        person = identity and await _one("v.account = {} AND v.person = {}", account.id, identity.sub)
        if known is not None:
            return await _bind(known, person or None, identity) if identity else known
        visitor = person or await _make(account, told)
        await db.fetch(
            "INSERT INTO webchat_token (visitor, digest) VALUES ({}, {})", visitor.id, _digest(account, token)
        )
        return await _bind(visitor, person or None, identity) if identity else visitor


async def _bind(visitor: Visitor, person: Visitor | None, identity: Identity) -> Visitor:
    if visitor.person not in ("", identity.sub) or (person is not None and person.id != visitor.id):
        raise OtherPerson()
    # Whoever wrote here yesterday without signing in may be somebody else at the same computer.
    if not visitor.person and datetime.now(UTC) - visitor.seen_at > _A_NEW_VISIT:
        raise OtherPerson()
    if visitor.proven != identity:
        await db.fetch(
            "UPDATE webchat_visitor SET person = {}, proven = {} WHERE id = {}",
            identity.sub,
            db.clean(msgspec.json.encode(identity).decode()),
            visitor.id,
        )
    return msgspec.structs.replace(visitor, person=identity.sub, proven=identity)


async def _make(account: Account, told: Told) -> Visitor:
    now = datetime.now(UTC)
    rows = await db.fetch(
        "INSERT INTO webchat_visitor (client, account, handle, person, proven, name, email, language, browser, page, "
        "title, address, agent, visits, blocked, created_at, arrived_at, seen_at) "
        "VALUES ({}, {}, {}, '', 'null', {}, {}, {}, {}, {}, {}, {}, '', 1, {}, {}, {}, {}) RETURNING *",
        account.client,
        account.id,
        f"visitor-{random.token_hex(6)}",
        db.clean(told.name)[:200],
        db.clean(told.email)[:300],
        told.language[:20],
        db.clean(told.browser)[:100],
        db.clean(told.page)[:1000],
        db.clean(told.title)[:300],
        told.address,
        False,
        now,
        now,
        now,
    )
    return _visitor(rows[0])


async def told(visitor: Visitor, news: Told) -> None:
    """Keep what their browser says now; what it leaves out stays."""
    given = {name: value for name in ("name", "email", "page", "title", "language") if (value := getattr(news, name))}
    changed = {name: value for name, value in given.items() if value != getattr(visitor, name)}
    if not changed:
        return
    limits = {"name": 200, "email": 300, "page": 1000, "title": 300, "language": 20}
    columns = ", ".join(f"{name} = {{}}" for name in changed)
    values = [db.clean(value)[: limits[name]] for name, value in changed.items()]
    await db.fetch(f"UPDATE webchat_visitor SET {columns} WHERE id = {{}}", *values, visitor.id)
    signal_desk(visitor)


async def arrived(visitor: Visitor) -> None:
    """The chat is open before them; after a while away it is another visit."""
    now = datetime.now(UTC)
    again = now - visitor.seen_at > _A_NEW_VISIT
    await db.fetch(
        "UPDATE webchat_visitor SET seen_at = {}, left_at = {}, visits = {}, arrived_at = {} WHERE id = {}",
        now,
        None,
        visitor.visits + again,
        now if again else visitor.arrived_at,
        visitor.id,
    )
    if not visitor.here:
        signal_desk(visitor)


async def still_here(visitors: list[int]) -> None:
    """They are looking at the chat."""
    await db.fetch("UPDATE webchat_visitor SET seen_at = {} WHERE id IN {}", datetime.now(UTC), visitors)


async def left(visitors: list[int]) -> None:
    """Their chats were closed."""
    rows = await db.fetch(
        "UPDATE webchat_visitor SET left_at = {} WHERE id IN {} RETURNING *", datetime.now(UTC), visitors
    )
    for row in rows:
        signal_desk(_visitor(row))


async def block(visitor: int, blocked: bool) -> None:
    """Take nothing more from a visitor, or do again."""
    await db.fetch("UPDATE webchat_visitor SET blocked = {} WHERE id = {}", blocked, visitor)


def signal_desk(visitor: Visitor) -> None:
    """Let agents who look at the conversation look again."""
    if visitor.conversation is not None:
        live.signal(visitor.client, "conversation", visitor.conversation)


async def _one(condition: str, *values: Any) -> Visitor | None:
    rows = await db.fetch(f"SELECT * FROM webchat_visitor v WHERE {condition}", *values)
    return _visitor(rows[0]) if rows else None


def _visitor(row: dict[str, Any]) -> Visitor:
    known = {name: row[name] for name in Visitor.__struct_fields__}
    proven = msgspec.json.decode(row["proven"], type=Identity | None)
    return Visitor(**{**known, "blocked": bool(row["blocked"]), "proven": proven})


def _digest(account: Account, token: str) -> str:
    return hashlib.sha256(f"{account.id}\0{token}".encode()).hexdigest()
