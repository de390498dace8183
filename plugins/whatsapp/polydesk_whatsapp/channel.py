"""WhatsApp as Polydesk sees it: each method hands on to the file that does the work."""

from __future__ import annotations

import re
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
from polydesk_whatsapp import handles, health, sending, signs, webhook
from polydesk_whatsapp.parse import parse
from polydesk_whatsapp.settings import WhatsAppSettings

_DAY, _MARGIN = 24 * 3600, 300
_MB = 1_000_000


class WhatsAppChannel(Channel):
    """One number per account."""

    name = "whatsapp"
    label = Text(N_("WhatsApp"))
    icon = "brand-whatsapp"
    handle_kind = handles.PHONE
    settings = WhatsAppSettings
    capabilities = Capabilities(
        attachments=True,
        max_text=20_000,
        max_file=100 * _MB,
        file_limits=(
            ("image/jpeg", 5 * _MB),
            ("image/png", 5 * _MB),
            ("image/webp", _MB // 2),
            ("video/mp4", 16 * _MB),
            ("video/3gpp", 16 * _MB),
            ("audio/aac", 16 * _MB),
            ("audio/amr", 16 * _MB),
            ("audio/mpeg", 16 * _MB),
            ("audio/mp4", 16 * _MB),
            ("audio/ogg", 16 * _MB),
            ("application/", 100 * _MB),
            ("text/", 100 * _MB),
        ),
        starts_conversations=True,
        chat=True,
        choices=10,
        templates=True,
        # Meta counts from its own clock: a reply in the last minutes may be refused.
        reply_window=_DAY - _MARGIN,
        pieces=frozenset({"place", "card", "products"}),
        quotes=True,
        reactions=True,
        typing=True,
        seen=True,
    )

    async def parse(self, arrival: Arrival, account: Account) -> Parsed:
        """One piece of a webhook."""
        return await parse(arrival, account)

    async def send(self, outgoing: Outgoing, account: Account) -> SendResult:
        """One reply, in one or more messages."""
        return await sending.send(outgoing, account)

    @property
    def handle_kinds(self) -> tuple[str, ...]:
        """A number, or the id of someone who hides it."""
        return (handles.PHONE, handles.SCOPED)

    def address(self, settings: Any) -> str:
        """The id by which Meta's webhooks name the number."""
        return str(settings.phone_number_id).strip()

    def recipient(self, written: str) -> Handle:
        """A number with its country, written in any way."""
        number = "+" + re.sub(r"[\s().\-/]", "", written.strip()).removeprefix("00").removeprefix("+")
        if not written.strip().startswith(("+", "00")) or not re.fullmatch(r"\+[1-9]\d{6,14}", number):
            raise Invalid(message=_("Write the number with its country, as in +995 555 000 111."))
        return Handle(handles.PHONE, number)

    async def check(self, settings: Any) -> list[CheckResult]:
        """The connection test."""
        return await health.check(settings)

    async def webhook(self, call: Call, accounts: Sequence[Account]) -> CallAnswer:
        """Handshake, signature, batches."""
        return webhook.answer(call, accounts)

    async def inspect(self, account: Account) -> AccountNews:
        """Quality, limits, templates, subscription."""
        return await health.inspect(account)

    def instructions(self, settings: Any, hook: str) -> list[Instruction]:
        """What Meta's app dashboard asks for."""
        return [
            Instruction(
                label=Text(N_("Callback URL")),
                value=hook,
                help=Text(N_("In the app dashboard under WhatsApp, Configuration. It must be reachable by https.")),
            ),
            Instruction(
                label=Text(N_("Verify token")),
                value=settings.verify_token if settings else "",
                help=Text(N_("Beside the callback URL. Then subscribe at least to the field messages.")),
            ),
        ]

    async def sign(self, sign: Sign, account: Account) -> None:
        """Typing and read."""
        await signs.send(sign, account)
