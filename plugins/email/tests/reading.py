"""A mail as the channel reads it."""

from __future__ import annotations

from typing import Any

from polydesk.types import Account, Arrival, Message, Parsed
from polydesk_email.parse import parse

PLAIN = "From: Nino <nino@x.test>\nTo: support@polydesk.test\nSubject: Hello\nMessage-ID: <m1@x.test>\n"


def read(mail: str | bytes, account: Account, **hints: Any) -> Parsed:
    raw = mail if isinstance(mail, bytes) else mail.replace("\n", "\r\n").encode()
    return parse(Arrival(external_id="1", raw=raw, hints=hints), account)


def message(mail: str | bytes, account: Account, **hints: Any) -> Message:
    made = read(mail, account, **hints)
    assert isinstance(made, Message), made
    return made
