"""What one arrival is: an event is told by the key it holds."""

from __future__ import annotations

import msgspec

from polydesk import N_, Text, Unreadable
from polydesk.channels import service as channels
from polydesk.signatures import same
from polydesk.types import Account, Arrival, Elsewhere, Nothing, Parsed
from polydesk_messenger import comments, events, messages
from polydesk_messenger.webhook import Piece


async def parse(arrival: Arrival, account: Account) -> Parsed:
    """Raise `Unreadable` for what has no shape that Meta is known to use."""
    try:
        piece = msgspec.json.decode(arrival.raw, type=Piece)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unreadable(Text(N_("It is signed by Meta, but it is nothing that Meta is known to send."))) from None
    if piece.page != account.address:
        return await _elsewhere(piece, account)
    if not isinstance(piece.body, dict):
        raise Unreadable(Text(N_("It holds no message.")))
    if piece.kind == "change":
        return await comments.read(piece.body, account)
    if isinstance(piece.body.get("message"), dict):
        return await messages.message(piece, arrival, account)
    if isinstance(piece.body.get("postback"), dict):
        return await messages.postback(piece, arrival, account)
    return events.read(piece.body, account) or Nothing(reason=f"an event that is not known here: {_keys(piece)}")


def _keys(piece: Piece) -> str:
    return ", ".join(sorted(set(piece.body) - {"sender", "recipient", "timestamp"}))


async def _elsewhere(piece: Piece, account: Account) -> Elsewhere:
    """For another page: it may have it if the same secret vouches for both."""
    other = await channels.at(account.channel, piece.page)
    if other is not None and same(other.settings.app_secret, account.settings.app_secret):
        return Elsewhere(address=piece.page)
    raise Unreadable(
        Text(
            N_(
                "This is for {page}, and no account here with the same app secret has that ID. Connect it, then have "
                "this read again."
            ),
            {"page": piece.page or "?"},
        )
    )
