"""Find recordings by filter and text, newest first; indexed, bounded by rights, one page at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from polydesk import db
from polydesk.i18n import kept
from polydesk.staff.access import Viewer
from polydesk_voice.recordings import hearing
from polydesk_voice.recordings.words import matching

PAGE = 50
OUTCOMES = ("answered", "voicemail", "abandoned", "callback", "no_answer", "busy", "failed", "machine")


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for; None and "" look for anything. `least` and `most` are seconds."""

    text: str = ""
    client: int | None = None
    queue: int | None = None
    person: int | None = None
    contact: int | None = None
    topic: str = ""
    tag: str = ""
    outcome: str = ""
    kind: str = ""
    state: str = ""
    least: int | None = None
    most: int | None = None
    since: datetime | None = None
    until: datetime | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list. `reason` is why there is no sound."""

    id: int
    client: int
    market: int | None
    call: int
    conversation: int
    contact: int
    contact_name: str
    number: str
    queue: int | None
    person: int | None
    agent: str
    kind: str
    state: str
    reason: str
    seconds: int
    topic: str
    tags: tuple[str, ...]
    outcome: str
    began_at: datetime

    @property
    def cursor(self) -> str:
        """Where the page after this line goes on."""
        return f"{self.began_at.isoformat()}_{self.id}"


async def search(viewer: Viewer, wanted: Filter, after: str = "") -> tuple[list[Found], str]:
    """A page, and where the next one goes on ("" at the end).

    Each client is asked by itself, so that the index of its recordings in their order answers; then they are merged.
    """
    clients = [each for each in viewer.clients if wanted.client in (None, each)]
    words = matching(wanted.text, db.dialect())
    if wanted.text.strip() and not words:
        return [], ""
    conditions, arguments = _conditions(wanted, words)
    if (place := _place(after)) is not None:
        conditions.append("(r.began_at, r.id) < ({}, {})")
        arguments += place
    rows: list[dict[str, Any]] = []
    for client in clients:
        where = " AND ".join([hearing.bound(viewer, client, "r"), *conditions])
        rows += await db.fetch(_SELECT.replace("WHERE_", where), *arguments)
    rows.sort(key=lambda row: (db.moment(row["began_at"]), row["id"]), reverse=True)
    found = [_found(row) for row in rows[:PAGE]]
    return found, found[-1].cursor if len(rows) > PAGE else ""


async def by_ids(viewer: Viewer, ids: list[int]) -> dict[int, Found]:
    """These, as far as the viewer may hear them."""
    either = " OR ".join(hearing.bound(viewer, client, "r") for client in viewer.clients) or "FALSE"
    rows = await db.fetch(_SELECT.replace("WHERE_", f"({either}) AND r.id IN {{}}").replace(_LIMIT, ""), tuple(ids))
    return {row["id"]: _found(row) for row in rows}


async def one(recording: int) -> Found | None:
    """One that somebody has been let hear already."""
    rows = await db.fetch(_SELECT.replace("WHERE_", "r.id = {}"), recording)
    return _found(rows[0]) if rows else None


_LIMIT = f"LIMIT {PAGE + 1}"
_SELECT = (
    "SELECT f.*, COALESCE(o.name, '') AS contact_name, COALESCE(p.name, '') AS agent, "
    "CASE WHEN c.direction = 'out' THEN c.called ELSE COALESCE(c.caller, '') END AS number FROM ("
    "SELECT r.id, r.client, r.market, r.call, r.conversation, r.contact, r.queue, r.person, r.kind, r.state, r.reason, "
    "r.seconds, r.topic, r.tags, r.outcome, r.began_at FROM voice_recording r WHERE WHERE_ "
    f"ORDER BY r.began_at DESC, r.id DESC {_LIMIT}) f "
    "LEFT JOIN pd_contact o ON o.id = f.contact LEFT JOIN pd_person p ON p.id = f.person "
    "LEFT JOIN voice_call c ON c.id = f.call"
)


def _conditions(wanted: Filter, words: str) -> tuple[list[str], list[Any]]:
    conditions, arguments = [], list[Any]()
    for condition, value in (
        ("r.queue = {}", wanted.queue),
        ("r.person = {}", wanted.person),
        ("r.contact = {}", wanted.contact),
        ("r.topic = {}", wanted.topic or None),
        ("r.outcome = {}", wanted.outcome or None),
        ("r.kind = {}", wanted.kind or None),
        ("r.state = {}", wanted.state or None),
        ("r.seconds >= {}", wanted.least),
        ("r.seconds <= {}", wanted.most),
        ("r.began_at >= {}", wanted.since),
        ("r.began_at < {}", wanted.until),
    ):
        if value is not None:
            conditions.append(condition)
            arguments.append(value)
    if wanted.tag:
        conditions.append("r.tags LIKE {} ESCAPE '!'")
        escaped = wanted.tag.replace("!", "!!").replace("%", "!%").replace("_", "!_")
        arguments.append(f"% {escaped} %")
    if words:
        conditions.append(
            "r.id IN (SELECT rowid FROM voice_recording_words WHERE voice_recording_words MATCH {})"
            if db.dialect() == "sqlite"
            else "r.sought @@ to_tsquery('simple', {})"
        )
        arguments.append(words)
    return conditions, arguments


def _place(cursor: str) -> list[Any] | None:
    moment, _bar, number = cursor.rpartition("_")
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return [found, int(number)] if number.isdecimal() and found.tzinfo is not None else None


def _found(row: dict[str, Any]) -> Found:
    known = {
        name: row[name] for name in Found.__struct_fields__ if name not in ("tags", "reason", "began_at", "number")
    }
    return Found(
        **known,
        tags=tuple(row["tags"].split()),
        reason=kept(row["reason"]),
        began_at=db.moment(row["began_at"]) or datetime.min,
        number=row["number"] or "",
    )
