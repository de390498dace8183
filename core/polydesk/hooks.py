"""Every hook of Polydesk: what a plugin may implement, when it is called, and what its answer does.

Four kinds, told apart by the signature and enforced when a plugin loads:

- contribution, `def -> list[T]`: collected once at start. One that raises makes the plugin unavailable.
- event, `async def -> None`: something happened and is committed; told at least once, so handle a repeat.
- question, `async def -> T`: every plugin answers; answers that fail or are late are left out, and that is said.
- decision, `async def -> T | None`: asked one at a time in stated order; the first that is not None wins.

An implementation may take fewer arguments than the specification, and is marked `@polydesk.hookimpl`. Hooks are
never called inside a database transaction, and each call has a time budget: slow work belongs in a job.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import pluggy

from polydesk.types import (
    Answer,
    Case,
    Contact,
    Conversation,
    ConversationClaim,
    DemoStep,
    Item,
    ItemDraft,
    ItemKind,
    JobKind,
    Message,
    Metric,
    NavigationEntry,
    Objection,
    PackPart,
    Permission,
    PersonalData,
    Presence,
    QuestionKind,
    QueueChoice,
    Schedule,
    Scope,
    Slot,
    Step,
    Suggestion,
    Survey,
    SurveyChoice,
    Text,
    Theme,
)

if TYPE_CHECKING:
    import click
    from litestar import Router

    from polydesk.channel import Channel
    from polydesk.simulator import Simulator
    from polydesk.strategy import Strategy

hookspec = pluggy.HookspecMarker("polydesk")
hookimpl = pluggy.HookimplMarker("polydesk")

F = TypeVar("F", bound=Callable[..., Any])


def only(*channels: str) -> Callable[[F], F]:
    """Below `@hookimpl`: call this one only about conversations that are on one of these channels just then.

    Every event that somebody wants costs a job; who serves one channel should not make all others pay.
    """

    def mark(function: F) -> F:
        function.__dict__["polydesk_only"] = frozenset(channels)
        return function

    return mark


class Deprecation(NamedTuple):
    """A hook that will go: since which version that is known, in which it is gone at the earliest, what to use then."""

    since: str
    until: str
    instead: str


def deprecated(*, since: str, until: str, instead: str) -> Callable[[F], F]:
    """Below `@hookspec`: this hook will go. It works until `until`, two minor versions later at least."""

    def mark(function: F) -> F:
        function.__dict__["polydesk_deprecated"] = Deprecation(since, until, instead)
        return function

    return mark


# --- contact --------------------------------------------------------------------------------------------------------


@hookspec
async def polydesk_contact_created(contact: Contact) -> None:
    """A contact was seen for the first time."""


@hookspec
async def polydesk_contact_updated(contact: Contact) -> None:
    """A contact's name, type, language, identities or attributes changed; `contact` is as it is now."""


@hookspec
async def polydesk_contacts_merged(kept: Contact, merged: int) -> None:
    """Two contacts turned out to be one; everything of contact id `merged` now belongs to `kept`."""


@hookspec
async def polydesk_match_contact(scope: Scope, message: Message) -> int | None:
    """Whose message is this, when the sender's handle is unknown? Answer a contact id of the same client."""


@hookspec
async def polydesk_enrich_contact(contact: Contact) -> dict[str, Any]:
    """What else is known about this contact outside (lifetime value, plan…)? Shown in the contact panel by name."""
    return {}


@hookspec
async def polydesk_contact_items(contact: Contact) -> list[ItemDraft]:
    """What happened with this contact outside (orders, rides…)? Shown in the timeline, not stored."""
    return []


# --- conversation ---------------------------------------------------------------------------------------------------


@hookspec
async def polydesk_conversation_opened(conversation: Conversation, contact: Contact) -> None:
    """A new matter began; its first message is told right after by `polydesk_message_received`."""


@hookspec
async def polydesk_message_received(conversation: Conversation, item: Item) -> None:
    """A message from outside is stored and threaded."""


@hookspec
async def polydesk_message_sent(conversation: Conversation, item: Item) -> None:
    """A service took a message of ours."""


@hookspec
async def polydesk_message_failed(conversation: Conversation, item: Item, reason: str) -> None:
    """A message of ours will not arrive; `reason` is in the service's own words."""


@hookspec
async def polydesk_conversation_assigned(conversation: Conversation, assignee: int | None) -> None:
    """A conversation was given to a person (staff id), or to nobody."""


@hookspec
async def polydesk_conversation_solved(conversation: Conversation) -> None:
    """An agent called the matter settled."""


@hookspec
async def polydesk_conversation_reopened(conversation: Conversation) -> None:
    """A solved matter came back."""


@hookspec
async def polydesk_thread_message(scope: Scope, message: Message, contact: Contact) -> ConversationClaim | None:
    """Which conversation does this message continue, when neither a token nor a reference tells?"""


@hookspec
async def polydesk_next_step(conversation: Conversation, contact: Contact, item: Item) -> Step | None:
    """What should be said or asked before an agent takes over? None hands over to the queue.

    Asked in chats, for a new conversation's first message and then for each answer, until a step without a question
    or an agent takes over; `item.data["choice"]` is the value picked. May be asked twice about the same item: answer
    the same.
    """


@hookspec
async def polydesk_has_questions(scope: Scope) -> bool:
    """Would `next_step` ask anything at all in this scope? Asked every few seconds; False from all spares a job each.

    A plugin that implements `next_step` and not this one is taken to say yes.
    """
    return True


@hookspec
async def polydesk_check_reply(conversation: Conversation, text: str) -> list[Objection]:
    """May this be sent now, and if not, why? Empty when nothing speaks against it."""
    return []


@hookspec
async def polydesk_suggest_replies(conversation: Conversation, item: Item) -> list[Suggestion]:
    """Which replies could the agent start from?"""
    return []


# --- queue ----------------------------------------------------------------------------------------------------------


@hookspec
async def polydesk_choose_queue(conversation: Conversation, contact: Contact) -> QueueChoice | None:
    """Which queue should this wait in? None leaves it to the channel account's own queue, then the scope's first."""


@hookspec
def polydesk_strategies() -> list[Strategy]:
    """Ways of choosing an agent: filters say who may, scores say who had better; weights are set per queue."""
    return []


@hookspec
async def polydesk_engaged_agents(case: Case, agents: list[int]) -> dict[int, Text]:
    """Which of these agents (staff ids) cannot take this case just now, and why? Filters know people, not the moment.

    Asked once per search; "is on the telephone" reads well after the agent's name.
    """
    return {}


@hookspec
async def polydesk_queue_entered(conversation: Conversation, queue: int) -> None:
    """A conversation began to wait in a queue."""


@hookspec
async def polydesk_queue_left(conversation: Conversation, queue: int) -> None:
    """A conversation stopped waiting: an agent took it, or it was solved or moved."""


@hookspec
async def polydesk_presence_changed(person: int, presence: Presence) -> None:
    """A member of staff became ready, away or offline."""


# --- survey ---------------------------------------------------------------------------------------------------------


@hookspec
async def polydesk_choose_survey(conversation: Conversation) -> SurveyChoice | None:
    """Which survey, if any, should follow this conversation?"""


@hookspec
async def polydesk_survey_sent(survey: Survey) -> None:
    """A survey went out."""


@hookspec
async def polydesk_survey_answered(survey: Survey, answers: list[Answer]) -> None:
    """A contact answered."""


@hookspec
def polydesk_question_kinds() -> list[QuestionKind]:
    """Kinds of survey question this plugin adds."""
    return []


# --- setup ----------------------------------------------------------------------------------------------------------


@hookspec
def polydesk_channels() -> list[Channel]:
    """Ways in and out: one object per channel, a subclass of `polydesk.Channel`."""
    return []


@hookspec
def polydesk_item_kinds() -> list[ItemKind]:
    """Kinds of timeline item this plugin appends."""
    return []


@hookspec
def polydesk_routers() -> list[Router]:
    """HTTP routes; each path must begin with /p/<plugin name>. Off in a scope, they answer 404 there."""
    return []


@hookspec
def polydesk_navigation() -> list[NavigationEntry]:
    """Lines in the main menu."""
    return []


@hookspec
def polydesk_slots() -> list[Slot]:
    """Fragments shown inside core screens."""
    return []


@hookspec
def polydesk_jobs() -> list[JobKind]:
    """Work that runs later; each name must begin with "<plugin name>."."""
    return []


@hookspec
def polydesk_schedules() -> list[Schedule]:
    """Jobs that run again and again."""
    return []


@hookspec
def polydesk_metrics() -> list[Metric]:
    """Figures computed from the timeline."""
    return []


@hookspec
def polydesk_settings() -> list[type[Any]]:
    """At most one settings class (a msgspec.Struct with `polydesk.fields` annotations): the form is made from it."""
    return []


@hookspec
def polydesk_permissions() -> list[Permission]:
    """Rights this plugin asks about."""
    return []


@hookspec
def polydesk_themes() -> list[Theme]:
    """Looks that a client or market may wear: colours and measures, templates, a logo."""
    return []


@hookspec
def polydesk_personal_data() -> list[PersonalData]:
    """How to give out and erase what this plugin holds of a contact."""
    return []


@hookspec
def polydesk_pack_parts() -> list[PackPart]:
    """The parts of this plugin's set-up that belong into a market pack: exported, compared, applied, copied."""
    return []


@hookspec
def polydesk_demo() -> list[DemoStep]:
    """Demo data this plugin adds to `polydesk demo`."""
    return []


@hookspec
def polydesk_simulators() -> list[Simulator]:
    """Make-believe services, with contacts on them, for `polydesk simulate`."""
    return []


@hookspec
def polydesk_commands() -> list[click.Command]:
    """Commands this plugin adds under `polydesk <plugin name> …`; they refuse while it is off in the whole desk."""
    return []
