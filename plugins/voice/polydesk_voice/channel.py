"""The telephone as the core sees it: an account is a line; calls are not messages, so none are parsed or sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from polydesk import N_, Channel, Door, Invalid, NotFound, Refused, Text
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
from polydesk_voice.numbers import PHONE, number_of
from polydesk_voice.providers.known import PROVIDERS, of
from polydesk_voice.providers.twiml import missed
from polydesk_voice.settings import LineSettings


class VoiceChannel(Channel):
    """One number per account, whoever carries it."""

    name = "voice"
    label = Text(N_("Telephone"))
    icon = "phone"
    handle_kind = PHONE
    settings = LineSettings
    capabilities = Capabilities(writes=False, exclusive=True)

    async def parse(self, arrival: Arrival, account: Account) -> Parsed:
        """Calls do not come through the door of messages, but for those to a number that no line has."""
        return missed.parse(arrival, account)

    async def send(self, outgoing: Outgoing, account: Account) -> SendResult:
        """A call cannot be written to."""
        raise Refused(Text(N_("A telephone call cannot be answered in writing. Call, or choose another way.")))

    def address(self, settings: LineSettings) -> str:
        """The number, in digits."""
        return number_of(settings.number)

    def recipient(self, written: str) -> Handle:
        """A number as somebody typed it."""
        number = number_of(written)
        if not re.fullmatch(r"\+[0-9]{6,15}", number):
            raise Invalid({"to": _("Enter a number with its country, such as +995 555 000 111.")})
        return Handle(PHONE, number)

    async def check(self, settings: Any) -> list[CheckResult]:
        """Ask the provider."""
        return await PROVIDERS[settings.provider].check(settings)

    async def listen(self, door: Door) -> None:
        """Hold the line to providers that talk over a socket."""
        await of(door.account).listen(door.account, door)

    async def webhook(self, call: Call, accounts: Sequence[Account]) -> CallAnswer:
        """`/hooks/voice/<provider>/…`."""
        provider = PROVIDERS.get(call.path.partition("/")[0])
        if provider is None:
            raise NotFound()
        mine = [each for each in accounts if each.settings.provider == provider.name]
        return await provider.webhook(call, mine)

    async def unanswered(self, call: Call) -> CallAnswer | None:
        """Whoever holds the receiver must not hear silence."""
        provider = PROVIDERS.get(call.path.partition("/")[0])
        return await provider.unanswered(call) if provider else None

    async def inspect(self, account: Account) -> AccountNews | None:
        """How the provider says the line is."""
        return await of(account).inspect(account)

    def instructions(self, settings: Any, hook: str) -> list[Instruction]:
        """What to enter on the provider's side."""
        return PROVIDERS[settings.provider].instructions(settings, hook)
