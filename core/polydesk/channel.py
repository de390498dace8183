"""What a channel must do: turn bytes into messages and messages into whatever its service takes. Nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

import msgspec

from polydesk.errors import NotFound
from polydesk.types import (
    Account,
    AccountNews,
    Arrival,
    Call,
    CallAnswer,
    Capabilities,
    CheckResult,
    Handle,
    Instruction,
    Outgoing,
    Parsed,
    SendResult,
    Sign,
    Text,
)


class Door(Protocol):
    """The durable way in, for a channel that listens or polls."""

    account: Account

    async def accept(self, arrivals: Sequence[Arrival], cursor: dict[str, Any] | None = None) -> int:
        """Store raw bytes so that they cannot be lost, then return how many were new.

        `cursor` (where to go on reading) is saved in the same transaction. Only after this returns may the
        service be told that the bytes were taken.
        """

    async def cursor(self) -> dict[str, Any]:
        """What was last saved with `accept`; {} at first."""

    async def healthy(self) -> None:
        """Say that the connection works, so that the admin sees it."""


class Channel(ABC):
    """Base of every channel. `name` is stored with accounts and must never change."""

    name: str
    label: Text
    icon: str = "message"
    handle_kind: str
    capabilities: Capabilities = Capabilities()
    settings: type[msgspec.Struct]

    @abstractmethod
    async def parse(self, arrival: Arrival, account: Account) -> Parsed:
        """Make a message of raw bytes. Raise `Unreadable` when that cannot be done: the bytes are kept and shown.

        Must be repeatable and have no effect: it may run again after a crash or when an admin replays. It may fetch
        (a picture the message names); `TryLater` has it read again with back-off, `arrival.hints["attempt"]` counts.
        """

    @abstractmethod
    async def send(self, outgoing: Outgoing, account: Account) -> SendResult:
        """Hand one message to the service. Raise `TryLater`, `Refused` or `OutcomeUnknown`; the rest is retried."""

    @property
    def handle_kinds(self) -> tuple[str, ...]:
        """The address spaces this channel can send to, the best first."""
        return (self.handle_kind,)

    def address(self, settings: Any) -> str:
        """The account's public address (mailbox, number, page), read from its settings; unique per channel."""
        return ""

    def recipient(self, written: str) -> Handle:
        """An address as an agent typed it. Raise `Invalid` with a sentence when nothing could be sent there."""
        return Handle(self.handle_kind, written.strip())

    def message_id(self, account: Account, conversation: int, item: int) -> str:
        """The external id a new message will carry, if this channel names its own messages; "" if the service does."""
        return ""

    async def check(self, settings: Any) -> list[CheckResult]:
        """Try the settings for real, step by step, and say in plain words what is wrong."""
        return []

    async def listen(self, door: Door) -> None:
        """Fetch what arrives, until cancelled. Returning means "nothing to listen to" (webhook channels do that).

        An exception ends this attempt: it is shown as the account's trouble and tried again with back-off.
        Exactly one process listens to an account at a time.
        """
        return

    async def webhook(self, call: Call, accounts: Sequence[Account]) -> CallAnswer:
        """Answer a request at `/hooks/<name>/…`; `accounts` are this channel's that are switched on.

        Verify it on the untouched body, split a batch into one arrival per message or piece of news, and name what is
        to be stored for whom: core stores, then answers. Never waits for anything outside.
        """
        raise NotFound()

    async def unanswered(self, call: Call) -> CallAnswer | None:
        """What to say to a request while the database cannot be asked, from memory alone; None has 503 go out.

        For services that must not be met with silence. Nothing may be believed: no account was there to verify it.
        """
        return None

    async def inspect(self, account: Account) -> AccountNews | None:
        """Ask the service how the account is (quality, limits, templates, subscriptions); about every 15 minutes."""
        return None

    def instructions(self, settings: Any, hook: str) -> list[Instruction]:
        """What to enter on the service's side; `hook` is the public address of this channel's webhooks."""
        return []

    async def sign(self, sign: Sign, account: Account) -> None:
        """Pass on that an agent is typing or has read, where `capabilities` say so. Failures are ignored."""
        return

    def reopens_for(self, settings: Any) -> timedelta:
        """How long after a matter was solved a new message in a chat still belongs to it."""
        return timedelta(hours=24)
