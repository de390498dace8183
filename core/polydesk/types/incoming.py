"""What a channel makes of the bytes it received."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from polydesk.types.accounts import AccountNews
from polydesk.types.basics import DeliveryState, Text
from polydesk.types.people import Handle
from polydesk.types.pieces import Attached, Piece


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

    `also` are further handles of the sender that the service vouches for: any of them finds the contact, and all
    become theirs. `stated` are handles the sender merely claims: shown, never believed. `quotes` is the external id of
    the message this one answers, `choice` the value of the `Choice` that was picked. `attributes` are facts about
    the sender that the service vouches for; they are kept with the contact.
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
    also: tuple[Handle, ...] = ()
    stated: tuple[Handle, ...] = ()
    pieces: tuple[Piece, ...] = ()
    quotes: str = ""
    choice: str = ""
    attributes: dict[str, str] = {}


class StatusUpdate(Struct, frozen=True, kw_only=True):
    """News about messages we sent, found by any of `external_ids`; `reason` is in the service's own words.

    `recipient` is the address the news is about. The bytes stay in the store; no message is made of them.
    `correlation` is what `Outgoing.correlation` was, when the service gives it back: it finds the message even if we
    never heard what the service calls it. News that comes before its message is tried again for ten minutes.
    """

    external_ids: tuple[str, ...]
    state: DeliveryState
    reason: str = ""
    permanent: bool = False
    recipient: str = ""
    occurred_at: datetime | None = None
    details: dict[str, Any] = {}
    correlation: str = ""


class SeenUntil(Struct, frozen=True, kw_only=True):
    """Everything sent to `by` on this account up to a moment has come this far."""

    by: Handle
    until: datetime
    state: Literal["delivered", "read"] = "read"


class Reaction(Struct, frozen=True, kw_only=True):
    """A sign somebody put on the message `to` (an external id); "" takes it back."""

    sender: Handle
    to: str
    sign: str
    occurred_at: datetime | None = None


class Revision(Struct, frozen=True, kw_only=True):
    """The sender changed the message `of` (an external id) afterwards, or, with `text` None, took it back."""

    of: str
    text: str | None
    occurred_at: datetime | None = None


class Echo(Struct, frozen=True, kw_only=True):
    """A message that went out from this account, perhaps past the desk: from a telephone, the service's own inbox…

    One of ours (by `external_id` or `correlation`) counts as sent; any other is shown as sent outside the desk.
    """

    external_id: str
    recipient: Handle
    text: str = ""
    attachments: tuple[Attached, ...] = ()
    pieces: tuple[Piece, ...] = ()
    correlation: str = ""
    sent_at: datetime | None = None


class HandlesChanged(Struct, frozen=True, kw_only=True):
    """The service vouches that whoever was `known` now also goes by these handles."""

    known: Handle
    now: tuple[Handle, ...]


class Elsewhere(Struct, frozen=True, kw_only=True):
    """The bytes are for another account of the same channel: the one with this address."""

    address: str


class Nothing(Struct, frozen=True, kw_only=True):
    """The bytes need no action (a read receipt, our own copy…); the reason is kept beside them."""

    reason: str


Parsed = (
    Message | StatusUpdate | SeenUntil | Reaction | Revision | Echo | HandlesChanged | AccountNews | Elsewhere | Nothing
)
