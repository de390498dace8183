"""Telegram as Polydesk sees it: each method hands on to the file that does the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polydesk import N_, Channel, Door, Invalid, Text
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
from polydesk_telegram import health, listening, parse, sending, webhook
from polydesk_telegram.settings import TelegramSettings

_MB = 1024 * 1024


class TelegramChannel(Channel):
    """One bot per account."""

    name = "telegram"
    label = Text(N_("Telegram"))
    icon = "brand-telegram"
    handle_kind = parse.KIND
    settings = TelegramSettings
    capabilities = Capabilities(
        chat=True,
        attachments=True,
        # Longer than one message of Telegram's: it goes out in parts.
        max_text=20_000,
        max_file=50 * _MB,
        choices=10,
        pieces=frozenset({"place", "card"}),
        quotes=True,
        reactions=True,
        typing=True,
    )

    async def parse(self, arrival: Arrival, account: Account) -> Parsed:
        """One update."""
        return await parse.read(arrival, account)

    async def send(self, outgoing: Outgoing, account: Account) -> SendResult:
        """One reply, in one or more messages."""
        return await sending.send(outgoing, account)

    def address(self, settings: Any) -> str:
        """The bot's id."""
        return str(settings.bot)

    def recipient(self, written: str) -> Handle:
        """Bots cannot begin: people have to write to them first."""
        raise Invalid(message=_("On Telegram people have to write to the bot first; then they can be answered."))

    async def webhook(self, call: Call, accounts: Sequence[Account]) -> CallAnswer:
        """Telegram calls, with the secret token."""
        return webhook.answer(call, accounts)

    async def listen(self, door: Door) -> None:
        """Fetch, where the account says so."""
        await listening.listen(door)

    async def check(self, settings: Any) -> list[CheckResult]:
        """The connection test; for a bot that Telegram calls, it also tells Telegram where."""
        return await health.check(settings)

    async def inspect(self, account: Account) -> AccountNews | None:
        """Name, and whether messages get through."""
        return await health.inspect(account)

    def instructions(self, settings: Any, hook: str) -> list[Instruction]:
        """Nothing has to be copied: the connection test enters the address."""
        bot = settings.bot if settings else ""
        return [
            Instruction(
                label=Text(N_("Webhook address")),
                value=f"{hook}/{bot}" if bot else hook,
                help=Text(N_("Only where Telegram calls us. The connection test enters it at Telegram.")),
            )
        ]

    async def sign(self, sign: Sign, account: Account) -> None:
        """An agent is typing."""
        await sending.typing(sign, account)
