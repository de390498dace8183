"""Send calls elsewhere, and undo it: at once, written down, and back at a time that was said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from polydesk import Invalid, NotFound, db, live
from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.timeline import service as timeline
from polydesk_voice.calls import waiting
from polydesk_voice.emergency.service import Diversion, from_row
from polydesk_voice.numbers import number_of

RIGHT = "voice.emergency"
DIVERTED = "voice.diversion"
LENGTHS = ("30", "60", "120", "240", "720", "")
"""Minutes a diversion may be made for; "" is until somebody undoes it."""
_HISTORY = 50


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What may be sent elsewhere: a place, a number or a queue. `key` names it in a form."""

    key: str
    kind: str
    id: int
    client: int
    market: int | None
    name: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A diversion in words."""

    it: Diversion
    subject: str
    target: str
    by: str
    undone_by: str


async def subjects(viewer: Viewer) -> list[Subject]:
    """Everything the viewer may send elsewhere, the widest first."""
    found: list[Subject] = []
    clients = await scopes.list_clients(viewer.clients)
    lines = await db.fetch(
        "SELECT a.id, a.client, a.market, a.name, a.address FROM pd_account a WHERE a.channel = 'voice' "
        f"AND ({viewer.bound('a')}) ORDER BY a.client, a.name, a.id"
    )
    with_lines = {row["client"] for row in lines}
    for client in clients:
        if client.id not in with_lines:
            continue
        if viewer.can(RIGHT, client.id) and viewer.markets(client.id) is None:
            found.append(
                Subject(key=f"place:{client.id}:0", kind="place", id=0, client=client.id, market=None, name=client.name)
            )
        found += [
            Subject(
                key=f"place:{client.id}:{market.id}",
                kind="place",
                id=market.id,
                client=client.id,
                market=market.id,
                name=f"{client.name} · {market.name}",
            )
            for market in client.markets
            if viewer.sees(client.id, market.id) and viewer.can(RIGHT, client.id, market.id)
        ]
    found += [
        Subject(
            key=f"account:{row['id']}",
            kind="account",
            id=row["id"],
            client=row["client"],
            market=row["market"],
            name=f"{row['name']} ({row['address']})",
        )
        for row in lines
        if viewer.can(RIGHT, row["client"], row["market"])
    ]
    names = {client.id: client.name for client in clients}
    found += [
        Subject(
            key=f"queue:{queue.id}",
            kind="queue",
            id=queue.id,
            client=queue.client,
            market=queue.market,
            name=queue.name if len(with_lines) == 1 else f"{names.get(queue.client, '')} · {queue.name}",
        )
        for queue in await queues.list_queues(viewer)
        if queue.client in with_lines and viewer.can(RIGHT, queue.client, queue.market)
    ]
    return found


async def subject(viewer: Viewer, key: str) -> Subject:
    """One of them, or `NotFound`."""
    for each in await subjects(viewer):
        if each.key == key:
            return each
    raise NotFound(_("There is nothing here, or it is not yours to see."))


async def divert(
    viewer: Viewer, key: str, target: str, *, number: str = "", until: datetime | None = None, reason: str = ""
) -> tuple[Diversion, int]:
    """From now on calls go elsewhere: `target` is "queue:<id>", "number" or "message". And how many waited and went
    along. What held for the same subject before is over.
    """
    it = await subject(viewer, key)
    kind, queue = await _target(viewer, it, target)
    plain = number_of(number)
    if kind == "number" and not (plain.startswith("+") and plain[1:].isdecimal() and len(plain) > 6):
        raise Invalid({"number": _("Enter a number with its country, such as +995 555 000 111.")})
    now = datetime.now(UTC)
    if until is not None and until <= now:
        raise Invalid({"until": _("Choose a moment in the future.")})
    async with db.transaction():
        await db.lock(f"voice:diversion:{it.client}")
        await db.fetch(
            "UPDATE voice_diversion SET undone_at = {}, undone_by = {} WHERE client = {} AND kind = {} "
            "AND subject = {} AND undone_at IS NULL",
            now,
            viewer.id,
            it.client,
            it.kind,
            it.id,
        )
        rows = await db.fetch(
            "INSERT INTO voice_diversion (client, market, kind, subject, target, target_queue, target_number, reason, "
            "person, began_at, until) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}) RETURNING *",
            it.client,
            it.market,
            it.kind,
            it.id,
            kind,
            queue,
            plain if kind == "number" else "",
            db.clean(reason.strip())[:300],
            viewer.id,
            now,
            until,
        )
        made = from_row(rows[0])
        await timeline.append(
            DIVERTED,
            client=it.client,
            person=viewer.id,
            text=reason,
            data={"diversion": made.id, "on": True, "subject": it.name, "until": until},
        )
        live.signal(0, "voice.diversions")
        live.signal(it.client, "voice")
    return made, await waiting.divert(made, now)


async def undo(viewer: Viewer, diversion: int) -> None:
    """Calls come as they always did, from the next one on."""
    rows = await db.fetch(f"SELECT d.* FROM voice_diversion d WHERE d.id = {{}} AND ({viewer.bound('d')})", diversion)
    if not rows:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    viewer.require(RIGHT, rows[0]["client"], rows[0]["market"])
    async with db.transaction():
        done = await db.fetch(
            "UPDATE voice_diversion SET undone_at = {}, undone_by = {} WHERE id = {} AND undone_at IS NULL "
            "RETURNING id",
            datetime.now(UTC),
            viewer.id,
            diversion,
        )
        if done:
            await timeline.append(
                DIVERTED,
                client=rows[0]["client"],
                person=viewer.id,
                data={"diversion": diversion, "on": False},
            )
        live.signal(0, "voice.diversions")
        live.signal(rows[0]["client"], "voice")


async def listing(viewer: Viewer) -> tuple[list[Told], list[Told]]:
    """What holds now, and what held before, the latest first."""
    rows = await db.fetch(
        "SELECT d.*, p.name AS by_name, u.name AS undone_name FROM voice_diversion d "
        "JOIN pd_person p ON p.id = d.person "
        f"LEFT JOIN pd_person u ON u.id = d.undone_by WHERE {viewer.bound('d')} ORDER BY d.id DESC LIMIT {_HISTORY}"
    )
    names = {each.key: each.name for each in await subjects(viewer)}
    now = datetime.now(UTC)
    told = [
        Told(
            it=(it := from_row(row)),
            subject=names.get(_key(it), _("gone meanwhile")),
            target=await _target_words(it),
            by=row["by_name"],
            undone_by=row["undone_name"] or "",
        )
        for row in rows
    ]
    holds = [each for each in told if each.it.undone_at is None and (each.it.until is None or each.it.until > now)]
    return holds, [each for each in told if each not in holds]


def until_of(choice: str, now: datetime) -> datetime | None:
    """A choice of the form: so many minutes, or "" until somebody undoes it."""
    return now + timedelta(minutes=int(choice)) if choice.isdecimal() and len(choice) < 6 else None


def _key(it: Diversion) -> str:
    return f"place:{it.client}:{it.subject}" if it.kind == "place" else f"{it.kind}:{it.subject}"


async def _target(viewer: Viewer, it: Subject, target: str) -> tuple[str, int | None]:
    if target in ("number", "message"):
        return target, None
    kind, _colon, id = target.partition(":")
    for queue in await queues.list_queues(viewer):
        if kind == "queue" and id == str(queue.id) and queue.client == it.client and f"queue:{queue.id}" != it.key:
            return "queue", queue.id
    raise Invalid({"target": _("Choose where the calls go.")})


async def _target_words(it: Diversion) -> str:
    if it.target == "queue" and it.target_queue is not None:
        return _("the queue %(name)s", name=await queues.name_of(it.target_queue))
    if it.target == "number":
        return it.target_number
    return _("an announcement that nobody can be reached")
