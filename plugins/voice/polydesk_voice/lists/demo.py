"""Subscriptions that end soon: a list half worked through, another one not begun, and two who said no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec

from polydesk import db, i18n
from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk.staff import service as staff
from polydesk_voice.lists import never, service
from polydesk_voice.lists.service import DialList
from polydesk_voice.lists.settings import ListSettings, Result

_FIRST = (
    "Camille", "Hugo", "Léa", "Nathan", "Chloé", "Louis", "Manon", "Jules", "Inès", "Gabriel", "Sarah", "Adam", "Zoé",
    "Raphaël", "Oliver", "Amelia", "George", "Isla", "Harry", "Freya", "Leo", "Poppy",
)  # fmt: skip
_LAST = (
    "Lefèvre", "Marchand", "Roussel", "Fontaine", "Girard", "Perrin", "Blanchard", "Colin", "Aubry", "Renaud",
    "Whitfield", "Barlow", "Hastings", "Pritchard", "Lowe", "Sinclair",
)  # fmt: skip
_PLANS = (("Plus", "49"), ("Plus", "49"), ("Plus Family", "79"), ("Business", "240"))
RENEWED = Result(label="Renewed", effect="success")
RESULTS = (
    RENEWED,
    Result(label="Renewed with a discount", effect="success"),
    Result(label="Thinks about it", effect="again"),
    Result(label="Wants to be called back", effect="callback"),
    Result(label="Moves to a competitor"),
    Result(label="Does not need it any more"),
    Result(label="Wrong number"),
    Result(label="Does not want calls", effect="never"),
)
# What became of them so far, in the order of the file.
_FATES = (
    ["Renewed"] * 7 + ["Renewed with a discount"] * 2 + ["Does not need it any more"] * 3
    + ["Moves to a competitor"] * 2 + ["Wrong number", "Does not want calls", "promised", "promised"]
    + ["Thinks about it"] * 2 + ["left"] + ["no_answer"] * 5 + ["busy"] * 2 + ["machine"] * 2 + [""] * 15
)  # fmt: skip


async def load(say: Callable[[str], None]) -> None:
    """For the firm whose line the demo has."""
    lines = await db.fetch("SELECT id, client FROM pd_account WHERE channel = 'voice' ORDER BY id LIMIT 1")
    owners = await db.fetch("SELECT id FROM pd_person WHERE is_owner ORDER BY id LIMIT 1")
    if not lines or not owners:
        return
    say("Dialling lists …")
    owner = await staff.viewer_by_id(int(owners[0]["id"]))
    own = [each for each in await queues.list_queues(owner) if each.client == lines[0]["client"]]
    agents = await db.fetch(
        "SELECT DISTINCT m.person FROM pd_membership m JOIN voice_phone f ON f.person = m.person "
        "WHERE m.client = {} AND m.role = 'agent' ORDER BY m.person",
        lines[0]["client"],
    )
    if not own or not agents:
        return
    chance = Random(12)  # noqa: S311 the same demo every time
    fates = list(_FATES)
    chance.shuffle(fates)
    running = await _list(
        owner, lines[0]["id"], own[0].id, _("Subscription renewal, this month"), ListSettings(results=RESULTS)
    )
    people = [(fate, await _person(running, n, chance)) for n, fate in enumerate(fates)]
    for fate, entry in people:
        await _fate(running, entry, fate, chance, [row["person"] for row in agents])
    await service.set_state(owner, running.id, "running")
    following = await _list(
        owner,
        lines[0]["id"],
        own[0].id,
        _("Subscription renewal, next month"),
        ListSettings(results=RESULTS, pacing="progressive", attempts=4),
    )
    for number in range(24):
        await _person(following, 100 + number, chance)
    async with db.transaction():
        await never.add(
            running.client, ["+33639981999", "+447700900999"], _("Asked by letter not to be called"), owner.id
        )


async def _list(owner: Any, account: int, queue: int, name: str, settings: ListSettings) -> DialList:
    made = await service.save(owner, name=name, account=account, queue=queue, settings=settings)
    return await service.get(owner, made)


async def _person(it: DialList, number: int, chance: Random) -> dict[str, Any]:
    """Numbers are of the ranges that France and Britain keep for stories."""
    french = number % 4 != 3
    name = (
        f"{chance.choice(_FIRST[:14] if french else _FIRST[14:])} {chance.choice(_LAST[:10] if french else _LAST[10:])}"
    )
    plan, price = chance.choice(_PLANS)
    ends = (datetime.now(UTC) + timedelta(days=chance.randrange(3, 28) + (30 if number >= 100 else 0))).date()
    facts = {
        _("Plan"): plan,
        _("Renewal"): i18n.day(ends),
        _("A year"): f"{price} €" if french else f"£{price}",
        _("Customer since"): str(chance.randrange(2019, 2026)),
    }
    rows = await db.fetch(
        "INSERT INTO voice_list_entry (list, name, phone, language, time_zones, facts, state, attempts, outcome, "
        "result, promised, due_at) VALUES ({}, {}, {}, {}, {}, {}, 'waiting', 0, '', '', {}, {}) RETURNING *",
        it.id,
        name,
        f"+33639981{number:03}" if french else f"+447700900{number:03}",
        "fr" if french else "en",
        "Europe/Paris" if french else "Europe/London",
        msgspec.json.encode(facts).decode(),
        False,
        datetime.now(UTC) - timedelta(days=3),
    )
    return rows[0]


async def _fate(it: DialList, entry: dict[str, Any], fate: str, chance: Random, agents: list[int]) -> None:
    """Attempts as they were made, and where that leaves them."""
    if not fate:
        return
    now = datetime.now(UTC)
    agent = chance.choice(agents)
    unreached = fate in ("no_answer", "busy", "machine", "left")
    tries = 3 if fate == "left" else chance.randrange(1, 3)
    outcomes = [chance.choice(("no_answer", "no_answer", "busy", "machine")) for _try in range(tries - 1)]
    outcomes.append("no_answer" if fate == "left" else fate if unreached else "answered")
    result = "" if unreached else "Wants to be called back" if fate == "promised" else fate
    at = now - timedelta(hours=chance.uniform(3, 20))
    for number, outcome in enumerate(outcomes):
        # Calls of the demo's lists have no rows of their own: these numbers are below those of any real one.
        await db.fetch(
            "INSERT INTO voice_list_attempt (list, entry, call, person, outcome, result, remark, at) "
            "VALUES ({}, {}, {}, {}, {}, {}, '', {})",
            it.id,
            entry["id"],
            -(entry["id"] * 10 + number),
            agent,
            outcome,
            result if outcome == "answered" else "",
            at - timedelta(hours=24 * (len(outcomes) - 1 - number)),
        )
    waits = (unreached and fate != "left") or fate in ("promised", "Thinks about it")
    due = now + timedelta(hours=chance.uniform(1, 30)) if waits else entry["due_at"]
    await db.fetch(
        "UPDATE voice_list_entry SET state = {}, attempts = {}, outcome = {}, result = {}, promised = {}, due_at = {}, "
        "person = {}, last_at = {} WHERE id = {}",
        "never" if fate == "Does not want calls" else "waiting" if waits else "done",
        len(outcomes),
        outcomes[-1],
        result,
        fate == "promised",
        due,
        agent if fate == "promised" else None,
        at,
        entry["id"],
    )
    if fate == "Does not want calls":
        async with db.transaction():
            await never.add(it.client, [entry["phone"]], fate, agent)
