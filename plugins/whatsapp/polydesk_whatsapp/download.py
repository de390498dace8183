"""Files that came with a message: Meta tells an address for five minutes, and the bytes are checked."""

from __future__ import annotations

import base64
import binascii
import hashlib
import mimetypes
from typing import Any

from polydesk import N_, Text, TryLater, http
from polydesk.types import Account, Arrival, Attached
from polydesk_whatsapp import graph, sniffing

MOST = 100 * 1024 * 1024
_ATTEMPTS = 6
"""After which a message is shown without its file: about a minute of trying."""
_SECONDS = 45.0
_TOO_LARGE = Text(N_("The file is larger than {most} MB and was not fetched."), {"most": MOST // 1_048_576})
_ENDINGS = {"audio/ogg": ".ogg", "image/webp": ".webp", "image/jpeg": ".jpg", "audio/amr": ".amr"}


class _Gone(Exception):
    """It will not come; the message is the reason, in words."""

    def __init__(self, words: Text) -> None:
        self.words = words
        super().__init__(str(words))


async def fetched(
    kind: str, about: dict[str, Any], arrival: Arrival, account: Account
) -> tuple[tuple[Attached, ...], tuple[Text, ...]]:
    """The file and remarks about it. Raise `TryLater` while it may still come; then only the remark comes."""
    declared = str(about.get("mime_type") or "application/octet-stream").partition(";")[0].strip().lower()
    name = str(about.get("filename") or "") or kind + (
        _ENDINGS.get(declared) or mimetypes.guess_extension(declared) or ""
    )
    try:
        data = await _bytes(about, account)
    except _Gone as gone:
        return (), (gone.words,)
    except (http.NotReached, http.NoAnswer, http.NotAllowed, graph.GraphFailure, _Wrong) as error:
        words = Text(N_("The file {name} could not be fetched: {reason}"), {"name": name, "reason": str(error)})
        if int(arrival.hints.get("attempt", 1)) < _ATTEMPTS:
            raise TryLater(words) from error
        return (), (words,)
    notices: tuple[Text, ...] = ()
    if real := sniffing.mislabelled(declared, data):
        template = N_("The file {name} was called {declared}, but it is {real}.")
        notices = (Text(template, {"name": name, "declared": declared, "real": real}),)
        declared = real
    return (Attached(name=name, media_type=declared, data=data, inline=kind == "sticker"),), notices


class _Wrong(Exception):
    """Bytes came, but not those that were announced."""


async def _bytes(about: dict[str, Any], account: Account) -> bytes:
    settings = account.settings
    if not (named := str(about.get("id") or "")).isalnum():
        raise _Gone(Text(N_("The message announces a file but does not name it.")))
    told = await graph.call(settings, "GET", named, query=[("phone_number_id", settings.phone_number_id)])
    if str(told.get("file_size") or "0").isdecimal() and int(told.get("file_size") or 0) > MOST:
        raise _Gone(_TOO_LARGE)
    try:
        answer = await http.fetch(
            str(told.get("url") or ""),
            most=MOST,
            headers=graph.authorized(settings),
            hosts=graph.hosts(settings),
            seconds=_SECONDS,
        )
    except http.TooLarge:
        raise _Gone(
            Text(N_("The file is larger than {most} MB and was not fetched."), {"most": MOST // 1048576})
        ) from None
    if answer.status != 200:
        raise _Wrong(f"HTTP {answer.status}")
    digest = hashlib.sha256(answer.body).digest()
    for promised in (about.get("sha256"), told.get("sha256")):
        if promised and digest not in _digests(str(promised)):
            raise _Wrong("its checksum is not the one that was announced")
    return answer.body


def _digests(written: str) -> tuple[bytes, ...]:
    """A checksum is base64 in messages and hexadecimal in look-ups."""
    found = []
    for decode in (bytes.fromhex, lambda text: base64.b64decode(text, validate=True)):
        try:
            found.append(decode(written))
        except (ValueError, binascii.Error):
            continue
    return tuple(found)
