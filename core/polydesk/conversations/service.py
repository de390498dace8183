"""Read conversations: the list by view, the counts, one conversation with its timeline, a contact's whole history."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import db
from polydesk.channels import service as channels
from polydesk.contacts import identify
from polydesk.contacts import service as contacts
from polydesk.conversations import reaching, templates
from polydesk.conversations.addressing import reply_addresses
from polydesk.conversations.views import Composer, Count, Draft, Entry, File, Opened, Other, Page, Row
from polydesk.errors import NotFound
from polydesk.i18n import _, kept
from polydesk.staff.access import Viewer
from polydesk.types import Capabilities, Contact, Conversation, Handle, Piece, Scope, Text

PAGE = 25
ITEMS = 50
COUNT_TO = 99
_ROW = (
    "v.id, v.client, v.market, v.contact, COALESCE(NULLIF(c.name, ''), (SELECT h.value FROM pd_identity h "
    "WHERE h.contact = c.id ORDER BY h.id LIMIT 1), '') AS contact_name, v.subject, v.preview, v.status, v.assignee, "
    "p.name AS assignee_name, v.queue, v.priority, v.tags, v.channel, v.language, v.messages, v.awaits_reply, "
    "v.has_failure, v.last_at, v.snoozed_until"
)
_VIEWS = {
    "mine": "v.assignee = {person} AND v.status = 'open'",
    "unassigned": "v.assignee IS NULL AND v.status = 'open' AND NOT v.asking",
    "all": "v.status = 'open'",
    "waiting": "v.status = 'waiting'",
    "snoozed": "v.status = 'snoozed'",
    "solved": "v.status = 'solved'",
}
VIEWS = tuple(_VIEWS)


def _condition(viewer: Viewer, view: str) -> str:
    """A view's SQL; made of our own words and numbers only."""
    if view.startswith("queue:") and view[6:].isascii() and view[6:].isdigit() and len(view) < 25:
        return f"v.queue = {int(view[6:]):d} AND v.status = 'open'"
    if view not in _VIEWS:
        raise NotFound(_("There is no such view."))
    return _VIEWS[view].format(person=viewer.id)


async def list_conversations(viewer: Viewer, view: str = "mine", cursor: str = "") -> Page:
    """25 conversations of a view, latest first.

    Each client is read through its own index and the results are merged, so that the cost is the same however many
    conversations there are; `mine` and queues have an index of their own.
    """
    if not viewer.clients:
        return Page(rows=())
    condition = _condition(viewer, view)
    after, arguments = "", []
    if cursor:
        at, last = _open_cursor(cursor)
        after, arguments = " AND (v.last_at, v.id) < ({}, {})", [at, last]
    tail = f"{after} ORDER BY v.last_at DESC, v.id DESC LIMIT {PAGE + 1}"
    if view == "mine" or view.startswith("queue:"):
        ids = f"SELECT v.id FROM pd_conversation v WHERE {condition} AND ({viewer.bound('v')}){tail}"
    else:
        ids = " UNION ALL ".join(
            f"SELECT id FROM (SELECT v.id FROM pd_conversation v WHERE {viewer.bound_client('v', client)} "
            f"AND {condition}{tail}) AS of_{client:d}"
            for client in viewer.clients
        )
        arguments = arguments * len(viewer.clients)
    rows = await db.fetch(
        f"SELECT {_ROW} FROM pd_conversation v JOIN pd_contact c ON c.id = v.contact "
        f"LEFT JOIN pd_person p ON p.id = v.assignee WHERE v.id IN ({ids}) "
        f"ORDER BY v.last_at DESC, v.id DESC LIMIT {PAGE + 1}",
        *arguments,
    )
    shown = tuple(_row(row) for row in rows[:PAGE])
    return Page(rows=shown, next=_cursor(shown[-1]) if len(rows) > PAGE else "")


async def counts(viewer: Viewer, views: tuple[str, ...] = VIEWS) -> list[Count]:
    """How many each view holds, never counting past 99: a badge must not cost more as the desk grows."""
    if not viewer.clients:
        return [Count(view, 0) for view in views]
    bound = viewer.bound("v")
    parts = " UNION ALL ".join(
        f"SELECT {number} AS place, COUNT(*) AS found FROM (SELECT 1 FROM pd_conversation v WHERE ({bound}) "
        f"AND {_condition(viewer, view)} LIMIT {COUNT_TO + 1}) AS counted_{number}"
        for number, view in enumerate(views)
    )
    found = {row["place"]: row["found"] for row in await db.fetch(parts)}
    return [Count(view, min(found[n], COUNT_TO), found[n] > COUNT_TO) for n, view in enumerate(views)]


async def row_for(viewer: Viewer, conversation: int) -> dict[str, Any]:
    """The stored row of a conversation the viewer may see, or `NotFound`; for this domain's own modules."""
    rows = await db.fetch(
        f"SELECT v.* FROM pd_conversation v WHERE v.id = {{}} AND ({viewer.bound('v')})", conversation
    )
    if not rows:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return rows[0]


def from_row(row: dict[str, Any]) -> Conversation:
    """The public shape of a stored conversation."""
    return Conversation(
        id=row["id"],
        client=row["client"],
        market=row["market"],
        contact=row["contact"],
        queue=row["queue"],
        assignee=row["assignee"],
        status=row["status"],
        priority=row["priority"],
        subject=row["subject"],
        category=row["category"],
        language=row["language"],
        channel=row["channel"],
        account=row["account"],
        opened_at=row["opened_at"],
        tags=tuple(row["tags"].split()),
        attributes=msgspec.json.decode(row["attributes"]),
    )


async def open_conversation(viewer: Viewer, conversation: int, *, before: int = 0, by: int = 0) -> Opened:
    """One conversation with its latest 50 items (or the 50 before an item).

    `by` is the account that should carry the reply instead of the one in use.
    """
    rows = await db.fetch(
        "SELECT v.*, k.name AS client_name, m.name AS market_name, q.name AS queue_name, p.name AS assignee_name "
        "FROM pd_conversation v JOIN pd_client k ON k.id = v.client LEFT JOIN pd_market m ON m.id = v.market "
        "LEFT JOIN pd_queue q ON q.id = v.queue LEFT JOIN pd_person p ON p.id = v.assignee "
        f"WHERE v.id = {{}} AND ({viewer.bound('v')})",
        conversation,
    )
    if not rows:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    row = rows[0]
    entries = await _entries("conversation", conversation, before)
    contact = await identify.load(row["contact"])
    return Opened(
        conversation=from_row(row),
        contact=contact,
        client_name=row["client_name"],
        market_name=row["market_name"] or "",
        queue_name=row["queue_name"] or "",
        assignee_name=row["assignee_name"] or "",
        snoozed_until=row["snoozed_until"],
        last_at=row["last_at"],
        has_failure=bool(row["has_failure"]),
        entries=entries[-ITEMS:],
        earlier=entries[-ITEMS].id if len(entries) > ITEMS else 0,
        composer=await _composer(viewer, row, contact, by),
        others=await _others(viewer, row),
        unverified=tuple(
            Handle(each["kind"], each["value"], each["name"])
            for each in await db.fetch(
                "SELECT kind, value, name FROM pd_participant WHERE conversation = {} AND verified = {}",
                conversation,
                False,
            )
        ),
    )


async def contact_timeline(viewer: Viewer, contact: int, *, before: int = 0) -> tuple[tuple[Entry, ...], int]:
    """A contact's items over all conversations the viewer may see, and the id to go on from (0 at the start)."""
    await contacts.get_contact(viewer, contact)
    entries = await _entries(
        "contact",
        contact,
        before,
        f"AND (i.conversation IS NULL OR i.conversation IN (SELECT v.id FROM pd_conversation v "
        f"WHERE v.contact = i.contact AND ({viewer.bound('v')})))",
    )
    return entries[-ITEMS:], entries[-ITEMS].id if len(entries) > ITEMS else 0


async def attachment(viewer: Viewer, attachment: int) -> tuple[File, str]:
    """An attachment the viewer may see, and its storage key."""
    rows = await db.fetch(
        "SELECT a.* FROM pd_attachment a JOIN pd_conversation v ON v.id = a.conversation "
        f"WHERE a.id = {{}} AND ({viewer.bound('v')}) AND (a.item <> 0 OR a.person = {{}})",
        attachment,
        viewer.id,
    )
    if not rows:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return _file(rows[0]), rows[0]["storage_key"]


async def _entries(of: str, owner: int, before: int, extra: str = "") -> tuple[Entry, ...]:
    older = f"AND i.id < {before:d}" if before else ""
    rows = await db.fetch(
        "SELECT i.*, p.name AS person_name, d.state AS delivery, d.reason AS delivery_reason FROM pd_item i "
        "LEFT JOIN pd_person p ON p.id = i.person LEFT JOIN pd_delivery d ON d.item = i.id "
        f"WHERE i.{of} = {{}} {older} {extra} ORDER BY i.id DESC LIMIT {ITEMS + 1}",
        owner,
    )
    files: dict[int, list[File]] = {}
    with_files = [row["id"] for row in rows if row["kind"] in ("message", "note")]
    if with_files:
        ids = ", ".join(map(str, with_files))
        for each in await db.fetch(f"SELECT * FROM pd_attachment WHERE item IN ({ids}) ORDER BY id"):
            files.setdefault(each["item"], []).append(_file(each))
    return tuple(_entry(row, tuple(files.get(row["id"], ()))) for row in reversed(rows))


def _entry(row: dict[str, Any], files: tuple[File, ...]) -> Entry:
    data: dict[str, Any] = msgspec.json.decode(row["data"])
    if row["kind"] == "delivery" and "reason" in data:
        data["reason"] = kept(data["reason"])
    return Entry(
        id=row["id"],
        kind=row["kind"],
        direction=row["direction"],
        conversation=row["conversation"],
        person=row["person"],
        person_name=row["person_name"] or "",
        text=row["text"],
        html=row["html"],
        html_visible=data.pop("html_visible", ""),
        quote_starts_at=data.pop("quote_starts_at", -1),
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        notices=msgspec.convert(data.pop("notices", ()), tuple[Text, ...]),
        reasons=msgspec.convert(data.pop("reasons", ()), tuple[Text, ...]),
        pieces=msgspec.convert(data.pop("pieces", ()), tuple[Piece, ...]),
        data=data,
        files=files,
        delivery=row["delivery"],
        delivery_reason=kept(row["delivery_reason"] or ""),
    )


async def _composer(viewer: Viewer, row: dict[str, Any], contact: Contact, by: int) -> Composer:
    ways = await reaching.ways(row, contact)
    own = channels.find_channel(row["channel"], Scope(row["client"], row["market"]))
    if own is not None and not own[1].capabilities.writes and ways and not by:
        by = ways[0].account
    way = next((each for each in ways if each.account == by), None)
    if way is not None:
        row = {**row, "channel": way.channel, "account": way.account}
    account = None
    obstacle = ""
    if row["account"] is not None:
        found = await db.fetch("SELECT id, name, channel, enabled FROM pd_account WHERE id = {}", row["account"])
        account = found[0] if found else None
    channel = channels.find_channel(row["channel"], Scope(row["client"], row["market"]))
    if account is None or not account["enabled"]:
        obstacle = _("The account this came to is switched off, so nothing can be sent from it.")
    elif channel is None:
        obstacle = _("The plugin for this channel is not available, so nothing can be sent.")
    elif not channel[1].capabilities.writes:
        obstacle = _("This cannot be answered in writing, and there is no other way to write to them.")
    to, copied = await reply_addresses(row)
    if not obstacle and not to:
        obstacle = _("There is no address to reply to.")
    window, offered = reaching.Window(), []
    if channel is not None and account is not None:
        can = channel[1].capabilities
        window = await reaching.window(account["id"], channel[1], contact.id)
        if can.templates:
            offered = await templates.offered(account["id"], row["language"] or contact.language)
        if window.state == "closed" and not can.templates and not obstacle:
            obstacle = _("The contact wrote too long ago: nothing can be sent here until they write again.")
    return Composer(
        account=account["id"] if account else None,
        account_name=account["name"] if account else "",
        channel=row["channel"],
        channel_label=channel[1].label if channel else None,
        capabilities=channel[1].capabilities if channel else Capabilities(),
        to=to,
        copied=copied,
        draft=await _draft(viewer, row["id"]),
        obstacle=obstacle,
        ways=ways,
        by=by if way is not None else 0,
        window=window,
        templates=tuple(offered),
    )


async def _draft(viewer: Viewer, conversation: int) -> Draft:
    rows = await db.fetch(
        "SELECT kind, text FROM pd_draft WHERE conversation = {} AND person = {}", conversation, viewer.id
    )
    files = await db.fetch(
        "SELECT * FROM pd_attachment WHERE conversation = {} AND person = {} AND item = 0 ORDER BY id",
        conversation,
        viewer.id,
    )
    return Draft(
        kind=rows[0]["kind"] if rows else "reply",
        text=rows[0]["text"] if rows else "",
        files=tuple(_file(each) for each in files),
    )


async def _others(viewer: Viewer, row: dict[str, Any]) -> tuple[Other, ...]:
    rows = await db.fetch(
        "SELECT v.id, v.subject, v.status, v.last_at FROM pd_conversation v "
        f"WHERE v.contact = {{}} AND v.id <> {{}} AND ({viewer.bound('v')}) ORDER BY v.last_at DESC LIMIT 5",
        row["contact"],
        row["id"],
    )
    return tuple(Other(each["id"], each["subject"], each["status"], each["last_at"]) for each in rows)


def _row(row: dict[str, Any]) -> Row:
    return Row(
        id=row["id"],
        client=row["client"],
        market=row["market"],
        contact=row["contact"],
        contact_name=row["contact_name"],
        subject=row["subject"],
        preview=row["preview"],
        status=row["status"],
        assignee=row["assignee"],
        assignee_name=row["assignee_name"] or "",
        queue=row["queue"],
        priority=row["priority"],
        tags=tuple(row["tags"].split()),
        channel=row["channel"],
        language=row["language"],
        messages=row["messages"],
        awaits_reply=bool(row["awaits_reply"]),
        has_failure=bool(row["has_failure"]),
        last_at=row["last_at"],
        snoozed_until=row["snoozed_until"],
    )


def _file(row: dict[str, Any]) -> File:
    return File(
        id=row["id"],
        name=row["name"],
        media_type=row["media_type"],
        size=row["size"],
        content_id=row["content_id"],
        inline=bool(row["inline"]),
    )


def _cursor(row: Row) -> str:
    return base64.urlsafe_b64encode(f"{row.last_at.timestamp():.6f}/{row.id}".encode()).decode().rstrip("=")


def _open_cursor(cursor: str) -> tuple[datetime, int]:
    try:
        at, _slash, last = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("/")
        return datetime.fromtimestamp(float(at), UTC), int(last)
    except (ValueError, binascii.Error, OverflowError, OSError):
        raise NotFound(_("This page of the list does not exist. Go back to its start.")) from None
