"""Uses every hook there is, and remembers what it heard."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import click
import msgspec
from litestar import Router, get

from polydesk import Channel, Field, PluginInfo, Scope, Strategy, Text, hookimpl
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
    Permission,
    PersonalData,
    Presence,
    Prompt,
    QuestionKind,
    QueueChoice,
    Schedule,
    Slot,
    Suggestion,
    Survey,
    SurveyChoice,
    Verdict,
)
from polydesk_stranger.channel import BOARD

PLUGIN = PluginInfo(label=Text("Stranger"), description=Text("Uses every hook."), requires=">=0.1,<1")
HEARD: list[tuple[str, Any]] = []
# What decisions and questions answer; tests set these.
ANSWERS: dict[str, Any] = {}


class StrangerSettings(msgspec.Struct, kw_only=True):
    """Settings of the whole plugin."""

    greeting: Annotated[str, Field(label=Text("Greeting"))] = "Hello"


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
async def polydesk_next_prompt(conversation: Conversation, item: Item) -> Prompt | None:
    return None


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
    return [BOARD]


@hookimpl
def polydesk_item_kinds() -> list[ItemKind]:
    return [ItemKind(name="stranger.order", label=Text("Order"))]


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
    return [Slot(place="conversation.sidebar", template="stranger/sidebar.html", load=_greeting)]


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
def polydesk_commands() -> list[click.Command]:
    return [wave]
