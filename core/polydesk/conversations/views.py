"""What screens and the API are given of conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from polydesk.conversations.reaching import Way, Window
from polydesk.types import (
    Capabilities,
    Contact,
    Conversation,
    ConversationStatus,
    DeliveryState,
    Handle,
    Piece,
    Template,
    Text,
)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list."""

    id: int
    client: int
    market: int | None
    contact: int
    contact_name: str
    subject: str
    preview: str
    status: ConversationStatus
    assignee: int | None
    assignee_name: str
    queue: int | None
    priority: int
    tags: tuple[str, ...]
    channel: str
    language: str
    messages: int
    awaits_reply: bool
    has_failure: bool
    last_at: datetime
    snoozed_until: datetime | None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a list; `next` continues it, "" at the end."""

    rows: tuple[Row, ...]
    next: str = ""


class Count(msgspec.Struct, frozen=True):
    """How many conversations a view holds, counted up to 99; `more` when there are more."""

    view: str
    count: int
    more: bool = False


class File(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment as shown; its bytes are at `/attachments/<id>`."""

    id: int
    name: str
    media_type: str
    size: int
    content_id: str = ""
    inline: bool = False


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a timeline. `html` is as received: sanitise it before it is shown.

    `text[quote_starts_at:]` repeats history (-1: nothing does); `html_visible` is the HTML without it.
    """

    id: int
    kind: str
    direction: str
    conversation: int | None
    person: int | None
    person_name: str
    text: str
    html: str
    html_visible: str
    quote_starts_at: int
    occurred_at: datetime
    recorded_at: datetime
    data: dict[str, Any]
    files: tuple[File, ...] = ()
    notices: tuple[Text, ...] = ()
    reasons: tuple[Text, ...] = ()
    delivery: DeliveryState | None = None
    delivery_reason: str = ""
    pieces: tuple[Piece, ...] = ()


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What this person was writing here."""

    kind: str = "reply"
    text: str = ""
    files: tuple[File, ...] = ()


class Composer(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reply would go and what the channel can carry. `obstacle` says why no reply can be sent now.

    `ways` are all accounts that reach the contact, the one in use included; `by` is the one chosen instead of it (0:
    none). `templates` are offered where the channel has them.
    """

    account: int | None
    account_name: str
    channel: str
    channel_label: Text | None
    capabilities: Capabilities
    to: tuple[Handle, ...]
    copied: tuple[Handle, ...]
    draft: Draft
    obstacle: str = ""
    ways: tuple[Way, ...] = ()
    by: int = 0
    window: Window = Window()
    templates: tuple[Template, ...] = ()


class Other(msgspec.Struct, frozen=True):
    """Another conversation of the same contact."""

    id: int
    subject: str
    status: ConversationStatus
    last_at: datetime


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the conversation screen shows. `earlier` is the id to go on from, 0 when the start is shown."""

    conversation: Conversation
    contact: Contact
    client_name: str
    market_name: str
    queue_name: str
    assignee_name: str
    snoozed_until: datetime | None
    last_at: datetime
    has_failure: bool
    entries: tuple[Entry, ...]
    earlier: int
    composer: Composer
    others: tuple[Other, ...]
    unverified: tuple[Handle, ...] = ()
