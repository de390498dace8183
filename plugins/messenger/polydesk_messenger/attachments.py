"""What hangs on a message: files at addresses that run out, stories, shared posts, and what nobody knows yet."""

from __future__ import annotations

import mimetypes
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from polydesk import N_, Text, TryLater, http
from polydesk.types import Account, Arrival, Attached
from polydesk.types import Link as Linked
from polydesk.types import Piece as Held
from polydesk_messenger import graph
from polydesk_messenger.events import part

MOST = 50 * 1024 * 1024
_ATTEMPTS = 5
_SECONDS = 45.0
_FILES = ("image", "audio", "video", "file", "sticker")
_SHARED = ("fallback", "share", "reel", "ig_reel", "post", "ig_post")
_STORIES = ("story_mention", "story")
_WEAK = ("application/octet-stream", "binary/octet-stream", "")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Files, pieces and remarks."""

    files: tuple[Attached, ...] = ()
    pieces: tuple[Held, ...] = ()
    notices: tuple[Text, ...] = ()


async def read(message: dict[str, Any], arrival: Arrival, account: Account) -> Found:
    """Raise `TryLater` while a file cannot be had and it is worth waiting for."""
    files: list[Attached] = []
    pieces: list[Held] = []
    notices: list[Text] = []
    seen: set[str] = set()
    held = message.get("attachments")
    for each in held if isinstance(held, list) else []:
        kind, payload = str(part({"x": each}, "x").get("type") or ""), part(part({"x": each}, "x"), "payload")
        url, title = str(payload.get("url") or ""), str(payload.get("title") or "")
        if url and url in seen:
            continue  # stickers come a second time as an image
        seen.add(url)
        if kind in _FILES and url:
            file, remark = await _file(kind, url, arrival, account)
            files += [file] if file else []
            notices += [remark] if remark else []
        elif kind in _STORIES:
            pieces.append(Linked(url=url, role="story"))
            notices.append(Text(N_("Mentioned this account in a story.")))
        elif kind in _SHARED:
            pieces.append(Linked(url=url, title=title, role="share"))
        elif kind == "template":
            words = title or str(payload.get("text") or payload.get("template_type") or "")
            notices.append(Text(N_("A card with buttons: {words}"), {"words": words}))
        elif kind == "ephemeral":
            notices.append(Text(N_("A picture that may be seen only once; it is not handed over.")))
        else:
            notices.append(Text(N_("An attachment of a kind that is not known here yet: {kind}."), {"kind": kind}))
    return Found(files=tuple(files), pieces=tuple(pieces), notices=tuple(notices))


async def _file(kind: str, url: str, arrival: Arrival, account: Account) -> tuple[Attached | None, Text | None]:
    reason: str
    try:
        answer = await http.fetch(url, most=MOST, hosts=graph.hosts(account), seconds=_SECONDS)
        if answer.status == 200:
            media_type = answer.media_type
            guessed = mimetypes.guess_type(urlsplit(url).path)[0] or ""
            media_type = guessed or "application/octet-stream" if media_type in _WEAK else media_type
            name = _name(kind, url, media_type)
            return Attached(name=name, media_type=media_type, data=answer.body, inline=kind == "sticker"), None
        reason = f"HTTP {answer.status}"
    except http.TooLarge:
        words = N_("The file is larger than {most} MB and was not fetched.")
        return None, Text(words, {"most": MOST // 1_048_576})
    except (http.NotReached, http.NoAnswer, http.NotAllowed) as error:
        reason = str(error)
    remark = Text(N_("A file ({kind}) could not be fetched: {reason}"), {"kind": kind, "reason": reason})
    if int(arrival.hints.get("attempt", 1)) < _ATTEMPTS:
        raise TryLater(remark)
    return None, remark


def _name(kind: str, url: str, media_type: str) -> str:
    """As its address calls it, if that is a name; else by its kind."""
    last = unquote(urlsplit(url).path.rpartition("/")[2])
    if "." in last.strip("."):
        return last[-150:]
    return kind + (".jpg" if media_type == "image/jpeg" else mimetypes.guess_extension(media_type) or "")
