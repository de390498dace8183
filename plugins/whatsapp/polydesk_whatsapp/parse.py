"""What one arrival is: the door took batches apart, so each is one message, status or piece of news."""

from __future__ import annotations

import msgspec

from polydesk import N_, Text, Unreadable
from polydesk.channels import service as channels
from polydesk.signatures import same
from polydesk.types import Account, Arrival, Echo, Elsewhere, Parsed
from polydesk_whatsapp import content, handles, messages, news, statuses, users
from polydesk_whatsapp.webhook import Piece


async def parse(arrival: Arrival, account: Account) -> Parsed:
    """Raise `Unreadable` for what has no shape that Meta is known to use."""
    try:
        piece = msgspec.json.decode(arrival.raw, type=Piece)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unreadable(Text(N_("It is signed by Meta, but it is nothing that Meta is known to send."))) from None
    if piece.number and piece.number != account.address:
        return await _elsewhere(piece, account)
    if piece.kind == "error" and isinstance(piece.body, dict):
        return news.complaint(piece.body)
    if piece.kind == "change" and piece.field == "user_id_update":
        return users.new_id(piece.body)
    if piece.kind == "change":
        return await news.change(piece, account)
    if not isinstance(piece.body, dict):
        raise Unreadable(Text(N_("It holds no message.")))
    if piece.kind == "status":
        return statuses.update(piece.body)
    if piece.kind == "echo":
        return await _echo(piece, arrival, account)
    return await messages.read(piece, arrival, account)


async def _elsewhere(piece: Piece, account: Account) -> Elsewhere:
    """For another number: it may have it if the same secret vouches for both."""
    other = await channels.at(account.channel, piece.number)
    if other is not None and same(other.settings.app_secret, account.settings.app_secret):
        return Elsewhere(address=piece.number)
    raise Unreadable(
        Text(
            N_(
                "This is for {shown} (phone number ID {number}), and no account here with the same app secret has that "
                "number. Connect it, then have this read again."
            ),
            {"shown": piece.shown or "?", "number": piece.number},
        )
    )


async def _echo(piece: Piece, arrival: Arrival, account: Account) -> Echo:
    """Somebody answered on the telephone where the Business app runs."""
    body = piece.body
    found = await content.read(body, arrival, account)
    return Echo(
        external_id=str(body.get("id") or arrival.external_id),
        recipient=handles.of(body, {}, "to")[0],
        text=found.text or "\n".join(str(each) for each in found.notices),
        attachments=found.attachments,
        pieces=found.pieces,
        sent_at=content.moment(body.get("timestamp")),
    )
