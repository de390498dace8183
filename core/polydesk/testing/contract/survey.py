"""The contract of a plugin that adds kinds of survey questions or chooses surveys, as tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polydesk import hooks, plugins
from polydesk.staff.access import Viewer
from polydesk.testing.contract.plugin import PluginContract
from polydesk.testing.contract.stage import switch
from polydesk.testing.contract.wanting import broken, skip_unless, want
from polydesk.types import Conversation, QuestionKind, Scope, SurveyChoice


class SurveyContract(PluginContract):
    """Subclass it as `TestMySurveys`."""

    scores: ClassVar[dict[str, dict[str, float]]] = {}
    """For each kind that counts, answers with what they count: `{"stars.five": {"5": 100.0}}`."""
    surveyed: ClassVar[Sequence[tuple[Conversation, str]]] = ()
    """Conversations with the name of the survey that follows; "" for none."""

    def test_surveys__kinds_are_named_after_the_plugin_and_have_words(self, the_plugin: plugins.Plugin) -> None:
        """Two plugins may each have a smiley."""
        kinds = self.__kinds(the_plugin)
        skip_unless(kinds, "the plugin adds no kinds of questions (polydesk_question_kinds)")
        for kind in kinds:
            want(
                kind.name.startswith(f"{self.plugin}.") and str(kind.label).strip(),
                f'a kind of question is named "{self.plugin}.…" and has a label',
                why="answers are stored by that name",
                seen=kind,
                clause="surveys",
            )

    def test_surveys__answers_count_what_they_should(self, the_plugin: plugins.Plugin) -> None:
        """The author's own answers."""
        skip_unless(self.scores, "no kind counts towards a figure (`scores`)")
        kinds = {kind.name: kind for kind in self.__kinds(the_plugin)}
        for name, answers in self.scores.items():
            want(
                name in kinds and kinds[name].score,
                f"{name} has a `score`",
                why="its author says that it counts",
                seen=sorted(kinds),
                clause="surveys",
            )
            for answer, counted in answers.items():
                found = kinds[name].score(answer)
                want(
                    found == counted,
                    f"{answer!r} counts {counted}",
                    why="its author says so",
                    seen=found,
                    clause="surveys",
                )

    @settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(answer=st.text(max_size=40))
    def test_surveys__odd_answers_do_not_break_a_figure(self, the_plugin: plugins.Plugin, answer: str) -> None:
        """Answers come from strangers."""
        for kind in self.__kinds(the_plugin):
            if kind.score is None:
                continue
            try:
                found = kind.score(answer)
            except Exception as error:
                broken(
                    "`score` answers a number or None, whatever was typed",
                    why="one answer would break the figure",
                    seen=f"{type(error).__name__}: {error} at {answer!r}",
                    clause="surveys",
                )
            want(
                found is None or isinstance(found, int | float),
                "`score` answers a number or None",
                seen=repr(found),
                why="figures are computed from it",
                clause="surveys",
            )

    async def test_surveys__the_survey_that_follows_is_chosen(self, the_plugin: plugins.Plugin, owner: Viewer) -> None:
        """A choice or None, and none where the plugin is off."""
        skip_unless(
            "polydesk_choose_survey" in the_plugin.hooks, "the plugin chooses no survey (polydesk_choose_survey)"
        )
        scope = Scope(owner.clients[0])
        cases = self.surveyed or [(conversation(scope.client or 1), "")]
        for about, name in cases:
            answers = await plugins.ask(scope, hooks.polydesk_choose_survey, conversation=about)
            mine = next(each for each in answers if each.plugin is the_plugin)
            fits = mine.value is None or (isinstance(mine.value, SurveyChoice) and mine.value.after_seconds >= 0)
            want(
                not mine.failure and fits,
                "polydesk_choose_survey answers a SurveyChoice or None",
                why="it is sent then",
                seen=mine.failure or mine.value,
                clause="surveys",
            )
            if self.surveyed:
                chosen = mine.value.name if mine.value else ""
                want(
                    chosen == name,
                    f"the survey {name!r} follows",
                    why="its author says so",
                    seen=chosen,
                    clause="surveys",
                )
        await switch(self.plugin, scope, False)
        answers = await plugins.ask(scope, hooks.polydesk_choose_survey, conversation=cases[0][0])
        want(
            all(each.plugin is not the_plugin for each in answers),
            "where it is off, it is not asked",
            why="it does not exist there",
            clause="off",
        )

    def __kinds(self, plugin: plugins.Plugin) -> list[QuestionKind]:
        return [kind for owner, kind in plugins.collect(hooks.polydesk_question_kinds) if owner is plugin]


def conversation(client: int, **more: object) -> Conversation:
    """A conversation that was just solved."""
    given = {"id": 1, "client": client, "contact": 1, "status": "solved", "opened_at": datetime.now(UTC), **more}
    return Conversation(**given)  # type: ignore[arg-type]
