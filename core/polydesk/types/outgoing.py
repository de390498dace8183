"""What is handed to a service."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from polydesk.types.basics import DeliveryState, Text
from polydesk.types.people import Contact, Conversation, Handle
from polydesk.types.pieces import Piece, TemplateUse
from polydesk.types.prompts import Prompt


class Sign(Struct, frozen=True, kw_only=True):
    """A passing sign to a contact: `author` is typing, or has read up to `external_id`. May be lost; never retried."""

    kind: Literal["typing", "seen"]
    conversation: int
    to: Handle
    external_id: str = ""
    author: str = ""


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

    `correlation` may be handed to the service to come back in `StatusUpdate`. With `template`, text and files are
    only what the reader of the timeline sees. `prompt` has choices only where `Capabilities.choices` can hold
    them; elsewhere they are numbered in `text` already. `quotes` is the external id of the message answered; with
    `reaction`, the sign to put on it and nothing else ("-" takes ours back). `late` is set when the reply window has
    closed but `Capabilities.late_window` has not.

    `sender` is who writes, as the conversation's market or client wants to be named ("": as the account says). What
    the law wants under a letter is in `text` and `html` already.
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
    sender: str = ""
    language: str = ""
    automatic: bool = False
    attempt: int = 1
    again: bool = False
    correlation: str = ""
    template: TemplateUse | None = None
    prompt: Prompt | None = None
    pieces: tuple[Piece, ...] = ()
    quotes: str = ""
    reaction: str = ""
    late: bool = False


class SendResult(Struct, frozen=True, kw_only=True):
    """The service took the message; `external_id` is what it calls it ("" keeps ours)."""

    external_id: str = ""
    state: DeliveryState = "sent"
    details: dict[str, Any] = {}


class Objection(Struct, frozen=True, kw_only=True):
    """Why a reply may not be sent now, and what to do instead."""

    reason: Text
    blocks: bool = True


class Suggestion(Struct, frozen=True, kw_only=True):
    """A reply offered to the agent, with where it came from."""

    text: str
    source: str
