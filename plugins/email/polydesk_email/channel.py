"""Mail as Polydesk sees it: each method hands on to the file that does the work."""

from __future__ import annotations

import asyncio
from typing import Any

from polydesk import N_, Channel, Door, Invalid, Text
from polydesk.i18n import _
from polydesk.types import Account, Arrival, Capabilities, CheckResult, Handle, Outgoing, Parsed, SendResult
from polydesk_email import check, listener, smtp, threading
from polydesk_email.addresses import is_address, normal
from polydesk_email.parse import parse
from polydesk_email.settings import MailSettings

_LARGE = 1_000_000
"""Bytes above which parsing moves to a thread, so that nobody else waits for it."""


class EmailChannel(Channel):
    """One mailbox per account."""

    name = "email"
    label = Text(N_("Email"))
    icon = "mail"
    handle_kind = "email"
    capabilities = Capabilities(
        subject=True,
        copies=True,
        html=True,
        attachments=True,
        max_file=25 * 1024 * 1024,
        starts_conversations=True,
    )
    settings = MailSettings

    async def parse(self, arrival: Arrival, account: Account) -> Parsed:
        """Raw mail to a message."""
        if len(arrival.raw) < _LARGE:
            return parse(arrival, account)
        return await asyncio.to_thread(parse, arrival, account)

    async def send(self, outgoing: Outgoing, account: Account) -> SendResult:
        """One mail to the SMTP server."""
        return await smtp.send(outgoing, account)

    def address(self, settings: Any) -> str:
        """The mailbox's address."""
        return normal(settings.address)

    def recipient(self, written: str) -> Handle:
        """An address that mail could be sent to."""
        value = normal(written)
        if not is_address(value) or "." not in value.rpartition("@")[2]:
            raise Invalid(message=_("%(address)s is not an email address.", address=written))
        return Handle("email", value)

    def message_id(self, account: Account, conversation: int, item: int) -> str:
        """Every mail of ours has an id that names its conversation and cannot be forged."""
        domain = normal(account.address or account.settings.address).rpartition("@")[2]
        return threading.new_id(account.client, conversation, item, domain or "polydesk.invalid")

    async def check(self, settings: Any) -> list[CheckResult]:
        """The connection test."""
        return await check.run(settings)

    async def listen(self, door: Door) -> None:
        """Fetch until cancelled."""
        await listener.listen(door)
