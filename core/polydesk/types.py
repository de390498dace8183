"""The shapes that cross the wall between core and plugins. Frozen, JSON-serialisable with msgspec, no behaviour."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

from msgspec import Struct, field

ConversationStatus = Literal["open", "waiting", "snoozed", "solved"]
DeliveryState = Literal["queued", "sending", "sent", "delivered", "read", "failed"]
Direction = Literal["in", "out", ""]
Role = Literal["agent", "analyst", "supervisor", "admin"]
Presence = Literal["ready", "away", "offline"]


class Scope(NamedTuple):
    """Where something happens: `(client id, market id)`; None means "any", so `Scope()` is the installation."""

    client: int | None = None
    market: int | None = None


class Text(Struct, frozen=True):
    """Words to be shown later in the reader's own language: a msgid with `{named}` holes and what fills them.

    Mark the msgid with `N_()` so that extraction finds it. Values are shown as they are (escaped by the page).
    """

    template: str
    values: dict[str, str | int] = {}

    def __str__(self) -> str:
        """The untranslated words, for logs."""
        return self.template.format_map(self.values) if self.values else self.template


# --- People outside -------------------------------------------------------------------------------------------------


class Handle(Struct, frozen=True):
    """One way to reach someone: `kind` names the address space ("email", "phone", …), `value` is normalised in it."""

    kind: str
    value: str
    name: str = ""


class Contact(Struct, frozen=True, kw_only=True):
    """A person or company that writes or calls; never shared between clients."""

    id: int
    client: int
    market: int | None = None
    kind: str = "customer"
    name: str = ""
    language: str = ""
    handles: tuple[Handle, ...] = ()
    attributes: dict[str, Any] = {}


class Conversation(Struct, frozen=True, kw_only=True):
    """One matter between a contact and the desk, from first message to solved."""

    id: int
    client: int
    market: int | None = None
    contact: int
    queue: int | None = None
    assignee: int | None = None
    status: ConversationStatus = "open"
    priority: int = 0
    subject: str = ""
    category: str = ""
    language: str = ""
    channel: str = ""
    account: int | None = None
    opened_at: datetime
    tags: tuple[str, ...] = ()


class Item(Struct, frozen=True, kw_only=True):
    """One entry of the timeline. `kind` is "message", "note", "assigned", … or one a plugin added."""

    id: int
    client: int
    contact: int | None = None
    conversation: int | None = None
    kind: str
    direction: Direction = ""
    occurred_at: datetime
    recorded_at: datetime
    person: int | None = None
    text: str = ""
    data: dict[str, Any] = {}


# --- Channels -------------------------------------------------------------------------------------------------------


class Account(Struct, frozen=True, kw_only=True):
    """One mailbox, number or page of a channel; `settings` is an instance of the channel's settings class."""

    id: int
    client: int
    market: int | None = None
    channel: str
    name: str
    address: str
    settings: Any = None


class Attached(Struct, frozen=True, kw_only=True):
    """A file that came with a message; `content_id` is set when the HTML shows it in place as `cid:<content_id>`."""

    name: str
    media_type: str
    data: bytes
    content_id: str = ""
    inline: bool = False


class Message(Struct, frozen=True, kw_only=True):
    """What a channel made of the bytes it received; identity, threading and storage are the core's.

    `external_id` names the message in its own service; `fingerprint` (default: the external id) is what counts
    once per client and channel. `references` are external ids of earlier messages, strongest hint first.
    `conversation` is set only when the sender proved it (a signed reply token). `ticket` is a conversation number
    found in the words, believed only from someone who takes part in that conversation. `text` is the whole plain
    text and `text[quote_starts_at:]` repeats history (-1: nothing does). `html` is unsanitised; `html_visible` is it
    without the repeated history, or "" when there is none. `automatic` says why this was not written by a
    person ("" when it was). `notices` are remarks for the agent. `details` is kept with the item for the
    channel's own use and display.
    """

    external_id: str
    sender: Handle
    recipients: tuple[Handle, ...] = ()
    copied: tuple[Handle, ...] = ()
    answer_to: Handle | None = None
    subject: str = ""
    text: str = ""
    quote_starts_at: int = -1
    html: str = ""
    html_visible: str = ""
    references: tuple[str, ...] = ()
    conversation: int | None = None
    ticket: int | None = None
    fingerprint: str = ""
    sent_at: datetime | None = None
    attachments: tuple[Attached, ...] = ()
    automatic: str = ""
    language: str = ""
    notices: tuple[Text, ...] = ()
    details: dict[str, Any] = {}


class StatusUpdate(Struct, frozen=True, kw_only=True):
    """News about messages we sent, found by any of `external_ids`; `reason` is in the service's own words.

    `recipient` is the address the news is about. The bytes stay in the store; no message is made of them.
    """

    external_ids: tuple[str, ...]
    state: DeliveryState
    reason: str = ""
    permanent: bool = False
    recipient: str = ""
    occurred_at: datetime | None = None
    details: dict[str, Any] = {}


class Nothing(Struct, frozen=True, kw_only=True):
    """The bytes need no action (a read receipt, our own copy…); the reason is kept beside them."""

    reason: str


Parsed = Message | StatusUpdate | Nothing


class Arrival(Struct, frozen=True, kw_only=True):
    """Raw bytes at the door. `external_id` names this delivery within the account: the same id counts once.

    `hints` travel beside the bytes to `parse` (envelope, received time, "oversize": why only a part was fetched…).
    """

    external_id: str
    raw: bytes
    hints: dict[str, Any] = {}


class OutgoingFile(Struct, frozen=True, kw_only=True):
    """A file to send; the bytes are read from storage just before sending."""

    name: str
    media_type: str
    data: bytes
    content_id: str = ""


class Outgoing(Struct, frozen=True, kw_only=True):
    """A message to hand to a service. `idempotency_key` and `external_id` are the same on every attempt.

    `again` is true when an earlier attempt may already have reached the service. `html` is "" when the writer sent
    plain text. `references` are external ids in this conversation on this account's channel, oldest first.
    """

    idempotency_key: str
    external_id: str
    conversation: Conversation
    contact: Contact
    item: int
    to: tuple[Handle, ...]
    copied: tuple[Handle, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    files: tuple[OutgoingFile, ...] = ()
    references: tuple[str, ...] = ()
    author: str = ""
    language: str = ""
    automatic: bool = False
    attempt: int = 1
    again: bool = False


class SendResult(Struct, frozen=True, kw_only=True):
    """The service took the message; `external_id` is what it calls it ("" keeps ours)."""

    external_id: str = ""
    state: DeliveryState = "sent"
    details: dict[str, Any] = {}


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a channel can do; the composer shows and offers exactly this.

    `max_text` is in characters, `max_file` in bytes; 0 means no limit of the channel's own.
    """

    subject: bool = False
    copies: bool = False
    html: bool = False
    attachments: bool = False
    max_text: int = 0
    max_file: int = 0
    starts_conversations: bool = False


class CheckResult(Struct, frozen=True, kw_only=True):
    """One line of a connection test, in the admin's words: what was tried, whether it worked, what to do if not."""

    step: Text
    ok: bool
    advice: Text | None = None
    technical: str = ""


# --- Routing --------------------------------------------------------------------------------------------------------


class Agent(Struct, frozen=True, kw_only=True):
    """An agent as a strategy sees them. `load` and `capacity` count conversations at work."""

    id: int
    name: str
    languages: tuple[str, ...] = ()
    presence: Presence = "ready"
    load: int = 0
    capacity: int = 0
    last_assigned_at: datetime | None = None
    skills: tuple[str, ...] = ()


class Case(Struct, frozen=True, kw_only=True):
    """A conversation waiting for an agent, with what strategies need to know about it."""

    conversation: Conversation
    contact: Contact
    queue: int
    previous_assignee: int | None = None
    waiting_since: datetime


class Verdict(Struct, frozen=True, kw_only=True):
    """A strategy's word on one agent: `allowed` (filter), `score` from 0 to 100 (score), and why, for a person."""

    reason: Text
    allowed: bool = True
    score: float = 0.0


# --- Prompts before an agent ----------------------------------------------------------------------------------------


class Choice(Struct, frozen=True, kw_only=True):
    """One answer a contact may pick; every channel renders it its own way (button, row, number, key, word)."""

    value: str
    label: str
    description: str = ""


class Prompt(Struct, frozen=True, kw_only=True):
    """What to ask a contact before an agent takes over; no choices means a free answer is awaited."""

    text: str
    choices: tuple[Choice, ...] = ()
    language: str = ""


# --- What plugins add to the desk -----------------------------------------------------------------------------------


class PluginInfo(Struct, frozen=True, kw_only=True):
    """What a plugin's `plugin.py` says of itself in `PLUGIN`; `requires` is a version range of Polydesk (PEP 440)."""

    label: Text
    description: Text
    requires: str = ""


class Permission(Struct, frozen=True, kw_only=True):
    """A right, and the roles that hold it unless an admin says otherwise; `name` is "<plugin>.<verb>"."""

    name: str
    label: Text
    roles: tuple[Role, ...] = ()


class NavigationEntry(Struct, frozen=True, kw_only=True):
    """A line in the main menu; shown to those who hold `permission` ("" is everyone), ordered by `weight`."""

    label: Text
    path: str
    icon: str = "puzzle"
    permission: str = ""
    weight: int = 100


class Slot(Struct, frozen=True, kw_only=True):
    """A fragment a plugin puts into a core screen: `place` ("conversation.sidebar", …) and a template of the plugin's.

    `load` is awaited with `(scope, context)` and gives the template's variables; None shows nothing. It runs under the
    plugin's time budget: a slot that fails or is late is left out and said.
    """

    place: str
    template: str
    load: Any = None
    weight: int = 100


class ItemKind(Struct, frozen=True, kw_only=True):
    """A kind of timeline item a plugin appends: how it reads in one line, and an optional template to show it."""

    name: str
    label: Text
    template: str = ""
    icon: str = "point"


class JobKind(Struct, frozen=True, kw_only=True):
    """Work that runs later: `handler(job)` where `job.args` is what was enqueued. See `polydesk.jobs`.

    `on_dead(job, reason)` is awaited in the transaction that gives the job up after its last attempt.
    """

    name: str
    handler: Any
    max_attempts: int = 8
    on_dead: Any = None


class Schedule(Struct, frozen=True, kw_only=True):
    """A job that runs again and again, `every` seconds, in one process at a time however many there are."""

    name: str
    job: str
    every: float
    args: dict[str, Any] = {}


class PersonalData(Struct, frozen=True, kw_only=True):
    """How a plugin gives out and erases what it holds of a contact: `export(id) -> dict`, `erase(id)`."""

    name: str
    export: Any
    erase: Any


class Metric(Struct, frozen=True, kw_only=True):
    """A figure computed from the timeline; `compute(scope, since, until) -> float`."""

    name: str
    label: Text
    unit: str
    compute: Any


class DemoStep(Struct, frozen=True, kw_only=True):
    """A piece of demo data: `load(progress)` is awaited once, after core's own people, clients and queues exist."""

    name: str
    load: Any
    weight: int = 100


class QuestionKind(Struct, frozen=True, kw_only=True):
    """A kind of survey question: `name`, and `score(answer) -> float` when it counts towards a figure."""

    name: str
    label: Text
    score: Any = None


class Survey(Struct, frozen=True, kw_only=True):
    """A survey as sent to a contact about a conversation."""

    id: int
    conversation: int
    questions: tuple[str, ...] = ()


class Answer(Struct, frozen=True, kw_only=True):
    """A contact's answer to one question of a survey."""

    survey: int
    question: str
    value: str


class Suggestion(Struct, frozen=True, kw_only=True):
    """A reply offered to the agent, with where it came from."""

    text: str
    source: str


class Objection(Struct, frozen=True, kw_only=True):
    """Why a reply may not be sent now, and what to do instead."""

    reason: Text
    blocks: bool = True


class ConversationClaim(Struct, frozen=True, kw_only=True):
    """A plugin's answer to "which conversation does this message belong to"."""

    conversation: int
    reason: str


class QueueChoice(Struct, frozen=True, kw_only=True):
    """A plugin's answer to "which queue should this wait in", with the reason shown in the timeline."""

    queue: int
    reason: Text


class SurveyChoice(Struct, frozen=True, kw_only=True):
    """A plugin's answer to "which survey, if any, follows this conversation"."""

    name: str
    after_seconds: int = 0


class ItemDraft(Struct, frozen=True, kw_only=True):
    """A timeline item from outside (an order, a ride…) shown beside ours but not stored."""

    kind: str
    occurred_at: datetime
    text: str
    data: dict[str, Any] = field(default_factory=dict)
