"""What came of a list: how many people, attempts and successes, by outcome, by result and by agent."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import msgspec

from polydesk import db
from polydesk.i18n import _, kept
from polydesk_voice.figures.files import safe
from polydesk_voice.figures.formulas import Ratio
from polydesk_voice.lists.service import DialList


class Agent(msgspec.Struct, kw_only=True):
    """An agent's share."""

    name: str
    attempts: int = 0
    reached: int = 0
    successes: int = 0


class Outcomes(msgspec.Struct, kw_only=True):
    """`reached` are people who answered at least once; `outcomes` are of attempts, `results` of people."""

    people: dict[str, int]
    reached: int
    successes: int
    attempts: int
    outcomes: dict[str, int]
    results: dict[str, int]
    agents: list[Agent]
    promised: int

    @property
    def conversion(self) -> Ratio:
        """Goals reached of people reached."""
        return Ratio(self.successes, self.reached)

    @property
    def contact_rate(self) -> Ratio:
        """People reached of people tried."""
        tried = sum(self.people.values()) - self.people.get("untried", 0)
        return Ratio(self.reached, tried)


async def outcomes(it: DialList) -> Outcomes:
    """Counted from attempts and from where everybody stands now."""
    goals = tuple(each.label for each in it.settings.results if each.effect == "success")
    people = await db.fetch(
        "SELECT state, CASE WHEN attempts = 0 THEN 1 ELSE 0 END AS untried, COUNT(*) AS n FROM voice_list_entry "
        "WHERE list = {} GROUP BY state, CASE WHEN attempts = 0 THEN 1 ELSE 0 END",
        it.id,
    )
    counts: dict[str, int] = {}
    for row in people:
        name = "untried" if row["untried"] and row["state"] == "waiting" else row["state"]
        counts[name] = counts.get(name, 0) + int(row["n"])
    tried = await db.fetch(
        "SELECT a.outcome, a.person, COALESCE(p.name, '') AS name, COUNT(*) AS n, "
        "SUM(CASE WHEN a.result IN {} THEN 1 ELSE 0 END) AS goals FROM voice_list_attempt a "
        "LEFT JOIN pd_person p ON p.id = a.person WHERE a.list = {} AND a.call IS NOT NULL "
        "GROUP BY a.outcome, a.person, p.name",
        goals,
        it.id,
    )
    by_outcome: dict[str, int] = {}
    agents: dict[int | None, Agent] = {}
    for row in tried:
        by_outcome[row["outcome"]] = by_outcome.get(row["outcome"], 0) + int(row["n"])
        agent = agents.setdefault(row["person"], Agent(name=row["name"]))
        agent.attempts += int(row["n"])
        agent.reached += int(row["n"]) if row["outcome"] == "answered" else 0
        agent.successes += int(row["goals"])
    results = await db.fetch(
        "SELECT result, COUNT(*) AS n FROM voice_list_entry WHERE list = {} AND result <> '' GROUP BY result", it.id
    )
    reached = await db.fetch(
        "SELECT COUNT(DISTINCT entry) AS n FROM voice_list_attempt WHERE list = {} AND outcome = 'answered'", it.id
    )
    promised = await db.fetch(
        "SELECT COUNT(*) AS n FROM voice_list_entry WHERE list = {} AND state = 'waiting' AND promised = {}",
        it.id,
        True,
    )
    by_result = {row["result"]: int(row["n"]) for row in results}
    return Outcomes(
        people=counts,
        reached=int(reached[0]["n"]),
        successes=sum(by_result.get(label, 0) for label in goals),
        attempts=sum(by_outcome.values()),
        outcomes=dict(sorted(by_outcome.items(), key=lambda pair: -pair[1])),
        results={each.label: by_result.pop(each.label, 0) for each in it.settings.results} | by_result,
        agents=sorted(agents.values(), key=lambda each: (-each.successes, -each.attempts, each.name)),
        promised=int(promised[0]["n"]),
    )


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on the list, as it stands with them."""

    id: int
    name: str
    phone: str
    contact: int | None
    state: str
    attempts: int
    outcome: str
    result: str
    promised: bool
    due_at: datetime
    last_at: datetime | None
    agent: str
    facts: dict[str, str] = {}


PAGE = 50


async def people(it: DialList, state: str = "", words: str = "", after: int = 0) -> tuple[list[Person], int]:
    """A page of the list's people, in its order, and where the next one goes on."""
    conditions, arguments = ["e.list = {}", "e.id > {}"], list[Any]([it.id, after])
    if state:
        conditions.append("e.state = {}")
        arguments.append(state)
    if words.strip():
        conditions.append("(lower(e.name) LIKE {} ESCAPE '!' OR e.phone LIKE {} ESCAPE '!')")
        escaped = words.strip().lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        arguments += [f"%{escaped}%", f"%{escaped.lstrip('+0')}%"]
    rows = await db.fetch(f"{_PEOPLE} WHERE {' AND '.join(conditions)} ORDER BY e.id LIMIT {PAGE + 1}", *arguments)
    found = [_person(row) for row in rows[:PAGE]]
    return found, found[-1].id if len(rows) > PAGE else 0


_PEOPLE = (
    "SELECT e.id, e.name, e.phone, e.contact, e.state, e.attempts, e.outcome, e.result, e.promised, e.due_at, "
    "e.last_at, e.facts, COALESCE((SELECT p.name FROM voice_list_attempt a JOIN pd_person p ON p.id = a.person "
    "WHERE a.entry = e.id ORDER BY a.id DESC LIMIT 1), '') AS agent FROM voice_list_entry e"
)


async def table(it: DialList) -> str:
    """Everybody with what came of them, for a spreadsheet."""
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    facts: dict[str, None] = {}
    found: list[Person] = []
    after = 0
    while True:
        rows = await db.fetch(f"{_PEOPLE} WHERE e.list = {{}} AND e.id > {{}} ORDER BY e.id LIMIT 2000", it.id, after)
        if not rows:
            break
        found += [_person(row) for row in rows]
        after = rows[-1]["id"]
    for person in found:
        facts.update(dict.fromkeys(person.facts))
    heads = [_("Name"), _("Number"), _("State"), _("Attempts"), _("Outcome"), _("Result"), _("Agent"), _("Last call")]
    writer.writerow(safe([*heads, *facts]))
    for person in found:
        cells: list[object] = [person.name, person.phone, person.state, person.attempts, person.outcome, person.result]
        cells += [person.agent, person.last_at.isoformat() if person.last_at else ""]
        writer.writerow(safe([*cells, *(person.facts.get(name, "") for name in facts)]))
    return text.getvalue()


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One time somebody was called, or skipped."""

    outcome: str
    result: str
    remark: str
    name: str
    at: datetime


async def attempts(entry: int) -> list[Attempt]:
    """Of one person, the latest first."""
    rows = await db.fetch(
        "SELECT a.outcome, a.result, a.remark, COALESCE(p.name, '') AS name, a.at FROM voice_list_attempt a "
        "LEFT JOIN pd_person p ON p.id = a.person WHERE a.entry = {} ORDER BY a.id DESC LIMIT 50",
        entry,
    )
    return [msgspec.convert({**row, "remark": kept(row["remark"])}, Attempt) for row in rows]


def _person(row: dict[str, Any]) -> Person:
    values = {**row, "promised": bool(row["promised"]), "facts": msgspec.json.decode(row["facts"] or "{}")}
    return msgspec.convert(values, Person)
