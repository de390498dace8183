"""Filter, then score: which agent should take a case, with every reason in words.

Pure given its inputs, so that the same code answers "what would last week have looked like under these rules".
The shape is the Kubernetes scheduler's: filters remove who may not, scores rank the rest, weights are per queue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from polydesk import plugins
from polydesk.i18n import N_
from polydesk.plugins import Plugin
from polydesk.strategy import Strategy
from polydesk.types import Agent, Case, Text, Verdict


class Opinion(msgspec.Struct, frozen=True):
    """One strategy's verdict on one agent; `weight` is the queue's."""

    strategy: str
    reason: Text
    weight: float = 0.0
    score: float = 0.0


class Candidate(msgspec.Struct, frozen=True):
    """An agent with what speaks for them; `against` is why they may not take it."""

    agent: Agent
    score: float = 0.0
    opinions: tuple[Opinion, ...] = ()
    against: Opinion | None = None


async def rank(
    case: Case,
    agents: Sequence[Agent],
    strategies: Sequence[tuple[Plugin, Strategy]],
    weights: dict[str, float],
    *,
    engaged: Mapping[int, Text] | None = None,
    exclusive: bool = False,
) -> list[Candidate]:
    """Everyone, best first, those who may not take it last. Equal scores go to whoever was assigned longest ago.

    `engaged` are those who cannot just now, by id, and why. An `exclusive` case needs no room beside other work.
    """
    held_up = engaged or {}
    used = [(plugin, each, weights.get(each.name, 1.0)) for plugin, each in strategies]
    used = [entry for entry in used if entry[2] > 0]
    ranked = [await _judge(case, agent, used, held_up.get(agent.id), exclusive) for agent in agents]

    def place(candidate: Candidate) -> tuple[bool, float, float]:
        last = candidate.agent.last_assigned_at
        return candidate.against is not None, -candidate.score, last.timestamp() if last else 0.0

    return sorted(ranked, key=place)


async def _judge(
    case: Case, agent: Agent, used: list[tuple[Plugin, Strategy, float]], engaged: Text | None, exclusive: bool
) -> Candidate:
    if engaged is not None:
        return Candidate(agent, against=Opinion("engaged", engaged))
    if not exclusive and agent.load >= agent.capacity:
        full = Text(N_("has {load} of {capacity} conversations"), {"load": agent.load, "capacity": agent.capacity})
        return Candidate(agent, against=Opinion("capacity", full))
    for plugin, strategy, _weight in used:
        verdict = await plugins.call_quickly(plugin, f"{strategy.name}.filter", strategy.filter, case, agent)
        if isinstance(verdict, Verdict) and not verdict.allowed:
            return Candidate(agent, against=Opinion(strategy.name, verdict.reason))
    opinions = []
    for plugin, strategy, weight in used:
        verdict = await plugins.call_quickly(plugin, f"{strategy.name}.score", strategy.score, case, agent)
        if isinstance(verdict, Verdict):
            points = min(100.0, max(0.0, float(verdict.score)))
            opinions.append(Opinion(strategy.name, verdict.reason, weight, points))
    return Candidate(agent, sum(each.weight * each.score for each in opinions), tuple(opinions))
