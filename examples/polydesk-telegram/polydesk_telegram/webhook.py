"""The door: Telegram proves itself by a secret token in a header, which does not cover the body."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from polydesk import N_, NotFound, Text
from polydesk.signatures import same
from polydesk.types import Account, Arrival, Call, CallAnswer, Delivered

HEADER = "x-telegram-bot-api-secret-token"
_FORGED = Text(
    N_(
        "Something arrived with a wrong secret token. If it was changed here, run the connection test: it tells "
        "Telegram the new one."
    )
)


class _Named(msgspec.Struct):
    update_id: int


def answer(call: Call, accounts: Sequence[Account]) -> CallAnswer:
    """What to answer, and what to keep: each call is one update of one bot."""
    account = next((each for each in accounts if each.address == call.path), None)
    if account is None or account.settings.way != "webhook":
        raise NotFound()
    given = call.headers.get(HEADER, "")
    if not same(account.settings.secret_token, given):
        alarmed = (account.id,) if given else ()
        return CallAnswer(status=403, alarm=_FORGED if alarmed else None, alarmed=alarmed)
    arrival = Arrival(external_id=name_of(call.body), raw=call.body)
    return CallAnswer(deliveries=(Delivered(account=account.id, arrival=arrival),))


def name_of(raw: bytes) -> str:
    """What an update is called; one without a number is named by its bytes."""
    try:
        return f"u:{msgspec.json.decode(raw, type=_Named).update_id}"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return f"x:{hashlib.sha256(raw).hexdigest()}"
