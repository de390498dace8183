"""A message object of Meta's: what was said, on what, in answer to what, or what was done to an earlier one."""

from __future__ import annotations

from typing import Any

from polydesk import N_, Text, Unreadable
from polydesk.types import Account, Arrival, Link, Message, Parsed, Piece, Products, Reaction, Revision
from polydesk_whatsapp import content, handles, users
from polydesk_whatsapp.webhook import Piece as Arrived


async def read(piece: Arrived, arrival: Arrival, account: Account) -> Parsed:
    """What became of it: a message, a reaction, a change of an earlier message, a change of number."""
    body, kind = piece.body, piece.body.get("type")
    if kind == "system":
        return users.system(body)
    if not body.get("id"):
        raise Unreadable(Text(N_("It holds no message.")))
    at = content.moment(body.get("timestamp"))
    about = content.part(body, str(kind))
    if kind == "reaction" and about.get("message_id"):
        sender = handles.of(body, piece.contact)[0]
        return Reaction(sender=sender, to=str(about["message_id"]), sign=str(about.get("emoji") or ""), occurred_at=at)
    if kind in ("edit", "revoke") and about.get("original_message_id"):
        text = None if kind == "revoke" else _edited(content.part(about, "message"))
        return Revision(of=str(about["original_message_id"]), text=text, occurred_at=at)
    return await _message(piece, arrival, account)


def _edited(message: dict[str, Any]) -> str:
    inner = content.part(message, str(message.get("type")))
    return str(inner.get("body") or inner.get("caption") or "")


async def _message(piece: Arrived, arrival: Arrival, account: Account) -> Message:
    body = piece.body
    sender, *also = handles.of(body, piece.contact)
    found = await content.read(body, arrival, account)
    context = content.part(body, "context")
    pieces: list[Piece] = [*found.pieces]
    notices = [*found.notices]
    details: dict[str, Any] = {"type": str(body.get("type")), **found.details}
    if context.get("frequently_forwarded"):
        notices.append(Text(N_("Forwarded many times.")))
    elif context.get("forwarded"):
        notices.append(Text(N_("Forwarded.")))
    if (product := content.part(context, "referred_product")).get("product_retailer_id"):
        catalogue = str(product.get("catalog_id") or "")
        pieces.append(Products(skus=(str(product["product_retailer_id"]),), catalogue=catalogue))
    if ad := content.part(body, "referral"):
        details["referral"] = {name: str(ad[name]) for name in ("source_id", "source_type", "ctwa_clid") if name in ad}
        pieces.append(
            Link(
                url=str(ad.get("source_url") or ""),
                title=str(ad.get("headline") or ""),
                text=str(ad.get("body") or ""),
                role="ad",
            )
        )
    return Message(
        external_id=str(body["id"]),
        sender=sender,
        also=tuple(also),
        text=found.text,
        attachments=found.attachments,
        pieces=tuple(pieces),
        notices=tuple(notices),
        choice=found.choice,
        quotes=str(context.get("id") or ""),
        sent_at=content.moment(body.get("timestamp")),
        details=details,
    )
