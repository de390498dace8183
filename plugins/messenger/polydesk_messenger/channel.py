"""Messenger and Instagram as Polydesk sees them: one behaviour, two names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polydesk import N_, Channel, Invalid, Text
from polydesk.i18n import _
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
)
from polydesk_messenger import compose, health, sending, signs, webhook
from polydesk_messenger.parse import parse
from polydesk_messenger.settings import InstagramSettings, PageSettings

_DAY, _MARGIN = 24 * 3600, 300
_MB = 1_000_000
_CAN = Capabilities(
    attachments=True,
    max_text=20_000,
    max_file=25 * _MB,
    chat=True,
    choices=compose.CHOICES,
    # Meta counts from its own clock: a reply in the last minutes may be refused.
    reply_window=_DAY - _MARGIN,
    late_window=7 * _DAY - _MARGIN,
    typing=True,
    seen=True,
)


class MessengerChannel(Channel):
    """One Facebook page per account."""

    name = "messenger"
    label = Text(N_("Messenger"))
    icon = "brand-messenger"
    handle_kind = "messenger"
    settings: type[PageSettings] = PageSettings
    capabilities = _CAN

    async def parse(self, arrival: Arrival, account: Account) -> Parsed:
        """One event of a webhook."""
        return await parse(arrival, account)

    async def send(self, outgoing: Outgoing, account: Account) -> SendResult:
        """One reply, in one or more messages."""
        return await sending.send(outgoing, account)

    def address(self, settings: Any) -> str:
        """The id by which Meta's webhooks name the page."""
        return str(settings.account_id).strip()

    def recipient(self, written: str) -> Handle:
        """Nobody can be written to who did not write first."""
        raise Invalid(message=_("Here people have to write first; then they can be answered."))

    async def check(self, settings: Any) -> list[CheckResult]:
        """The connection test."""
        return await health.check(settings)

    async def webhook(self, call: Call, accounts: Sequence[Account]) -> CallAnswer:
        """Handshake, signature, batches."""
        return webhook.answer(call, accounts)

    async def inspect(self, account: Account) -> AccountNews:
        """Name and subscription."""
        return await health.inspect(account)

    def instructions(self, settings: Any, hook: str) -> list[Instruction]:
        """What Meta's app dashboard asks for."""
        return [
            Instruction(
                label=Text(N_("Callback URL")),
                value=hook,
                help=Text(N_("In the app dashboard under Webhooks. It must be reachable by https.")),
            ),
            Instruction(
                label=Text(N_("Verify token")),
                value=settings.verify_token if settings else "",
                help=Text(N_("Beside the callback URL.")),
            ),
            Instruction(
                label=Text(N_("Fields")),
                value=(settings or self.settings()).fields,
                help=Text(N_("Subscribe the app to these; the test does it for the page itself.")),
            ),
        ]

    async def sign(self, sign: Sign, account: Account) -> None:
        """Typing and read."""
        await signs.send(sign, account)


class InstagramChannel(MessengerChannel):
    """One professional Instagram account per account."""

    name = "instagram"
    label = Text(N_("Instagram"))
    icon = "brand-instagram"
    handle_kind = "instagram"
    settings = InstagramSettings
    capabilities = _CAN
