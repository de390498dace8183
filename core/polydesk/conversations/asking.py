"""Before an agent: plugins may say something, ask, and learn from the answers, in chats."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from polydesk import db, hooks, jobs, live, plugins, prompts
from polydesk.channels import service as channels
from polydesk.contacts import identify
from polydesk.conversations import changing, placing, posting, service
from polydesk.conversations.addressing import reply_addresses
from polydesk.errors import NotFound
from polydesk.i18n import N_
from polydesk.timeline import service as timeline
from polydesk.types import Choice, Contact, Item, JobKind, Learned, Message, Schedule, Scope, Step, Text

PATIENCE = timedelta(minutes=15)
"""For how long a question waits for its answer before the conversation goes to an agent anyway."""
_SWEEP = 200


_known: dict[Scope, tuple[float, bool]] = {}
_KNOWN_SECONDS = 5.0


def _forget(_signal: live.Signal) -> None:
    _known.clear()


live.on("plugins", _forget)
live.on("questions", _forget)
live.on("resync", _forget)


async def anything(scope: Scope) -> bool:
    """Whether any plugin would ask anything here; remembered for some seconds. Outside any transaction.

    A plugin whose answer changes signals "questions".
    """
    known = _known.get(scope)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    asking = plugins.listening(scope, hooks.polydesk_next_step)
    sure = plugins.listening(scope, hooks.polydesk_has_questions)
    answers = await plugins.ask(scope, hooks.polydesk_has_questions, scope=scope) if asking else []
    found = bool(asking - sure) or any(each.value for each in answers if each.plugin.name in asking)
    _known[scope] = (time.monotonic() + _KNOWN_SECONDS, found)
    return found


async def begin(row: dict[str, Any], item: int, message: Message, *, fresh: bool) -> bool:
    """Let plugins have their say first, about a new matter or an answer; whether they will. Inside a transaction."""
    if message.automatic or not (fresh or row["asking"]):
        return False
    if not row["asking"]:
        await db.fetch("UPDATE pd_conversation SET asking = {} WHERE id = {}", True, row["id"])
    await jobs.enqueue("conversations.ask", {"conversation": row["id"], "item": item}, client=row["client"])
    return True


async def _ask(job: jobs.Job) -> None:
    row = await _asked(job.args["conversation"])
    if row is None:
        return
    scope = Scope(row["client"], row["market"])
    contact = await identify.load(row["contact"])
    item = await _item(row, job.args["item"])
    answer = await plugins.decide(
        scope, hooks.polydesk_next_step, conversation=service.from_row(row), contact=contact, item=item
    )
    step = answer.value if answer is not None else None
    async with db.transaction():
        row = await _asked(job.args["conversation"])
        if row is not None:
            await _take(row, contact, step)
        await job.complete()


async def _take(row: dict[str, Any], contact: Contact, step: Step | None) -> None:
    if step is None:
        await _hand_over(row, None, None)
        return
    row = await keep(row, contact, step.learned)
    if step.say:
        await _say(row, step.say, {})
    if step.ask is not None:
        await _say(row, step.ask.text, {"prompt": step.ask})
    elif step.solve:
        await db.fetch(
            "UPDATE pd_conversation SET asking = {}, awaits_reply = {} WHERE id = {}", False, False, row["id"]
        )
        await changing.move({**row, "asking": False}, "solved", by=None)
    else:
        await _hand_over(row, step.queue, step.reason)


async def _say(row: dict[str, Any], text: str, more: dict[str, Any]) -> None:
    """By the way the contact wrote; a channel that is gone meanwhile leaves it unsaid, and the sweep hands over."""
    try:
        account = await channels.load(row["account"])
    except NotFound:
        return
    to, _copied = await reply_addresses(row)
    if to:
        await posting.post(row, account, text, to=to, more={"automatic": True, **more})


async def _hand_over(row: dict[str, Any], queue: int | None, reason: Text | None) -> None:
    """To the queue that was chosen, if it is this client's, else wherever it would have gone."""
    # What the machine said last answers nothing: they wait for a person now.
    await db.fetch("UPDATE pd_conversation SET asking = {}, awaits_reply = {} WHERE id = {}", False, True, row["id"])
    row = {**row, "asking": False, "awaits_reply": True}
    ours = queue is not None and await db.fetch(
        "SELECT id FROM pd_queue WHERE id = {} AND client = {}", queue, row["client"]
    )
    if row["status"] != "open":
        await changing.move(row, "open", by=None)
        return
    if ours and queue is not None:
        await placing.enter(row, queue, reason)
    else:
        await placing.place(row)
    live.signal(row["client"], "inbox", row["id"])
    live.signal(row["client"], "conversation", row["id"])


async def keep(row: dict[str, Any], contact: Contact, learned: Learned) -> dict[str, Any]:
    """What the answers told, on the contact and the conversation, with an item that says so."""
    told: dict[str, str] = {}
    if learned.contact_kind and learned.contact_kind != contact.kind:
        await db.fetch("UPDATE pd_contact SET kind = {} WHERE id = {}", db.clean(learned.contact_kind)[:60], contact.id)
        told["contact_kind"] = learned.contact_kind
    if learned.language and learned.language != contact.language:
        await db.fetch(
            "UPDATE pd_contact SET language = {}, language_stated = {} WHERE id = {}",
            learned.language[:20],
            True,
            contact.id,
        )
    known: dict[str, str] = msgspec.json.decode(row["attributes"])
    tags = " ".join(dict.fromkeys((*row["tags"].split(), *("-".join(tag.split()) for tag in learned.tags))))
    changes = {
        "language": learned.language[:20] or row["language"],
        "category": db.clean(learned.category)[:100] or row["category"],
        "tags": db.clean(tags)[:500],
        "attributes": db.clean(msgspec.json.encode({**known, **learned.attributes}).decode()),
    }
    fresh = {name: value for name, value in changes.items() if value != row[name]}
    if fresh:
        columns = ", ".join(f"{name} = {{}}" for name in fresh)
        await db.fetch(f"UPDATE pd_conversation SET {columns} WHERE id = {{}}", *fresh.values(), row["id"])
    told |= {name: value for name, value in fresh.items() if name != "attributes"}
    told |= {name: value for name, value in learned.attributes.items() if known.get(name) != value}
    if told:
        await timeline.append(
            "learned", client=row["client"], contact=row["contact"], conversation=row["id"], data={"told": told}
        )
    return {**row, **changes}


async def _asked(conversation: int) -> dict[str, Any] | None:
    """The conversation's row while it is still being asked and nobody has taken it."""
    rows = await db.fetch(
        "SELECT * FROM pd_conversation WHERE id = {} AND asking = {} AND assignee IS NULL AND status = 'open'",
        conversation,
        True,
    )
    return rows[0] if rows else None


async def _item(row: dict[str, Any], item: int) -> Item:
    """The contact's message; what was typed for one of the choices offered counts as that choice."""
    found = (await db.fetch("SELECT * FROM pd_item WHERE id = {}", item))[0]
    data = msgspec.json.decode(found["data"])
    choice = data.get("choice", "")
    if not choice:
        offered = await db.fetch(
            "SELECT data FROM pd_item WHERE conversation = {} AND kind = 'message' AND direction = 'out' "
            "AND id < {} ORDER BY id DESC LIMIT 1",
            row["id"],
            item,
        )
        prompt = msgspec.json.decode(offered[0]["data"]).get("prompt") if offered else None
        if prompt:
            choices = msgspec.convert(prompt.get("choices", ()), tuple[Choice, ...])
            choice = prompts.match(choices, found["text"]) or ""
    return Item(
        id=found["id"],
        client=found["client"],
        contact=found["contact"],
        conversation=found["conversation"],
        kind="message",
        direction="in",
        occurred_at=found["occurred_at"],
        recorded_at=found["recorded_at"],
        text=found["text"],
        data={"choice": choice, "language": data.get("language", "")},
    )


async def _sweep(_job: jobs.Job) -> None:
    """Who does not answer the question gets an agent all the same: nobody is left with a machine."""
    rows = await db.fetch(
        f"SELECT * FROM pd_conversation WHERE asking AND last_at < {{}} LIMIT {_SWEEP}",
        datetime.now(UTC) - PATIENCE,
    )
    for each in rows:
        async with db.transaction():
            row = await _asked(each["id"])
            if row is None:
                await db.fetch("UPDATE pd_conversation SET asking = {} WHERE id = {}", False, each["id"])
                continue
            await timeline.append(
                "queue",
                client=row["client"],
                contact=row["contact"],
                conversation=row["id"],
                data={"queue": row["queue"], "reasons": [Text(N_("The question was not answered."))]},
            )
            await _hand_over(row, None, None)


async def _gave_up(job: jobs.Job, _reason: str) -> None:
    row = await _asked(job.args["conversation"])
    if row is not None:
        await _hand_over(row, None, None)


JOBS = (
    JobKind(name="conversations.ask", handler=_ask, max_attempts=3, on_dead=_gave_up),
    JobKind(name="conversations.asked", handler=_sweep),
)
SCHEDULES = (Schedule(name="conversations.asked", job="conversations.asked", every=60.0),)
