"""Conversations on their way through a menu: what core asks, answered once for each message."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime, timedelta

import msgspec

from polydesk import N_, db, jobs
from polydesk.scopes import service as scopes
from polydesk.types import Contact, Conversation, Item, Scope, Step, Text
from polydesk_menus import engine, flow

# Whoever has been silent for so long when a colleague takes over had left the menu before.
LEFT = timedelta(minutes=10)
_AT_ONCE = 500
log = logging.getLogger("polydesk.menus")
QUEUE_GONE = Text(N_("The queue chosen in the menu is gone, so it went where it would go anyway."))


async def next_step(conversation: Conversation, contact: Contact, item: Item) -> Step | None:
    """What the menu of this place does about a message; None where there is none, or once it has ended."""
    languages = await _languages(conversation)
    async with db.transaction():
        await db.lock(f"menus:{conversation.id}")
        if kept := await db.fetch("SELECT step FROM menus_answered WHERE item = {}", item.id):
            return msgspec.json.decode(kept[0]["step"], type=Step)
        found = await db.fetch("SELECT * FROM menus_session WHERE conversation = {}", conversation.id)
        if found and found[0]["outcome"]:
            return None
        version = int(found[0]["version"]) if found else await _version_for(conversation, contact)
        if version is None:
            return None
        prepared = await _prepared(version)
        if prepared is None:
            return None
        if found:
            state = msgspec.json.decode(found[0]["state"], type=engine.State)
            turn = engine.answer(prepared, state, languages, item.text, str(item.data.get("choice") or ""))
            session, began = int(found[0]["id"]), db.moment(found[0]["started_at"])
        else:
            turn = engine.begin(prepared, _first(conversation, contact, item), languages)
            session, began = await _start(conversation, contact, version), datetime.now(UTC)
        step = await _step(conversation, turn)
        await _write(session, version, item, turn, step, began or datetime.now(UTC))
        return step


async def settle(_job: jobs.Job) -> None:
    """Where a colleague took over, or core no longer waits for an answer, the menu is over.

    Whoever is gone before anybody had them (a caller who has hung up) has left it.
    """
    now = datetime.now(UTC)
    rows = await db.fetch(
        "SELECT s.id, s.started_at, s.last_at, c.status, c.assignee FROM menus_session s "
        "JOIN pd_conversation c ON c.id = s.conversation "
        f"WHERE s.outcome = '' AND (c.asking = {{}} OR c.assignee IS NOT NULL) LIMIT {_AT_ONCE}",
        False,
    )
    for row in rows:
        silent = now - (db.moment(row["last_at"]) or now)
        began = db.moment(row["started_at"]) or now
        gone = row["status"] == "solved" and row["assignee"] is None
        await db.fetch(
            "UPDATE menus_session SET outcome = {}, seconds = {} WHERE id = {} AND outcome = ''",
            "left" if gone or silent > LEFT else "human",
            int((now - began).total_seconds()),
            row["id"],
        )


async def has_questions(scope: Scope) -> bool:
    """Is any menu before contacts here?"""
    rows = await db.fetch(
        "SELECT 1 AS found FROM menus_menu WHERE live IS NOT NULL AND (client IS NULL OR client = {}) "
        "AND (market IS NULL OR market = {}) LIMIT 1",
        scope.client,
        scope.market,
    )
    return bool(rows)


async def merged(kept: Contact, gone: int) -> None:
    """What was one contact's is another's."""
    await db.fetch("UPDATE menus_session SET contact = {} WHERE contact = {}", kept.id, gone)


def gets_rival(menu: int, rival: int, contact: int, share: int) -> bool:
    """Whether a contact belongs to the share that gets the other version: always the same answer for both."""
    digest = hashlib.blake2b(f"{menu}:{rival}:{contact}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % 100 < share


def _first(conversation: Conversation, contact: Contact, item: Item) -> engine.State:
    return engine.State(
        kind=contact.kind,
        language=contact.language or conversation.language,
        attributes=conversation.attributes,
        opening=item.text[:2000],
        topic=conversation.category,
    )


async def _languages(conversation: Conversation) -> tuple[str, ...]:
    for client in await scopes.list_clients((conversation.client,)):
        for market in client.markets:
            if market.id == conversation.market:
                return (*market.languages, *client.languages)
        return client.languages
    return ()


async def _version_for(conversation: Conversation, contact: Contact) -> int | None:
    rows = await db.fetch(
        "SELECT id, live, rival, share FROM menus_menu WHERE live IS NOT NULL AND (client IS NULL OR client = {}) "
        "AND (market IS NULL OR market = {}) "
        "ORDER BY CASE WHEN market IS NOT NULL THEN 0 WHEN client IS NOT NULL THEN 1 ELSE 2 END LIMIT 1",
        conversation.client,
        conversation.market,
    )
    if not rows:
        return None
    menu = rows[0]
    rival = menu["rival"]
    return int(rival if rival and gets_rival(menu["id"], rival, contact.id, menu["share"]) else menu["live"])


async def _prepared(version: int) -> flow.Flow | None:
    rows = await db.fetch("SELECT tree FROM menus_version WHERE id = {}", version)
    try:
        return flow.stored(rows[0]["tree"]) if rows else None
    except msgspec.DecodeError as error:
        # A person is always better than a message that waits for nobody.
        log.error("version %s of a menu cannot be read, so people go without it: %s", version, error)
        return None


async def _start(conversation: Conversation, contact: Contact, version: int) -> int:
    rows = await db.fetch(
        "INSERT INTO menus_session (conversation, contact, version, state, node, asked, outcome, wanted_human, topic, "
        "started_at, last_at) VALUES ({}, {}, {}, '', '', 0, '', FALSE, '', {}, {}) RETURNING id",
        conversation.id,
        contact.id,
        version,
        datetime.now(UTC),
        datetime.now(UTC),
    )
    return int(rows[0]["id"])


async def _step(conversation: Conversation, turn: engine.Turn) -> Step:
    queue, reason = turn.queue, turn.reason
    if queue is not None and not await _may_wait_in(queue, conversation):
        queue, reason = None, QUEUE_GONE
    return Step(
        say="\n\n".join(turn.say),
        ask=turn.prompt,
        learned=turn.learned,
        queue=queue,
        reason=reason,
        solve=turn.end == "solved",
    )


async def _may_wait_in(queue: int, conversation: Conversation) -> bool:
    rows = await db.fetch("SELECT client, market FROM pd_queue WHERE id = {}", queue)
    return bool(rows) and rows[0]["client"] == conversation.client and rows[0]["market"] in (None, conversation.market)


async def _write(session: int, version: int, item: Item, turn: engine.Turn, step: Step, began: datetime) -> None:
    now = datetime.now(UTC)
    asking = turn.state.at if turn.prompt else ""
    await db.fetch(
        "UPDATE menus_session SET state = {}, node = {}, asked = {}, outcome = {}, "
        "wanted_human = {}, topic = {}, last_at = {}, seconds = {} WHERE id = {}",
        db.clean(msgspec.json.encode(turn.state).decode()),
        turn.state.at,
        turn.state.asked,
        turn.end,
        turn.wanted_human,
        db.clean(turn.state.topic)[:100],
        now,
        int((now - began).total_seconds()) if turn.end else None,
        session,
    )
    await db.fetch(
        "INSERT INTO menus_answered (session, item, version, node, step, at) VALUES ({}, {}, {}, {}, {}, {})",
        session,
        item.id,
        version,
        asking,
        db.clean(msgspec.json.encode(step).decode()),
        now,
    )
