"""Who has least to do."""

from __future__ import annotations

from polydesk import N_, Strategy, Text
from polydesk.types import Agent, Case, Verdict


class LoadStrategy(Strategy):
    """Prefers the agent with the largest free share of their capacity."""

    name = "routing.load"
    label = Text(N_("Load"))

    def score(self, case: Case, agent: Agent) -> Verdict | None:
        """100 with nothing open, 0 when full."""
        if agent.capacity <= 0:
            return None
        free = max(0.0, 1 - agent.load / agent.capacity)
        reason = Text(N_("{load} of {capacity} conversations open"), {"load": agent.load, "capacity": agent.capacity})
        return Verdict(score=100 * free, reason=reason)
