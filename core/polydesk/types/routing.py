"""What routing strategies see and say."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from polydesk.types.basics import Presence, Text
from polydesk.types.people import Contact, Conversation


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


class QueueChoice(Struct, frozen=True, kw_only=True):
    """A plugin's answer to "which queue should this wait in", with the reason shown in the timeline."""

    queue: int
    reason: Text
