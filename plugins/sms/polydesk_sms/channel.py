"""SMS as Polydesk sees it: each method hands on to the file that does the work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
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
)
from polydesk_sms import health, numbers, sending, webhook
from polydesk_sms.parse import parse
from polydesk_sms.settings import SmsSettings

_PICTURE, _OTHER = 5_000_000, 500_000


class SmsChannel(Channel):
    """One number, or one messaging service, per account."""

    name = "sms"
    label = Text(N_("SMS"))
    icon = "device-mobile"
    handle_kind = numbers.PHONE
    settings = SmsSettings
    capabilities = Capabilities(
        attachments=True,
        max_text=sending.LONGEST,
        max_file=_PICTURE,
        file_limits=(
            ("image/", _PICTURE),
            ("audio/", _OTHER),
            ("video/", _OTHER),
            ("text/", _OTHER),
            ("application/pdf", _OTHER),
        ),
        starts_conversations=True,
        chat=True,
        counter="gsm",
    )

    async def parse(self, arrival: Arrival, account: Account) -> Parsed:
        """One call of the gateway."""
        return await parse(arrival, account)

    async def send(self, outgoing: Outgoing, account: Account) -> SendResult:
        """One message."""
        return await sending.send(outgoing, account)

    def address(self, settings: Any) -> str:
        """The number; the messaging service where there is none."""
        return numbers.normal(settings.number) or str(settings.messaging_service).strip()

    def recipient(self, written: str) -> Handle:
        """A number with its country, written in any way."""
        number = numbers.normal(written)
        if not number:
            raise Invalid(
                message=_(
                    "Write the number with its country, as in +995 555 000 111. Names and short codes get no messages."
                )
            )
        return Handle(numbers.PHONE, number)

    async def check(self, settings: Any) -> list[CheckResult]:
        """The connection test."""
        return await health.check(settings)

    async def webhook(self, call: Call, accounts: Sequence[Account]) -> CallAnswer:
        """Messages, reports, and files on their way out."""
        return await webhook.answer(call, accounts)

    async def inspect(self, account: Account) -> AccountNews | None:
        """Balance and standing."""
        return await health.inspect(account)

    def instructions(self, settings: Any, hook: str) -> list[Instruction]:
        """What the gateway's console asks for."""
        return [
            Instruction(
                label=Text(N_("Callback URL")),
                value=hook,
                help=Text(
                    N_("At the gateway, under the number or messaging service: a message comes in, webhook, HTTP POST.")
                ),
            )
        ]

    def reopens_for(self, settings: Any) -> timedelta:
        """As long as the admin says."""
        return timedelta(days=settings.reopens_days)
