"""What a message holds beside words: files fetched in two steps, places, cards."""

from __future__ import annotations

import mimetypes
import re

from polydesk import N_, Text, TryLater, http
from polydesk.types import Account, Arrival, Attached, Card, Piece, Place
from polydesk_telegram import api
from polydesk_telegram.api import BotApiFailure
from polydesk_telegram.shapes import File, Written

LARGEST = 20 * 1024 * 1024
"""Telegram hands no larger files to bots."""
_PATIENCE = 6
_TOO_LARGE = N_("{name} is larger than the 20 MB that Telegram hands to bots. Ask for it another way.")
_NOT_THERE = N_("{name} could not be fetched from Telegram: {reason}")
_EMPTY = Text(N_("Something was sent that cannot be shown here. Ask the contact to describe it."))


def words(written: Written) -> str:
    """Text or caption; a sticker and dice speak by their sign."""
    sign = written.sticker.emoji if written.sticker else ""
    dice = f"{written.dice.emoji} {written.dice.value}" if written.dice else ""
    return written.text or written.caption or sign or dice


def pieces(written: Written) -> tuple[Piece, ...]:
    """A place, a venue, a card."""
    found: list[Piece] = []
    if written.venue is not None:
        at = written.venue.location
        found.append(
            Place(latitude=at.latitude, longitude=at.longitude, name=written.venue.title, address=written.venue.address)
        )
    elif written.location is not None:
        found.append(Place(latitude=written.location.latitude, longitude=written.location.longitude))
    if written.contact is not None:
        card = written.contact
        name = " ".join(each for each in (card.first_name, card.last_name) if each) or card.phone_number
        found.append(Card(name=name, phones=(_normal(card.phone_number) or card.phone_number,)))
    return tuple(found)


def own_phone(written: Written) -> str:
    """The sender's own number, which Telegram vouches for; "" for somebody else's card."""
    card = written.contact
    if card is None or written.sender is None or not card.user_id or card.user_id != written.sender.id:
        return ""
    return _normal(card.phone_number)


async def files(written: Written, arrival: Arrival, account: Account) -> tuple[tuple[Attached, ...], tuple[Text, ...]]:
    """Every file of it. One that cannot be had is said so rather than kept waiting for ever."""
    attached: list[Attached] = []
    notices: list[Text] = []
    for file, kind, name in _named(written):
        if file.file_size > LARGEST:
            notices.append(Text(_TOO_LARGE, {"name": name}))
            continue
        try:
            data = await _fetched(file, account)
        except (http.NotReached, http.NoAnswer) as error:
            _wait(arrival, type(error).__name__)
            notices.append(Text(_NOT_THERE, {"name": name, "reason": type(error).__name__}))
        except http.TooLarge:
            notices.append(Text(_TOO_LARGE, {"name": name}))
        except BotApiFailure as failure:
            if failure.code == 429 or failure.code >= 500:
                _wait(arrival, failure.description, failure.retry_after)
            big = "too big" in failure.description
            notices.append(Text(_TOO_LARGE if big else _NOT_THERE, {"name": name, "reason": failure.description}))
        else:
            attached.append(Attached(name=name, media_type=kind, data=data))
    if not (attached or notices or words(written) or pieces(written)):
        notices.append(_EMPTY)
    return tuple(attached), tuple(notices)


async def _fetched(file: File, account: Account) -> bytes:
    found = await api.call(account.settings, "getFile", file_id=file.file_id)
    path = found.get("file_path") if isinstance(found, dict) else None
    if not isinstance(path, str) or not path:
        raise BotApiFailure(0, "no file_path")
    return await api.file(account.settings, path, LARGEST)


def _wait(arrival: Arrival, reason: str, after: float = 0.0) -> None:
    """Read again later, until it has been tried often enough."""
    attempt = arrival.hints.get("attempt", 1)
    if isinstance(attempt, int) and attempt < _PATIENCE:
        raise TryLater(reason, after=after)


def _named(written: Written) -> list[tuple[File, str, str]]:
    """Each file with its kind and a name that is no path."""
    found: list[tuple[File, str, str]] = []
    if written.photo:
        # The same picture in several sizes, the largest last.
        found.append((max(written.photo, key=lambda each: each.file_size), "image/jpeg", "photo"))
    if written.sticker is not None:
        kind = "application/gzip" if written.sticker.is_animated else "video/webm" if written.sticker.is_video else ""
        found.append((written.sticker, kind or "image/webp", "sticker"))
    for file, kind, name in (
        (written.voice, "audio/ogg", "voice"),
        (written.audio, "audio/mpeg", "audio"),
        (written.video, "video/mp4", "video"),
        (written.video_note, "video/mp4", "video"),
        # An animation comes as a document too, for programs that do not know it.
        (written.animation or written.document, "application/octet-stream", "file"),
    ):
        if file is not None:
            found.append((file, file.mime_type or kind, name))
    return [(file, kind, _name(file, kind, name)) for file, kind, name in found]


def _name(file: File, kind: str, name: str) -> str:
    own = re.sub(r"[\\/\x00-\x1f]+", "_", file.file_name).strip(". ")[:200]
    return own or name + (mimetypes.guess_extension(kind) or "")


def _normal(phone: str) -> str:
    digits = re.sub(r"[^0-9]", "", phone)
    return f"+{digits}" if digits.isascii() and 6 <= len(digits) <= 15 and not digits.startswith("0") else ""
