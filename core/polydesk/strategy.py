"""What a routing strategy must do: say who may take a conversation, and who had better."""

from __future__ import annotations

from polydesk.types import Agent, Case, Text, Verdict


class Strategy:
    """Base of every strategy. Both methods are plain, quick and without effect: they run once per agent and case.

    `name` is stored with queue weights and must never change. `filters` may be switched off per queue by weight 0.
    """

    name: str
    label: Text

    def filter(self, case: Case, agent: Agent) -> Verdict | None:
        """May this agent take it? None means no opinion."""
        return None

    def score(self, case: Case, agent: Agent) -> Verdict | None:
        """How well would this agent do, from 0 to 100? None means no opinion."""
        return None
