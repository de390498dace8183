"""The conversation as its visitor sees it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import db, live, secrets, storage
from polydesk.types import Account, Choice, OutgoingFile, Piece
from polydesk_webchat.visitors import Visitor

SHOWN = 200
LINKS_LAST_DAYS = 2
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


class Extras(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What a message holds beside words and files."""

    choices: tuple[Choice, ...] = ()
    pieces: tuple[Piece, ...] = ()
    quote: str = ""


class SentFile(msgspec.Struct, frozen=True):
    """A file's line; `path` opens it without the visitor's token."""

    name: str
    size: int
    path: str
    picture: bool


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One message, ready to show."""

    id: int
    mine: bool
    author: str
    text: str
    extras: Extras
    files: tuple[SentFile, ...]
    at: datetime
    taken: bool
    seen: bool


async def add(
    visitor: Visitor,
    external_id: str,
    *,
    mine: bool,
    text: str,
    files: list[tuple[str, str, int, str]],
    author: str = "",
    extras: Extras | None = None,
    conversation: int | None = None,
) -> int | None:
    """Keep a message and its files (name, type, size, key); inside a transaction. None when it is known already."""
    rows = await db.fetch(
        "INSERT INTO webchat_message (visitor, account, external_id, direction, conversation, author, text, data, "
        "created_at) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT (external_id) DO NOTHING RETURNING id",
        visitor.id,
        visitor.account,
        external_id,
        "in" if mine else "out",
        conversation,
        db.clean(author)[:200],
        db.clean(text),
        db.clean(msgspec.json.encode(extras or Extras()).decode()),
        datetime.now(UTC),
    )
    if not rows:
        return None
    for name, media_type, size, key in files:
        await db.fetch(
            "INSERT INTO webchat_file (message, visitor, name, media_type, size, storage_key, created_at) "
            "VALUES ({}, {}, {}, {}, {}, {}, {})",
            rows[0]["id"],
            visitor.id,
            db.clean(name)[:300],
            db.clean(media_type)[:200],
            size,
            key,
            datetime.now(UTC),
        )
    return int(rows[0]["id"])


async def stored(files: tuple[OutgoingFile, ...]) -> list[tuple[str, str, int, str]]:
    """Files of ours, put where visitors can fetch them."""
    return [(each.name, each.media_type, len(each.data), await storage.put(each.data)) for each in files]


async def of(account: Account, visitor: Visitor, after: int = 0) -> list[Sent]:
    """Their messages beyond a number, oldest first; the latest of them when there are very many."""
    rows = await db.fetch(
        f"SELECT * FROM webchat_message WHERE visitor = {{}} AND id > {{}} ORDER BY id DESC LIMIT {SHOWN}",
        visitor.id,
        after,
    )
    return await _shown(account, rows[::-1])


async def named(account: Account, visitor: int, external_id: str) -> Sent | None:
    """One message of a visitor's chat."""
    rows = await db.fetch("SELECT * FROM webchat_message WHERE external_id = {} AND visitor = {}", external_id, visitor)
    return (await _shown(account, rows))[0] if rows else None


async def _shown(account: Account, rows: list[dict[str, Any]]) -> list[Sent]:
    files: dict[int, list[SentFile]] = {}
    for each in await db.fetch(
        "SELECT * FROM webchat_file WHERE message IN {} ORDER BY id", [row["id"] for row in rows]
    ):
        path = f"/p/webchat/{account.address}/files/{each['id']}/{link_proof(each['id'])}"
        files.setdefault(each["message"], []).append(
            SentFile(each["name"], each["size"], path, each["media_type"] in PICTURES)
        )
    return [
        Sent(
            id=row["id"],
            mine=row["direction"] == "in",
            author=row["author"],
            text=row["text"],
            extras=msgspec.json.decode(row["data"], type=Extras),
            files=tuple(files.get(row["id"], ())),
            at=row["created_at"],
            taken=row["taken_at"] is not None,
            seen=row["seen_at"] is not None,
        )
        for row in rows
    ]


class Progress(msgspec.Struct, frozen=True):
    """How far what the visitor wrote has come: up to which of their messages."""

    taken: int = 0
    seen: int = 0


async def progress(visitor: Visitor) -> Progress:
    """See `Progress`."""
    rows = await db.fetch(
        "SELECT COALESCE(MAX(CASE WHEN taken_at IS NOT NULL THEN id END), 0) AS taken, "
        "COALESCE(MAX(CASE WHEN seen_at IS NOT NULL THEN id END), 0) AS seen "
        "FROM webchat_message WHERE visitor = {} AND direction = 'in'",
        visitor.id,
    )
    return Progress(int(rows[0]["taken"]), int(rows[0]["seen"]))


async def taken(external_id: str, conversation: int) -> None:
    """The desk has read it: it is part of this conversation."""
    async with db.transaction():
        rows = await db.fetch(
            "UPDATE webchat_message SET taken_at = {}, conversation = {} WHERE external_id = {} AND taken_at IS NULL "
            "RETURNING visitor",
            datetime.now(UTC),
            conversation,
            external_id,
        )
        for row in rows:
            changed = await db.fetch(
                "UPDATE webchat_visitor SET agent = CASE WHEN conversation = {} THEN agent ELSE '' END, "
                "conversation = {} WHERE id = {} RETURNING client",
                conversation,
                conversation,
                row["visitor"],
            )
            live.signal(changed[0]["client"], "webchat", row["visitor"])


async def seen_by_desk(visitor: Visitor, external_id: str) -> None:
    """An agent has read up to a message of theirs."""
    async with db.transaction():
        changed = await db.fetch(
            "UPDATE webchat_message SET seen_at = {} WHERE visitor = {} AND direction = 'in' AND seen_at IS NULL "
            "AND id <= (SELECT id FROM webchat_message WHERE external_id = {} AND visitor = {}) RETURNING id",
            datetime.now(UTC),
            visitor.id,
            external_id,
            visitor.id,
        )
        if changed:
            live.signal(visitor.client, "webchat", visitor.id)


def link_proof(file: int) -> str:
    """What opens a file for some days: pictures and links cannot carry a token."""
    day = int(datetime.now(UTC).timestamp()) // 86400
    return secrets.sign("webchat.file", f"{file}:{day}", 32)


async def file(account: Account, number: int, proof: str) -> tuple[bytes, str, str] | None:
    """The bytes, name and type of a file; None when the link is not good (any more)."""
    if not any(
        secrets.verify("webchat.file", f"{number}:{int(datetime.now(UTC).timestamp()) // 86400 - ago}", proof)
        for ago in range(LINKS_LAST_DAYS)
    ):
        return None
    rows = await db.fetch(
        "SELECT f.* FROM webchat_file f JOIN webchat_message m ON m.id = f.message WHERE f.id = {} AND m.account = {}",
        number,
        account.id,
    )
    if not rows:
        return None
    return await storage.get(rows[0]["storage_key"]), rows[0]["name"], rows[0]["media_type"]
