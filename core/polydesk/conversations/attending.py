"""A contact who is there now, on a line: opened, asked and handed over at once, while they wait for every answer.

For channels that carry no messages. What a message goes through by jobs (see `receiving` and `asking`), a call goes
through here in the channel's own time; the timeline, the queues and the agents are the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from polydesk import db, events, hooks, jobs, live, plugins
from polydesk.contacts import identify
from polydesk.conversations import asking, assigning, changing, placing, service
from polydesk.errors import NotFound
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.timeline import service as timeline
from polydesk.types import Account, Contact, Conversation, Handle, Item, Scope, Step, Text


class Opened(NamedTuple):
    """A matter that has just begun, or goes on."""

    conversation: Conversation
    contact: Contact
    item: Item


async def open(
    account: Account,
    who: Handle,
    *,
    kind: str,
    direction: str,
    subject: str = "",
    language: str = "",
    data: dict[str, Any] | None = None,
    person: int | None = None,
    contact: int | None = None,
    conversation: int | None = None,
    at: datetime | None = None,
) -> Opened:
    """Begin a matter with an item of this `kind`, or go on with `conversation`; inside a transaction.

    The contact is found by `who`, or is `contact`. Whoever calls first is given to nobody: see `hand_over`.
    """
    scope = Scope(account.client, account.market)
    if contact is None:
        await db.lock(f"sender:{account.client}:{who.kind}:{who.value}")
        them = await identify.find_or_create(scope, who, language=language)
    else:
        them = await identify.load(contact)
    now = datetime.now(UTC)
    if conversation is None:
        row = (
            await db.fetch(
                "INSERT INTO pd_conversation (client, market, contact, status, subject, preview, language, channel, "
                "account, messages, awaits_reply, assignee, opened_at, last_at) "
                "VALUES ({}, {}, {}, 'open', {}, {}, {}, {}, {}, 0, {}, {}, {}, {}) RETURNING *",
                account.client,
                account.market,
                them.id,
                db.clean(subject)[:500],
                "",
                them.language or language,
                account.channel,
                account.id,
                direction == "in",
                person,
                now,
                now,
            )
        )[0]
    else:
        row = await _row(conversation)
        await db.fetch("UPDATE pd_conversation SET last_at = {} WHERE id = {}", now, row["id"])
    item = await timeline.append(
        kind,
        client=account.client,
        contact=them.id,
        conversation=row["id"],
        direction=direction,
        person=person,
        data=data,
        occurred_at=at,
    )
    opened = service.from_row(row)
    if conversation is None:
        await events.announce(scope, hooks.polydesk_conversation_opened, conversation=opened, contact=them)
    live.signal(account.client, "inbox", row["id"])
    live.signal(account.client, "conversation", row["id"])
    return Opened(opened, them, _item(item, opened, kind, direction, "", {}, at or now))


async def load(conversation: int) -> Conversation:
    """A matter as it is now."""
    return service.from_row(await _row(conversation))


async def said(
    conversation: Conversation, *, kind: str, text: str, choice: str = "", data: dict[str, Any] | None = None
) -> Item:
    """Write down what they answered, to be handed to `ask`; inside a transaction."""
    item = await timeline.append(
        kind,
        client=conversation.client,
        contact=conversation.contact,
        conversation=conversation.id,
        direction="in",
        text=text,
        data=data,
    )
    return _item(item, conversation, kind, "in", text, {"choice": choice}, datetime.now(UTC))


async def ask(conversation: Conversation, contact: Contact, item: Item) -> Step | None:
    """What plugins want to say or ask next; None hands over. What was learned is kept. Outside any transaction.

    The channel says and asks it by itself, and calls `hand_over` or `settle` when the step asks nothing.
    """
    scope = Scope(conversation.client, conversation.market)
    if not await asking.anything(scope):
        return None
    answer = await plugins.decide(
        scope, hooks.polydesk_next_step, conversation=conversation, contact=contact, item=item
    )
    step = answer.value if answer is not None else None
    if step is not None:
        async with db.transaction():
            row = await _row(conversation.id)
            row = await asking.keep(row, contact, step.learned)
            waits = step.ask is not None
            if bool(row["asking"]) != waits:
                await db.fetch("UPDATE pd_conversation SET asking = {} WHERE id = {}", waits, conversation.id)
    return step


async def queue_for(conversation: int, chosen: int | None) -> tuple[int, Text | None]:
    """Where they will wait: the queue chosen, if it is this client's, else a plugin's word, else the usual one.

    Outside any transaction.
    """
    row = await _row(conversation)
    ours = chosen is not None and await db.fetch(
        "SELECT id FROM pd_queue WHERE id = {} AND client = {}", chosen, row["client"]
    )
    if ours and chosen is not None:
        return chosen, None
    scope = Scope(row["client"], row["market"])
    answer = None
    if row["queue"] is None and plugins.listeners(scope, hooks.polydesk_choose_queue):
        answer = await plugins.decide(
            scope,
            hooks.polydesk_choose_queue,
            conversation=service.from_row(row),
            contact=await identify.load(row["contact"]),
        )
    if answer is not None and answer.value is not None:
        found = await db.fetch(
            "SELECT id FROM pd_queue WHERE id = {} AND client = {}", answer.value.queue, row["client"]
        )
        if found:
            return answer.value.queue, answer.value.reason
    return row["queue"] or await placing.usual_queue(row), None


async def hand_over(conversation: int, queue: int, reason: Text | None = None, since: datetime | None = None) -> None:
    """Let them wait in a queue, and have an agent looked for at once; inside a transaction.

    `since` keeps the place of someone who has waited before.
    """
    row = await _row(conversation)
    await db.fetch(
        "UPDATE pd_conversation SET asking = {}, status = 'open', assignee = NULL, snoozed_until = NULL, "
        "solved_at = NULL, waiting_since = {} WHERE id = {}",
        False,
        since or row["waiting_since"],
        conversation,
    )
    row = {**row, "asking": False, "status": "open", "assignee": None, "waiting_since": since or row["waiting_since"]}
    await placing.enter(row, queue, reason)
    live.signal(row["client"], "inbox", conversation)
    live.signal(row["client"], "conversation", conversation)


async def give_back(conversation: int, person: int, reason: Text, *, since: datetime, away: bool) -> None:
    """They did not take it: it waits again at its old place, and with `away` they count as away. In a transaction."""
    row = await _row(conversation)
    if row["assignee"] != person:
        return
    if away:
        # The person before the conversation, as whoever assigns does: two that take them crosswise would wait for ever.
        await people.record_presence(await staff.viewer_by_id(person), "away")
    await assigning.give(row, None, None, [reason])
    await hand_over(conversation, row["queue"] or await placing.usual_queue(row), since=since)


async def give(conversation: int, person: int | None, reasons: list[Text], by: int | None = None) -> None:
    """Somebody has it now without having been chosen by rules, or nobody does; inside a transaction."""
    row = await _row(conversation)
    if row["assignee"] != person:
        await assigning.give(row, person, by, reasons)


async def may_have(conversation: int, person: int) -> bool:
    """Does this person work where the matter belongs?"""
    return await changing.may_have(await _row(conversation), person)


async def stop_waiting(conversation: int) -> None:
    """They gave up, or want nobody any more; inside a transaction."""
    await placing.leave(await _row(conversation))


async def settle(conversation: int, *, by: int | None = None, solved: bool = True) -> None:
    """The matter is over, or with `solved` False waits for the contact; inside a transaction."""
    row = await _row(conversation)
    if row["status"] != "solved":
        await changing.move({**row, "asking": False}, "solved" if solved else "waiting", by=by)


async def keep_for_agents(conversation: int) -> None:
    """Something was left to be answered (a message on tape): it waits like any message; inside a transaction."""
    row = await _row(conversation)
    await db.fetch("UPDATE pd_conversation SET awaits_reply = {}, asking = {} WHERE id = {}", True, False, conversation)
    if row["status"] != "open":
        await changing.move({**row, "asking": False}, "open", by=None)
    else:
        await placing.place({**row, "asking": False})
    live.signal(row["client"], "inbox", conversation)


async def count_as_away(person: int) -> None:
    """They do not answer where they should; inside a transaction."""
    await people.record_presence(await staff.viewer_by_id(person), "away")


async def offer_what_waits() -> None:
    """Somebody has become free; inside a transaction or not."""
    await jobs.enqueue("queues.sweep", {}, key="queues.sweep.soon")


async def _row(conversation: int) -> dict[str, Any]:
    rows = await db.fetch("SELECT * FROM pd_conversation WHERE id = {}", conversation)
    if not rows:
        raise NotFound()
    return rows[0]


def _item(
    id: int, conversation: Conversation, kind: str, direction: str, text: str, data: dict[str, Any], at: datetime
) -> Item:
    return Item(
        id=id,
        client=conversation.client,
        contact=conversation.contact,
        conversation=conversation.id,
        kind=kind,
        direction="in" if direction == "in" else "out",
        occurred_at=at,
        recorded_at=datetime.now(UTC),
        text=text,
        data=data,
    )
