"""Dialling lists: made, changed, started and stopped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from polydesk import db
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk.queues.service import Queue
from polydesk.staff.access import Viewer
from polydesk_voice.lists.settings import ListSettings, read

RIGHT = "voice.lists"
State = Literal["draft", "running", "paused", "done"]


class DialList(msgspec.Struct, frozen=True, kw_only=True):
    """A list as it stands; `counts` are of its people by state."""

    id: int
    client: int
    market: int | None
    account: int
    queue: int
    name: str
    state: State
    settings: ListSettings
    person: int
    made_at: datetime
    counts: dict[str, int] = {}

    @property
    def total(self) -> int:
        """Everybody on it."""
        return sum(self.counts.values())


async def listing(viewer: Viewer) -> list[DialList]:
    """Those the viewer keeps, and the running ones whose queue they work in; the latest first."""
    rows = await db.fetch(f"SELECT l.* FROM voice_list l WHERE {viewer.bound('l')} ORDER BY l.id DESC LIMIT 500")
    mine = {queue.id for queue in await queues.list_queues(viewer) if _works_in(viewer, queue)}
    rows = [
        row
        for row in rows
        if viewer.can(RIGHT, row["client"], row["market"]) or (row["queue"] in mine and row["state"] == "running")
    ]
    counted = await db.fetch(
        "SELECT list, state, COUNT(*) AS n FROM voice_list_entry WHERE list IN {} GROUP BY list, state",
        tuple(row["id"] for row in rows),
    )
    counts: dict[int, dict[str, int]] = {}
    for row in counted:
        counts.setdefault(row["list"], {})[row["state"]] = int(row["n"])
    return [_list({**row, "counts": counts.get(row["id"], {})}) for row in rows]


async def get(viewer: Viewer, number: int) -> DialList:
    """One that the viewer keeps or works on, or `NotFound`."""
    rows = await db.fetch(f"SELECT l.* FROM voice_list l WHERE l.id = {{}} AND ({viewer.bound('l')})", number)
    if not rows:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    counted = await db.fetch("SELECT state, COUNT(*) AS n FROM voice_list_entry WHERE list = {} GROUP BY state", number)
    found = _list({**rows[0], "counts": {row["state"]: int(row["n"]) for row in counted}})
    if not viewer.can(RIGHT, found.client, found.market) and not await works_on(viewer, found):
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return found


async def kept(viewer: Viewer, number: int) -> DialList:
    """One that the viewer may change."""
    found = await get(viewer, number)
    viewer.require(RIGHT, found.client, found.market)
    return found


async def works_on(viewer: Viewer, it: DialList) -> bool:
    """Does the viewer work in its queue?"""
    return any(queue.id == it.queue and _works_in(viewer, queue) for queue in await queues.list_queues(viewer))


async def save(
    viewer: Viewer, *, name: str, account: int, queue: int, settings: ListSettings, number: int | None = None
) -> int:
    """A new list, or a changed one; its id. It belongs to the place of its queue."""
    before = await kept(viewer, number) if number is not None else None
    place = await queues.get_queue(viewer, queue)
    viewer.require(RIGHT, place.client, place.market)
    line = await db.fetch("SELECT client FROM pd_account WHERE id = {} AND channel = 'voice'", account)
    if not line or line[0]["client"] != place.client:
        raise Invalid({"account": _("Choose a line of the same client.")})
    if before is not None and before.client != place.client:
        raise Invalid({"queue": _("Choose a queue of the same client.")})
    if not name.strip():
        raise Invalid({"name": _("Enter a name.")})
    if not settings.results:
        raise Invalid({"results": _("Name at least one result.")})
    values = (place.market, account, queue, db.clean(name.strip())[:200], msgspec.json.encode(settings).decode())
    if before is not None:
        await db.fetch(
            "UPDATE voice_list SET market = {}, account = {}, queue = {}, name = {}, settings = {} WHERE id = {}",
            *values,
            before.id,
        )
        return before.id
    rows = await db.fetch(
        "INSERT INTO voice_list (market, account, queue, name, settings, client, state, person, made_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, 'draft', {}, {}) RETURNING id",
        *values,
        place.client,
        viewer.id,
        datetime.now(UTC),
    )
    return int(rows[0]["id"])


async def set_state(viewer: Viewer, number: int, state: State) -> None:
    """Start it, or let it rest. Calls that are being made go on."""
    it = await kept(viewer, number)
    if state == "running" and not it.total:
        raise Invalid(message=_("There is nobody on the list yet."))
    async with db.transaction():
        await db.fetch("UPDATE voice_list SET state = {} WHERE id = {}", state, number)
        if state != "running":
            await db.fetch(
                "UPDATE voice_list_entry SET held_by = NULL, held_until = NULL WHERE list = {} AND held_by IS NOT NULL",
                number,
            )


def _works_in(viewer: Viewer, queue: Queue) -> bool:
    return (not queue.members or viewer.id in queue.members) and viewer.can("voice.talk", queue.client, queue.market)


def _list(row: dict[str, object]) -> DialList:
    return msgspec.convert({**row, "settings": read(str(row["settings"]))}, DialList)
