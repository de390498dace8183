"""Who may hear which recordings, and who did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from polydesk import db
from polydesk.errors import Forbidden, NotFound
from polydesk.i18n import _
from polydesk.staff.access import Viewer, roles_with

LISTEN, MANAGE = "voice.listen", "voice.recordings.manage"
# A browser asks for a sound again and again while it plays.
_SAME = timedelta(minutes=5)


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """One time somebody listened."""

    person: int
    name: str
    at: datetime
    playlist: str = ""


def bound(viewer: Viewer, client: int, alias: str) -> str:
    """An SQL condition on recordings of a client: those of the viewer's markets, all where they may listen, else their
    own calls. Made of numbers only."""
    theirs = f"({viewer.bound_client(alias, client)})"
    places = [place for place in viewer.reach if place.client == client and place.role in roles_with(LISTEN)]
    if viewer.is_owner or any(place.market is None for place in places):
        return theirs
    own = f"{alias}.person = {viewer.id:d}"
    if not places:
        return f"({theirs} AND {own})"
    markets = ", ".join(f"{place.market:d}" for place in places if place.market is not None)
    return f"({theirs} AND ({own} OR {alias}.market IN ({markets})))"


async def find(viewer: Viewer, recording: int) -> dict[str, Any]:
    """A recording's row, or `NotFound`; `Forbidden` for somebody else's call without the right."""
    rows = await db.fetch(f"SELECT r.* FROM voice_recording r WHERE r.id = {{}} AND ({viewer.bound('r')})", recording)
    if not rows:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    row = rows[0]
    if not viewer.can(LISTEN, row["client"], row["market"]) and not await _took_part(viewer, row):
        raise Forbidden(_("You may listen to your own calls only."))
    return row


async def _took_part(viewer: Viewer, row: dict[str, Any]) -> bool:
    if row["person"] == viewer.id:
        return True
    return bool(
        await db.fetch(
            "SELECT id FROM voice_leg WHERE call = {} AND person = {} AND role = 'agent' AND answered_at IS NOT NULL "
            "LIMIT 1",
            row["call"],
            viewer.id,
        )
    )


async def note(viewer: Viewer, recording: int, playlist: int | None = None) -> None:
    """They listen to it now; several requests of one listening count once."""
    now = datetime.now(UTC)
    async with db.transaction():
        await db.lock(f"voice:listening:{recording}:{viewer.id}")
        lately = await db.fetch(
            "SELECT id FROM voice_listening WHERE recording = {} AND person = {} AND at >= {} LIMIT 1",
            recording,
            viewer.id,
            now - _SAME,
        )
        if not lately:
            await db.fetch(
                "INSERT INTO voice_listening (recording, person, at, playlist) VALUES ({}, {}, {}, {})",
                recording,
                viewer.id,
                now,
                playlist,
            )


async def log(viewer: Viewer, row: dict[str, Any]) -> list[Listening]:
    """Who listened to it, the latest first; for those who manage recordings."""
    viewer.require(MANAGE, row["client"], row["market"])
    rows = await db.fetch(
        "SELECT h.person, p.name, h.at, COALESCE(l.name, '') AS playlist FROM voice_listening h "
        "JOIN pd_person p ON p.id = h.person LEFT JOIN voice_playlist l ON l.id = h.playlist "
        "WHERE h.recording = {} ORDER BY h.at DESC, h.id DESC LIMIT 200",
        row["id"],
    )
    return [msgspec.convert(each, Listening) for each in rows]
