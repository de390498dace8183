"""Which providers there are."""

from __future__ import annotations

from polydesk.types import Account
from polydesk_voice.providers.ari import Ari
from polydesk_voice.providers.base import Provider
from polydesk_voice.providers.twiml import Twiml

PROVIDERS: dict[str, Provider] = {each.name: each for each in (Twiml(), Ari())}


def of(account: Account) -> Provider:
    """Who carries the calls of an account."""
    return PROVIDERS[account.settings.provider]
