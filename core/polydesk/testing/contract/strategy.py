"""The contract of a routing strategy, as tests."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polydesk import hooks, plugins
from polydesk.staff.access import Viewer
from polydesk.strategy import Strategy
from polydesk.testing.contract.plugin import PluginContract
from polydesk.testing.contract.stage import switch
from polydesk.testing.contract.wanting import broken, skip_unless, want
from polydesk.types import Agent, Case, Contact, Conversation, Scope, Verdict

_MANY, _SECONDS = 2000, 1.0
_NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_agents = st.builds(
    Agent,
    id=st.integers(1, 2**31),
    name=st.text(max_size=30),
    languages=st.lists(st.sampled_from(["en", "ka", "ar", "", "zh-Hant"]), max_size=3).map(tuple),
    presence=st.sampled_from(["ready", "away", "offline"]),
    load=st.integers(0, 50),
    capacity=st.integers(0, 50),
    last_assigned_at=st.one_of(st.none(), st.just(_NOW)),
    skills=st.lists(st.text(max_size=10), max_size=3).map(tuple),
)


def case(**more: Any) -> Case:
    """A case to judge: fields of a Conversation, or `contact=Contact(…)`."""
    contact = more.pop("contact", Contact(id=1, client=1))
    previous = more.pop("previous_assignee", None)
    conversation = Conversation(**{"id": 1, "client": 1, "contact": contact.id, "opened_at": _NOW, **more})
    return Case(conversation=conversation, contact=contact, queue=1, previous_assignee=previous, waiting_since=_NOW)


class StrategyContract(PluginContract):
    """Subclass it as `TestMyStrategy`."""

    strategy: ClassVar[str]
    """Its name, as `polydesk_strategies` gives it."""
    prefers: ClassVar[Sequence[tuple[Case, Agent, Agent]]] = ()
    """Cases with an agent who does better and one who does worse."""
    excludes: ClassVar[Sequence[tuple[Case, Agent]]] = ()
    """Cases with an agent who may not take them."""

    @pytest.fixture
    def it(self, the_plugin: plugins.Plugin) -> Strategy:
        """The strategy under test."""
        found = {each.name: each for plugin, each in plugins.collect(hooks.polydesk_strategies) if plugin is the_plugin}
        want(
            self.strategy in found,
            f"polydesk_strategies answers with a strategy named {self.strategy!r}",
            why="weights are stored under that name",
            seen=sorted(found),
            clause="strategies",
        )
        return found[self.strategy]

    def test_strategies__has_words_for_the_queue_screen(self, it: Strategy) -> None:
        """A supervisor sets its weight by its label."""
        want(str(it.label).strip(), "a strategy has a label", why="its weight is set by it", clause="strategies")

    @settings(max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(agent=_agents, language=st.sampled_from(["", "en", "ar"]), priority=st.integers(-1, 3))
    def test_strategies__judges_any_agent_in_words(
        self, it: Strategy, agent: Agent, language: str, priority: int
    ) -> None:
        """Verdict or None; from 0 to 100; the same each time; nothing changes."""
        judged = case(language=language, priority=priority)
        for judge in (it.filter, it.score):
            try:
                first, second = judge(judged, agent), judge(judged, agent)
            except Exception as error:
                broken(
                    f"{judge.__name__} answers a Verdict or None for any agent",
                    why="one agent it cannot judge would hold up everyone's work",
                    seen=f"{type(error).__name__}: {error} at {agent}",
                    clause="strategies",
                )
            want(
                first == second,
                "the same agent is judged the same way twice",
                why="a verdict is kept as the reason, and simulated again later",
                seen=(first, second),
                clause="strategies",
            )
            if first is None:
                continue
            want(
                isinstance(first, Verdict) and str(first.reason).strip(),
                "a Verdict has a reason in words",
                why="agents and supervisors read why",
                seen=first,
                clause="strategies",
            )
            want(
                0 <= first.score <= 100,
                "a score is from 0 to 100",
                why="weights multiply it",
                seen=first.score,
                clause="strategies",
            )

    def test_strategies__prefers_and_excludes_whom_it_should(self, it: Strategy) -> None:
        """The author's own cases."""
        skip_unless(self.prefers or self.excludes, "the author gave no cases (`prefers`, `excludes`)")
        for judged, better, worse in self.prefers:
            scores = [getattr(it.score(judged, each), "score", 0.0) for each in (better, worse)]
            want(
                scores[0] > scores[1],
                f"{better.name} is preferred to {worse.name}",
                why="its author says so",
                seen=scores,
                clause="strategies",
            )
        for judged, agent in self.excludes:
            verdict = it.filter(judged, agent)
            want(
                verdict is not None and not verdict.allowed,
                f"{agent.name} may not take it",
                why="its author says so",
                seen=verdict,
                clause="strategies",
            )

    def test_strategies__is_quick(self, it: Strategy) -> None:
        """It runs once per agent and case."""
        agents = [Agent(id=number, name=f"Agent {number}", languages=("en",), capacity=8) for number in range(_MANY)]
        judged, began = case(language="en"), time.perf_counter()
        for agent in agents:
            it.filter(judged, agent)
            it.score(judged, agent)
        spent = time.perf_counter() - began
        want(
            spent < _SECONDS,
            f"{_MANY} agents are judged in {_SECONDS:g} s",
            why="thousands may be signed in",
            seen=f"{spent:.2f} s",
            clause="strategies",
        )

    async def test_off__has_no_say_where_it_is_off(self, it: Strategy, owner: Viewer) -> None:
        """Off for a client, it does not exist there."""
        scope = Scope(owner.clients[0])
        await switch(self.plugin, scope, False)
        names = [each.name for _plugin, each in plugins.collect(hooks.polydesk_strategies, scope)]
        want(
            self.strategy not in names,
            "a strategy that is off has no say",
            why="it does not exist there",
            seen=names,
            clause="off",
        )

    def test_strategies__verdicts_are_data(self, it: Strategy) -> None:
        """They are kept with the assignment."""
        for verdict in (it.filter(case(), Agent(id=1, name="Ana")), it.score(case(), Agent(id=1, name="Ana"))):
            want(
                verdict is None or msgspec.json.encode(verdict),
                "a Verdict is JSON",
                why="it is kept with the timeline",
                seen=verdict,
                clause="strategies",
            )
