"""People outside, their conversations and the timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from polydesk.types.basics import ConversationStatus, Direction


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

    @property
    def called(self) -> str:
        """The name, or without one the first handle; "" when there is neither."""
        return self.name or next((handle.value for handle in self.handles), "")


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
    attributes: dict[str, str] = {}


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
