"""Give a waiting conversation to one agent, exactly once, and write down why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from polydesk import db, events, hooks, jobs, live, plugins
from polydesk.channels import service as channels
from polydesk.contacts import identify
from polydesk.conversations import placing, service
from polydesk.i18n import N_
from polydesk.queues.choosing import Candidate, rank
from polydesk.staff import people
from polydesk.staff.access import Viewer, roles_with
from polydesk.strategy import Strategy
from polydesk.timeline import service as timeline
from polydesk.types import Agent, Case, JobKind, Presence, Schedule, Scope, Text

_TURNED_DOWN_SHOWN = 10
_SWEEP = 200
_TOLD_WITHIN = timedelta(seconds=5)


async def assign(conversation: int, job: jobs.Job | None = None) -> int | None:
    """Find the best agent and claim the conversation for them; their id, or None when nobody may take it now."""
    rows = await db.fetch(
        "SELECT v.*, q.assigns, q.weights, q.market AS queue_market FROM pd_conversation v "
        "JOIN pd_queue q ON q.id = v.queue WHERE v.id = {} AND v.assignee IS NULL AND v.status = 'open'",
        conversation,
    )
    if not rows or not rows[0]["assigns"] or rows[0]["waiting_since"] is None:
        return None
    row = rows[0]
    scope = Scope(row["client"], row["market"])
    case = Case(
        conversation=service.from_row(row),
        contact=await identify.load(row["contact"]),
        queue=row["queue"],
        previous_assignee=await _previous_assignee(row),
        waiting_since=row["waiting_since"],
    )
    strategies: list[tuple[plugins.Plugin, Strategy]] = plugins.collect(hooks.polydesk_strategies, scope)
    exclusive = channels.exclusive()
    agents = await _agents(row, exclusive)
    ranked = await rank(
        case,
        agents,
        strategies,
        msgspec.json.decode(row["weights"]),
        engaged=await _engaged(scope, case, agents),
        exclusive=row["channel"] in exclusive,
    )
    for candidate in ranked:
        if candidate.against is not None:
            break
        if await _claim(row, candidate, ranked, job, exclusive):
            return candidate.agent.id
    return None


async def set_presence(viewer: Viewer, presence: Presence) -> None:
    """Say whether one is ready for work; whoever becomes ready is offered what waits."""
    async with db.transaction():
        await people.record_presence(viewer, presence)
        if presence == "ready":
            await jobs.enqueue("queues.sweep", {}, key="queues.sweep.soon")


async def give(row: dict[str, Any], assignee: int | None, by: int | None, reasons: list[Text]) -> None:
    """Set or clear the assignee of a stored row, with its item and everyone told; inside a transaction."""
    # Whoever was still being asked by a machine waits for a person now.
    await db.fetch(
        "UPDATE pd_conversation SET assignee = {}, awaits_reply = (awaits_reply OR asking), asking = {} WHERE id = {}",
        assignee,
        False,
        row["id"],
    )
    names = await db.fetch("SELECT name FROM pd_person WHERE id = {}", assignee) if assignee else []
    await timeline.append(
        "assigned",
        client=row["client"],
        contact=row["contact"],
        conversation=row["id"],
        person=by,
        data={"from": row["assignee"], "to": assignee, "name": names[0]["name"] if names else "", "reasons": reasons},
    )
    await events.announce(
        Scope(row["client"], row["market"]),
        hooks.polydesk_conversation_assigned,
        conversation=service.from_row({**row, "assignee": assignee}),
        assignee=assignee,
    )
    if assignee is not None:
        await placing.leave(row)
    live.signal(row["client"], "inbox", row["id"])
    live.signal(row["client"], "conversation", row["id"])


async def _engaged(scope: Scope, case: Case, agents: list[Agent]) -> dict[int, Text]:
    if not agents or not plugins.listeners(scope, hooks.polydesk_engaged_agents):
        return {}
    answers = await plugins.ask(scope, hooks.polydesk_engaged_agents, case=case, agents=[agent.id for agent in agents])
    return {person: why for answer in answers for person, why in (answer.value or {}).items()}


async def _agents(row: dict[str, Any], exclusive: tuple[str, ...]) -> list[Agent]:
    """Everyone ready who works in the queue and may reply there, with what they have open."""
    roles = ", ".join(f"'{role}'" for role in roles_with("conversation.reply"))
    rows = await db.fetch(
        "SELECT p.id, p.name, p.speaks, p.presence, p.capacity, p.last_assigned_at, "
        "(SELECT COUNT(*) FROM pd_conversation o WHERE o.assignee = p.id AND o.status = 'open' "
        "AND o.channel NOT IN {}) AS load "
        "FROM pd_person p WHERE p.presence = 'ready' AND p.active = {} AND (p.is_owner = {} OR EXISTS ("
        "SELECT 1 FROM pd_membership m WHERE m.person = p.id AND m.client = {} "
        f"AND (m.market IS NULL OR m.market = {{}}) AND m.role IN ({roles}))) "
        "AND (NOT EXISTS (SELECT 1 FROM pd_queue_member e WHERE e.queue = {}) "
        "OR EXISTS (SELECT 1 FROM pd_queue_member w WHERE w.queue = {} AND w.person = p.id))",
        exclusive,
        True,
        True,
        row["client"],
        row["market"],
        row["queue"],
        row["queue"],
    )
    return [
        Agent(
            id=each["id"],
            name=each["name"],
            languages=tuple(each["speaks"].split()),
            presence=each["presence"],
            load=each["load"],
            capacity=each["capacity"],
            last_assigned_at=each["last_assigned_at"],
        )
        for each in rows
    ]


async def _previous_assignee(row: dict[str, Any]) -> int | None:
    rows = await db.fetch(
        "SELECT assignee FROM pd_conversation WHERE contact = {} AND id <> {} AND assignee IS NOT NULL "
        "ORDER BY last_at DESC LIMIT 1",
        row["contact"],
        row["id"],
    )
    return int(rows[0]["assignee"]) if rows else None


async def _claim(
    row: dict[str, Any],
    winner: Candidate,
    ranked: list[Candidate],
    job: jobs.Job | None,
    exclusive: tuple[str, ...],
) -> bool:
    """One conditional update decides; the agent's row is locked first so that their capacity holds too."""
    async with db.transaction():
        now = datetime.now(UTC)
        await db.fetch("UPDATE pd_person SET last_assigned_at = {} WHERE id = {}", now, winner.agent.id)
        load = await db.fetch(
            "SELECT COUNT(*) AS load FROM pd_conversation WHERE assignee = {} AND status = 'open' "
            "AND channel NOT IN {}",
            winner.agent.id,
            exclusive,
        )
        if row["channel"] not in exclusive and load[0]["load"] >= winner.agent.capacity:
            return False
        if row["channel"] in exclusive and await _has_just_been_given_one(row["id"], winner.agent.id, exclusive, now):
            return False
        claimed = await db.fetch(
            "UPDATE pd_conversation SET assignee = {} WHERE id = {} AND assignee IS NULL AND status = 'open' "
            "AND queue = {} RETURNING id",
            winner.agent.id,
            row["id"],
            row["queue"],
        )
        if not claimed:
            return False
        await give(row, winner.agent.id, None, _reasons(winner, ranked))
        if job is not None:
            await job.complete()
    return True


async def _has_just_been_given_one(conversation: int, person: int, exclusive: tuple[str, ...], now: datetime) -> bool:
    """Was another that takes all of them given to them a moment ago? Whoever brings it has not said so yet."""
    return bool(
        await db.fetch(
            "SELECT v.id FROM pd_conversation v JOIN pd_item i ON i.conversation = v.id AND i.kind = 'assigned' "
            "AND i.occurred_at > {} WHERE v.assignee = {} AND v.status = 'open' AND v.channel IN {} AND v.id <> {} "
            "LIMIT 1",
            now - _TOLD_WITHIN,
            person,
            exclusive,
            conversation,
        )
    )


def _reasons(winner: Candidate, ranked: list[Candidate]) -> list[Text]:
    """Why this agent: their verdicts, how many were compared, and who was left out for what."""
    eligible = sum(candidate.against is None for candidate in ranked)
    reasons = [opinion.reason for opinion in winner.opinions]
    reasons.append(
        Text(
            N_("{points} points, best of {eligible} of {ready} ready agents"),
            {"points": round(winner.score), "eligible": eligible, "ready": len(ranked)},
        )
    )
    for candidate in [each for each in ranked if each.against is not None][:_TURNED_DOWN_SHOWN]:
        assert candidate.against is not None
        words = candidate.against.reason
        reasons.append(Text("{agent}: " + words.template, {**words.values, "agent": candidate.agent.name}))
    return reasons


async def _assign(job: jobs.Job) -> None:
    await assign(job.args["conversation"], job)


async def _sweep(_job: jobs.Job) -> None:
    """The safety net: whoever still waits is offered again, most urgent and longest waiting first."""
    if not await db.fetch("SELECT 1 AS yes FROM pd_person WHERE presence = 'ready' AND active = {} LIMIT 1", True):
        return
    waiting = await db.fetch(
        "SELECT v.id, v.queue, v.market, v.channel, v.language FROM pd_conversation v "
        "JOIN pd_queue q ON q.id = v.queue "
        "WHERE v.waiting_since IS NOT NULL AND v.assignee IS NULL AND v.status = 'open' AND q.assigns = {} "
        f"ORDER BY v.priority DESC, v.waiting_since, v.id LIMIT {_SWEEP}",
        True,
    )
    hopeless: set[tuple[object, ...]] = set()
    for row in waiting:
        # When nobody could take one, those of its kind would only repeat the answer.
        kind = (row["queue"], row["market"], row["channel"], row["language"])
        if kind not in hopeless and await assign(row["id"]) is None:
            hopeless.add(kind)


JOBS = (
    JobKind(name="queues.assign", handler=_assign),
    JobKind(name="queues.sweep", handler=_sweep),
)
SCHEDULES = (Schedule(name="queues.sweep", job="queues.sweep", every=15.0),)
