"""Change a conversation: who has it, its status, priority, tags, category, queue. Each change is an item."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from polydesk import db, events, hooks, jobs, live
from polydesk.conversations import assigning, placing, service
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _
from polydesk.staff.access import Viewer, roles_with
from polydesk.timeline import service as timeline
from polydesk.types import ConversationStatus, JobKind, Schedule, Scope

PRIORITIES = (-1, 0, 1, 2)
_WAKE = 500


async def assign(viewer: Viewer, conversation: int, person: int | None) -> None:
    """Give a conversation to a colleague who reaches it, or to nobody: then it waits in its queue again."""
    async with db.transaction():
        row = await _changeable(viewer, conversation)
        if row["assignee"] == person:
            return
        if person is not None and not await may_have(row, person):
            raise Invalid({"assignee": _("This person does not work for this client.")})
        await assigning.give(row, person, viewer.id, [])
        if person is None and row["status"] == "open":
            await placing.enter({**row, "assignee": None}, row["queue"] or await placing.usual_queue(row))


async def set_status(
    viewer: Viewer, conversation: int, status: ConversationStatus, *, until: datetime | None = None
) -> None:
    """Open, waiting for the contact, snoozed until a moment, or solved."""
    if status == "snoozed" and (until is None or until <= datetime.now(UTC)):
        raise Invalid({"until": _("Choose a moment in the future.")})
    async with db.transaction():
        row = await _changeable(viewer, conversation)
        await move(row, status, by=viewer.id, until=until)


async def set_priority(viewer: Viewer, conversation: int, priority: int) -> None:
    """-1 low, 0 normal, 1 high, 2 urgent."""
    if priority not in PRIORITIES:
        raise Invalid({"priority": _("Choose one of the priorities.")})
    await _set(viewer, conversation, "priority", priority)


async def set_category(viewer: Viewer, conversation: int, category: str) -> None:
    """What it was about, in the words of the client's own list or free ones; "" for none."""
    await _set(viewer, conversation, "category", db.clean(" ".join(category.split()))[:100])


async def set_tags(viewer: Viewer, conversation: int, tags: tuple[str, ...]) -> None:
    """All tags at once; spaces inside one become hyphens."""
    clean = dict.fromkeys(re.sub(r"\s+", "-", db.clean(tag).strip().lstrip("#").lower())[:50] for tag in tags)
    joined = " ".join(tag for tag in clean if tag)
    if len(joined) > 500:
        raise Invalid({"tags": _("These are too many tags.")})
    await _set(viewer, conversation, "tags", joined)


async def set_queue(viewer: Viewer, conversation: int, queue: int) -> None:
    """Let it wait in another queue of the same client; its assignee lets go of it."""
    async with db.transaction():
        row = await _changeable(viewer, conversation)
        found = await db.fetch("SELECT name FROM pd_queue WHERE id = {} AND client = {}", queue, row["client"])
        if not found:
            raise NotFound(_("There is nothing here, or it is not yours to see."))
        if row["queue"] == queue:
            return
        await placing.leave(row)
        await _note(row, "queue", viewer.id, {"from": row["queue"], "queue": queue, "name": found[0]["name"]})
        if row["assignee"] is not None:
            await assigning.give(row, None, viewer.id, [])
        await placing.enter({**row, "assignee": None, "waiting_since": None}, queue)
        live.signal(row["client"], "conversation", conversation)


async def verify_participant(viewer: Viewer, conversation: int, kind: str, value: str) -> None:
    """Trust someone who joined a thread uninvited."""
    row = await service.row_for(viewer, conversation)
    viewer.require("conversation.change", row["client"], row["market"])
    await db.fetch(
        "UPDATE pd_participant SET verified = {} WHERE conversation = {} AND kind = {} AND value = {}",
        True,
        conversation,
        kind,
        value,
    )
    live.signal(row["client"], "conversation", conversation)


async def move(
    row: dict[str, Any], status: ConversationStatus, *, by: int | None, until: datetime | None = None
) -> None:
    """Change a stored row's status, with its item, events and queue; inside a transaction."""
    if row["status"] == status and status != "snoozed":
        return
    now = datetime.now(UTC)
    await db.fetch(
        "UPDATE pd_conversation SET status = {}, snoozed_until = {}, solved_at = {}, has_failure = {}, asking = {} "
        "WHERE id = {}",
        status,
        until if status == "snoozed" else None,
        now if status == "solved" else None,
        bool(row["has_failure"]) and status != "solved",
        bool(row["asking"]) and status == "open",
        row["id"],
    )
    data: dict[str, Any] = {"from": row["status"], "to": status}
    if status == "snoozed":
        data["until"] = until
    await _note(row, "status", by, data)
    scope, changed = Scope(row["client"], row["market"]), service.from_row({**row, "status": status})
    if status == "solved":
        await events.announce(scope, hooks.polydesk_conversation_solved, conversation=changed)
    if row["status"] == "solved":
        await events.announce(scope, hooks.polydesk_conversation_reopened, conversation=changed)
    if status == "open" and row["assignee"] is None:
        await placing.enter(row, row["queue"] or await placing.usual_queue(row))
    elif status != "open":
        await placing.leave(row)
        # Someone has room for more now.
        await jobs.enqueue("queues.sweep", {}, key="queues.sweep.soon")
    live.signal(row["client"], "inbox", row["id"])
    live.signal(row["client"], "conversation", row["id"])


async def _changeable(viewer: Viewer, conversation: int) -> dict[str, Any]:
    row = await service.row_for(viewer, conversation)
    viewer.require("conversation.change", row["client"], row["market"])
    return row


async def _set(viewer: Viewer, conversation: int, column: str, value: int | str) -> None:
    async with db.transaction():
        row = await _changeable(viewer, conversation)
        if row[column] == value:
            return
        await db.fetch(f"UPDATE pd_conversation SET {column} = {{}} WHERE id = {{}}", value, conversation)
        await _note(row, column, viewer.id, {"from": row[column], "to": value})
        live.signal(row["client"], "inbox", conversation)
        live.signal(row["client"], "conversation", conversation)


async def _note(row: dict[str, Any], kind: str, by: int | None, data: dict[str, Any]) -> None:
    await timeline.append(
        kind, client=row["client"], contact=row["contact"], conversation=row["id"], person=by, data=data
    )


async def may_have(row: dict[str, Any], person: int) -> bool:
    """Does somebody work where a stored conversation belongs, in a role that may have it?"""
    roles = ", ".join(f"'{role}'" for role in roles_with("conversation.note"))
    return bool(
        await db.fetch(
            "SELECT p.id FROM pd_person p WHERE p.id = {} AND p.active = {} AND (p.is_owner = {} OR EXISTS ("
            "SELECT 1 FROM pd_membership m WHERE m.person = p.id AND m.client = {} "
            f"AND (m.market IS NULL OR m.market = {{}}) AND m.role IN ({roles})))",
            person,
            True,
            True,
            row["client"],
            row["market"],
        )
    )


async def _wake(_job: jobs.Job) -> None:
    """Open what was snoozed until now."""
    due = await db.fetch(
        "SELECT * FROM pd_conversation WHERE snoozed_until IS NOT NULL AND snoozed_until <= {} "
        f"ORDER BY snoozed_until LIMIT {_WAKE}",
        datetime.now(UTC),
    )
    for row in due:
        async with db.transaction():
            again = await db.fetch("SELECT * FROM pd_conversation WHERE id = {} AND status = 'snoozed'", row["id"])
            if again:
                await move(again[0], "open", by=None)


JOBS = (JobKind(name="conversations.wake", handler=_wake),)
SCHEDULES = (Schedule(name="conversations.wake", job="conversations.wake", every=20.0),)
