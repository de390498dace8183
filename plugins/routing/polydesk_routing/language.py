"""Who speaks the contact's language."""

from __future__ import annotations

from polydesk import N_, Strategy, Text
from polydesk.types import Agent, Case, Verdict


class LanguageStrategy(Strategy):
    """Leaves out agents who do not speak the language; the first language of an agent counts as their best."""

    name = "routing.language"
    label = Text(N_("Language"))

    def filter(self, case: Case, agent: Agent) -> Verdict | None:
        """Nothing is known of the language, or of the agent's: then nobody is left out."""
        wanted = _base(case.contact.language or case.conversation.language)
        if not wanted or not agent.languages or wanted in map(_base, agent.languages):
            return None
        return Verdict(allowed=False, reason=Text(N_("does not speak {language}"), {"language": wanted}))

    def score(self, case: Case, agent: Agent) -> Verdict | None:
        """100 for an agent's first language, 70 for another, 0 when the agent's languages are not known."""
        wanted = _base(case.contact.language or case.conversation.language)
        if not wanted:
            return None
        spoken = [_base(each) for each in agent.languages]
        if wanted not in spoken:
            return Verdict(score=0, reason=Text(N_("languages not stated")))
        if spoken[0] == wanted:
            return Verdict(score=100, reason=Text(N_("{language} is their first language"), {"language": wanted}))
        return Verdict(score=70, reason=Text(N_("speaks {language}"), {"language": wanted}))


def _base(code: str) -> str:
    return code.lower().replace("_", "-").partition("-")[0]
