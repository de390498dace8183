"""Calls to a number that the provider sends us but no line here has: kept until one does, and then told."""

from __future__ import annotations

import re
from datetime import datetime

from polydesk import N_, Text, Unreadable, untrusted
from polydesk.types import Account, Arrival, Elsewhere, Handle, Message, Parsed
from polydesk_voice.providers.twiml.told import same_number


def parse(arrival: Arrival, account: Account) -> Parsed:
    """For the line of that number; once there is one and this is read again, a matter of its own."""
    form = untrusted.json(arrival.raw, dict[str, str])
    caller, called = form.get("From") or form.get("Caller", ""), form.get("To") or form.get("Called", "")
    if not same_number(called, account.address):
        return Elsewhere(address=called.strip())
    if not re.fullmatch(r"\+[0-9]{6,15}", caller):
        raise Unreadable(Text(N_("{caller} called, who cannot be called back."), {"caller": caller or "?"}))
    at = arrival.hints.get("arrived_at")
    return Message(
        external_id=arrival.external_id,
        sender=Handle("phone", caller),
        sent_at=at if isinstance(at, datetime) else None,
        notices=(Text(N_("They called while this number was not set up here.")),),
    )
