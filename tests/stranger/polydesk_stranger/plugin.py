"""Uses every hook there is, and remembers what it heard."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import click
import msgspec
from litestar import Router, get

from polydesk import Channel, Field, Invalid, PluginInfo, Scope, Simulator, Strategy, Text, hookimpl
from polydesk.types import (
    Agent,
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
    Slot,
    Step,
    Suggestion,
    Survey,
    SurveyChoice,
    Theme,
    Told,
    Verdict,
)
from polydesk_stranger.channel import BOARD
from polydesk_stranger.chat import CHAT

PLUGIN = PluginInfo(label=Text("Stranger"), description=Text("Uses every hook."), requires=">=0.1,<1")
HEARD: list[tuple[str, Any]] = []
# What decisions and questions answer; tests set these.
ANSWERS: dict[str, Any] = {}


class StrangerSettings(msgspec.Struct, kw_only=True):
    """Settings of the whole plugin."""

    greeting: Annotated[str, Field(label=Text("Greeting"))] = "Hello"
    limit: Annotated[int, msgspec.Meta(ge=1), Field(label=Text("Limit"), input="number")] = 5
    token: Annotated[str, Field(label=Text("Token"), input="secret", required=False)] = ""

    def __post_init__(self) -> None:
        if self.greeting == "Get out":
            raise Invalid({"greeting": "That is no greeting."})
        if self.limit > 500 and not self.token:
            raise Invalid({"limit": "So many take a token."})


class VeteranStrategy(Strategy):
    """Prefers whoever was here first."""

    name = "stranger.veteran"
    label = Text("Seniority")

    def score(self, case: Case, agent: Agent) -> Verdict | None:
        if ANSWERS.get("strategy_raises"):
            raise RuntimeError("the strategy broke")
        return Verdict(score=1, reason=Text("here since {id}", {"id": agent.id}))


@hookimpl
async def polydesk_contact_created(contact: Contact) -> None:
    HEARD.append(("contact_created", contact))


@hookimpl
async def polydesk_contact_updated(contact: Contact) -> None:
    HEARD.append(("contact_updated", contact))


@hookimpl
async def polydesk_contacts_merged(kept: Contact, merged: int) -> None:
    HEARD.append(("contacts_merged", (kept, merged)))


@hookimpl
async def polydesk_match_contact(scope: Scope, message: Message) -> int | None:
    return ANSWERS.get("match_contact")


@hookimpl
async def polydesk_enrich_contact(contact: Contact) -> dict[str, Any]:
    return {"Plan": "Gold"}


@hookimpl
async def polydesk_contact_items(contact: Contact) -> list[ItemDraft]:
    return [ItemDraft(kind="stranger.order", occurred_at=datetime(2026, 1, 1, tzinfo=UTC), text="Order 7")]


@hookimpl
async def polydesk_conversation_opened(conversation: Conversation, contact: Contact) -> None:
    HEARD.append(("conversation_opened", conversation))


@hookimpl
async def polydesk_message_received(conversation: Conversation, item: Item) -> None:
    if ANSWERS.get("message_received_raises"):
        raise RuntimeError("I did not like that message")
    HEARD.append(("message_received", item))


@hookimpl
async def polydesk_message_sent(conversation: Conversation, item: Item) -> None:
    HEARD.append(("message_sent", item))


@hookimpl
async def polydesk_message_failed(conversation: Conversation, item: Item, reason: str) -> None:
    HEARD.append(("message_failed", reason))


@hookimpl
async def polydesk_conversation_assigned(conversation: Conversation, assignee: int | None) -> None:
    HEARD.append(("conversation_assigned", assignee))


@hookimpl
async def polydesk_conversation_solved(conversation: Conversation) -> None:
    HEARD.append(("conversation_solved", conversation.id))


@hookimpl
async def polydesk_conversation_reopened(conversation: Conversation) -> None:
    HEARD.append(("conversation_reopened", conversation.id))


@hookimpl
async def polydesk_thread_message(scope: Scope, message: Message, contact: Contact) -> ConversationClaim | None:
    claimed = ANSWERS.get("thread_message")
    return ConversationClaim(conversation=claimed, reason="the test says so") if claimed else None


@hookimpl
async def polydesk_next_step(conversation: Conversation, contact: Contact, item: Item) -> Step | None:
    steps = ANSWERS.get("next_step")
    return steps(conversation, contact, item) if steps else None


@hookimpl
async def polydesk_has_questions(scope: Scope) -> bool:
    return "next_step" in ANSWERS


@hookimpl
async def polydesk_check_reply(conversation: Conversation, text: str) -> list[Objection]:
    return [Objection(reason=Text("Mind your language."))] if "damn" in text else []


@hookimpl
async def polydesk_suggest_replies(conversation: Conversation, item: Item) -> list[Suggestion]:
    return [Suggestion(text="Thank you!", source="stranger")]


@hookimpl
async def polydesk_choose_queue(conversation: Conversation, contact: Contact) -> QueueChoice | None:
    chosen = ANSWERS.get("choose_queue")
    return QueueChoice(queue=chosen, reason=Text("Strangers first")) if chosen else None


@hookimpl
def polydesk_strategies() -> list[Strategy]:
    return [VeteranStrategy()]


@hookimpl
async def polydesk_queue_entered(conversation: Conversation, queue: int) -> None:
    HEARD.append(("queue_entered", queue))


@hookimpl
async def polydesk_engaged_agents(case: Case, agents: list[int]) -> dict[int, Text]:
    return {person: Text("has gone fishing") for person in agents if "fishing" in case.conversation.tags}


@hookimpl
async def polydesk_queue_left(conversation: Conversation, queue: int) -> None:
    HEARD.append(("queue_left", queue))


@hookimpl
async def polydesk_presence_changed(person: int, presence: Presence) -> None:
    HEARD.append(("presence_changed", presence))


@hookimpl
async def polydesk_choose_survey(conversation: Conversation) -> SurveyChoice | None:
    return None


@hookimpl
async def polydesk_survey_sent(survey: Survey) -> None:
    HEARD.append(("survey_sent", survey))


@hookimpl
async def polydesk_survey_answered(survey: Survey, answers: list[Answer]) -> None:
    HEARD.append(("survey_answered", answers))


@hookimpl
def polydesk_question_kinds() -> list[QuestionKind]:
    return [QuestionKind(name="stranger.smiley", label=Text("Smiley"))]


@hookimpl
def polydesk_channels() -> list[Channel]:
    return [BOARD, CHAT]


@hookimpl
def polydesk_item_kinds() -> list[ItemKind]:
    return [ItemKind(name="stranger.order", label=Text("Order"), tell=_ordered)]


def _ordered(_who: str, _text: str, data: dict[str, Any]) -> Told:
    return Told(line=f"Ordered {data['what']}", link="/p/stranger/hello", link_label="Look")


@get("/hello")
async def hello() -> str:
    """A page of the stranger's own."""
    return "Hello from a stranger"


@hookimpl
def polydesk_routers() -> list[Router]:
    return [Router(path="/p/stranger", route_handlers=[hello])]


@hookimpl
def polydesk_navigation() -> list[NavigationEntry]:
    return [NavigationEntry(label=Text("Stranger"), path="/p/stranger/hello")]


async def _greeting(scope: Scope, context: dict[str, Any]) -> dict[str, Any] | None:
    if ANSWERS.get("slot_raises"):
        raise RuntimeError("the slot broke")
    return {"greeting": "Hello from the sidebar"}


@hookimpl
def polydesk_slots() -> list[Slot]:
    return [
        Slot(place="conversation.sidebar", template="stranger/sidebar.html", load=_greeting),
        Slot(place="desk.bar", template="stranger/sidebar.html", load=_bar),
    ]


async def _bar(scope: Scope, context: dict[str, Any]) -> dict[str, Any] | None:
    return {"greeting": f"A bar for {context['viewer'].name}"} if ANSWERS.get("bar") else None


async def _work(job: Any) -> None:
    HEARD.append(("job", dict(job.args)))


@hookimpl
def polydesk_jobs() -> list[JobKind]:
    return [JobKind(name="stranger.work", handler=_work)]


@hookimpl
def polydesk_schedules() -> list[Schedule]:
    return [Schedule(name="stranger.tick", job="stranger.work", every=3600, args={"tick": True})]


async def _one(scope: Scope, since: datetime, until: datetime) -> float:
    return 1.0


@hookimpl
def polydesk_metrics() -> list[Metric]:
    return [Metric(name="stranger.one", label=Text("One"), unit="1", compute=_one)]


@hookimpl
def polydesk_settings() -> list[type[Any]]:
    return [StrangerSettings]


@hookimpl
def polydesk_permissions() -> list[Permission]:
    return [Permission(name="stranger.wave", label=Text("Wave"), roles=("agent",))]


async def _export(contact: int) -> dict[str, Any]:
    return {}


async def _erase(contact: int) -> None:
    HEARD.append(("erase", contact))


@hookimpl
def polydesk_personal_data() -> list[PersonalData]:
    return [PersonalData(name="stranger", export=_export, erase=_erase)]


@hookimpl
def polydesk_themes() -> list[Theme]:
    return [Theme(name="stranger", label=Text("Violet"), folder=Path(__file__).parent / "looks")]


PACKED: dict[Scope, dict[str, dict[str, Any]]] = {}


async def _read(scope: Scope) -> dict[str, dict[str, Any]]:
    return PACKED.get(scope, {})


async def _write(scope: Scope, key: str, values: dict[str, Any] | None, person: int | None) -> None:
    kept = PACKED.setdefault(scope, {})
    kept.pop(key, None)
    if values is not None:
        kept[key] = values


@hookimpl
def polydesk_pack_parts() -> list[PackPart]:
    return [PackPart(name="stranger.signs", label=Text("Signs"), read=_read, write=_write)]


async def _demo(progress: Any) -> None:
    HEARD.append(("demo", None))


@hookimpl
def polydesk_demo() -> list[DemoStep]:
    return [DemoStep(name="stranger", load=_demo)]


@click.command("wave")
def wave() -> None:
    """Wave."""
    click.echo("o/")


@hookimpl
def polydesk_simulators() -> list[Simulator]:
    return []


@hookimpl
def polydesk_commands() -> list[click.Command]:
    return [wave]
