"""Messages, taps on buttons, echoes of what went out, and what was taken back."""

from __future__ import annotations

from typing import Any

from polydesk import N_, Text, Unreadable
from polydesk.types import Account, Arrival, Echo, Link, Message, Nothing, Parsed, Revision
from polydesk.types import Piece as Held
from polydesk_messenger import attachments, people
from polydesk_messenger.events import moment, part
from polydesk_messenger.webhook import Piece

OURS = "pd:"
PART = "#"
"""What stands between our mark and the number of a part, for all parts but the last."""
_STANDBY = Text(N_("Another app holds this conversation at Meta; an answer from here may be refused."))


async def message(piece: Piece, arrival: Arrival, account: Account) -> Parsed:
    """A `message` event."""
    event, about = piece.body, part(piece.body, "message")
    mid, at = str(about.get("mid") or ""), moment(event.get("timestamp"))
    person = str(part(event, "sender").get("id") or "")
    if not mid:
        raise Unreadable(Text(N_("It holds no message.")))
    if about.get("is_deleted"):
        return Revision(of=mid, text=None, occurred_at=at)
    if about.get("is_echo"):
        return await _echo(event, about, arrival, account)
    if not person:
        raise Unreadable(Text(N_("It does not say who sent it.")))
    if person == account.address:
        return Nothing(reason="our own message, not marked as an echo")
    found = await attachments.read(about, arrival, account)
    pieces, notices = [*found.pieces], [*found.notices]
    if about.get("is_unsupported"):
        notices.append(Text(N_("A kind of message that Meta does not hand over; look at it in its own app.")))
    if piece.kind == "standby":
        notices.append(_STANDBY)
    reply_to = part(about, "reply_to")
    if story := part(reply_to, "story"):
        pieces.append(Link(url=str(story.get("url") or ""), role="story"))
    pieces += _referred(part(about, "referral"))
    text = str(about.get("text") or "")
    if not (text or pieces or notices or found.files):
        notices.append(Text(N_("A kind of message that is not known here yet. The original is kept.")))
    return Message(
        external_id=mid,
        sender=people.handle(account, person, await people.name(account, person)),
        text=text,
        attachments=found.files,
        pieces=tuple(pieces),
        notices=tuple(notices),
        quotes=str(reply_to.get("mid") or ""),
        choice=str(part(about, "quick_reply").get("payload") or ""),
        sent_at=at,
        details={"referral": about["referral"]} if part(about, "referral") else {},
    )


async def postback(piece: Piece, arrival: Arrival, account: Account) -> Parsed:
    """A tap on a button that stays; a copy for another app's thread comes without what was behind it."""
    event, about = piece.body, part(piece.body, "postback")
    person, stamp = str(part(event, "sender").get("id") or ""), event.get("timestamp")
    if not person:
        raise Unreadable(Text(N_("It does not say who sent it.")))
    payload = str(about.get("payload") or "")
    return Message(
        external_id=str(about.get("mid") or f"postback:{person}:{stamp}:{payload}")[:300],
        sender=people.handle(account, person, await people.name(account, person)),
        text=str(about.get("title") or payload),
        choice=payload,
        pieces=tuple(_referred(part(about, "referral"))),
        notices=(_STANDBY,) if piece.kind == "standby" else (),
        sent_at=moment(stamp),
        details={"postback": True},
    )


async def _echo(event: dict[str, Any], about: dict[str, Any], arrival: Arrival, account: Account) -> Parsed:
    """What the page itself said: by us, or in Meta's own inbox, or by another app."""
    person = str(part(event, "recipient").get("id") or "")
    mark, numbered, _number = str(about.get("metadata") or "").partition(PART)
    ours = mark.startswith(OURS) and str(about.get("app_id") or "") in ("", account.settings.app_id)
    if ours and numbered:
        return Nothing(reason="an earlier part of a message of ours")
    if not person:
        return Nothing(reason="an echo that names nobody")
    found = attachments.Found() if ours else await attachments.read(about, arrival, account)
    words = [str(about.get("text") or ""), *(str(each) for each in found.notices)]
    return Echo(
        external_id=str(about["mid"]),
        recipient=people.handle(account, person),
        text="\n".join(each for each in words if each),
        attachments=found.files,
        pieces=found.pieces,
        correlation=mark if ours else "",
        sent_at=moment(event.get("timestamp")),
    )


def _referred(referral: dict[str, Any]) -> list[Held]:
    """What brought somebody here: an advertisement or a link with our mark in it."""
    if not referral:
        return []
    ad = part(referral, "ads_context_data")
    url = str(ad.get("photo_url") or ad.get("video_url") or referral.get("referer_uri") or "")
    words = " ".join(str(referral[name]) for name in ("source", "ref", "ad_id") if referral.get(name))
    return [Link(url=url, title=str(ad.get("ad_title") or ""), text=words, role="ad")]
