"""Recordings put together to be heard by a team: named, ordered, each with a word on why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from polydesk import db
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk_voice.recordings import finding, hearing
from polydesk_voice.recordings.finding import Found

MOST = 200


class Playlist(msgspec.Struct, frozen=True, kw_only=True):
    """As it stands in a list."""

    id: int
    client: int
    market: int | None
    name: str
    person: int
    made_at: datetime
    count: int = 0
    seconds: int = 0
    by: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A recording in it; `found` is None when the viewer may not hear it."""

    id: int
    recording: int
    remark: str
    found: Found | None = None


_SELECT = (
    "SELECT l.*, COALESCE(p.name, '') AS by, COUNT(r.id) AS count, COALESCE(SUM(r.seconds), 0) AS seconds "
    "FROM voice_playlist l LEFT JOIN pd_person p ON p.id = l.person "
    "LEFT JOIN voice_playlist_entry e ON e.playlist = l.id LEFT JOIN voice_recording r ON r.id = e.recording "
)
_GROUP = " GROUP BY l.id, p.name ORDER BY l.id DESC"


async def listing(viewer: Viewer) -> list[Playlist]:
    """Those of the places where the viewer may listen, the latest first."""
    rows = await db.fetch(f"{_SELECT}WHERE {viewer.bound('l')}{_GROUP} LIMIT 500")
    found = [msgspec.convert(row, Playlist) for row in rows]
    return [each for each in found if viewer.can(hearing.LISTEN, each.client, each.market)]


async def get(viewer: Viewer, playlist: int) -> Playlist:
    """One, or `NotFound`."""
    rows = await db.fetch(f"{_SELECT}WHERE l.id = {{}} AND ({viewer.bound('l')}){_GROUP}", playlist)
    if not rows:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    found = msgspec.convert(rows[0], Playlist)
    viewer.require(hearing.LISTEN, found.client, found.market)
    return found


async def entries(viewer: Viewer, playlist: int) -> list[Entry]:
    """In order."""
    rows = await db.fetch(
        "SELECT id, recording, remark FROM voice_playlist_entry WHERE playlist = {} ORDER BY position, id", playlist
    )
    found = await finding.by_ids(viewer, [row["recording"] for row in rows]) if rows else {}
    return [Entry(**row, found=found.get(row["recording"])) for row in rows]


async def make(viewer: Viewer, client: int, market: int | None, name: str) -> int:
    """A new one; its id."""
    viewer.require(hearing.LISTEN, client, market)
    if not name.strip():
        raise Invalid({"name": _("Enter a name.")})
    rows = await db.fetch(
        "INSERT INTO voice_playlist (client, market, name, person, made_at) VALUES ({}, {}, {}, {}, {}) RETURNING id",
        client,
        market,
        db.clean(name.strip())[:200],
        viewer.id,
        datetime.now(UTC),
    )
    return int(rows[0]["id"])


async def add(viewer: Viewer, playlist: int, recordings: Sequence[int]) -> int:
    """Put recordings at its end, each once; how many were new. Only of its own client, and only what one may hear."""
    it = await get(viewer, playlist)
    wanted = await finding.by_ids(viewer, list(recordings)[:MOST])
    added = 0
    async with db.transaction():
        await db.lock(f"voice:playlist:{it.id}")
        rows = await db.fetch("SELECT recording, position FROM voice_playlist_entry WHERE playlist = {}", it.id)
        known, last = {row["recording"] for row in rows}, max((row["position"] for row in rows), default=0)
        for recording in recordings:
            found = wanted.get(recording)
            if found is None or found.client != it.client or recording in known or len(known) >= MOST:
                continue
            added, last = added + 1, last + 1
            known.add(recording)
            await db.fetch(
                "INSERT INTO voice_playlist_entry (playlist, recording, position, remark) VALUES ({}, {}, {}, '')",
                it.id,
                recording,
                last,
            )
    return added


async def remark(viewer: Viewer, playlist: int, entry: int, words: str) -> None:
    """Say why it is there."""
    await get(viewer, playlist)
    await db.fetch(
        "UPDATE voice_playlist_entry SET remark = {} WHERE id = {} AND playlist = {}",
        db.clean(words.strip())[:500],
        entry,
        playlist,
    )


async def move(viewer: Viewer, playlist: int, entry: int, by: int) -> None:
    """One place up (-1) or down (1)."""
    await get(viewer, playlist)
    async with db.transaction():
        await db.lock(f"voice:playlist:{playlist}")
        rows = await db.fetch("SELECT id FROM voice_playlist_entry WHERE playlist = {} ORDER BY position, id", playlist)
        order = [row["id"] for row in rows]
        if entry not in order:
            raise NotFound()
        at = order.index(entry)
        order.insert(min(len(order), max(0, at + by)), order.pop(at))
        for position, id in enumerate(order, 1):
            await db.fetch("UPDATE voice_playlist_entry SET position = {} WHERE id = {}", position, id)


async def take_out(viewer: Viewer, playlist: int, entry: int) -> None:
    """Remove one entry."""
    await get(viewer, playlist)
    await db.fetch("DELETE FROM voice_playlist_entry WHERE id = {} AND playlist = {}", entry, playlist)


async def remove(viewer: Viewer, playlist: int) -> None:
    """Remove the playlist; the recordings stay."""
    await get(viewer, playlist)
    async with db.transaction():
        await db.fetch("DELETE FROM voice_playlist_entry WHERE playlist = {}", playlist)
        await db.fetch("DELETE FROM voice_playlist WHERE id = {}", playlist)
