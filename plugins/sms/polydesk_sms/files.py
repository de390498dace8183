"""Files we send: the gateway fetches them here, under an address that is signed and soon ends."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Sequence
from urllib.parse import quote

from polydesk import NotFound, storage
from polydesk.channels import service as channels
from polydesk.types import Account, Call, CallAnswer, OutgoingFile

_HARMLESS = re.compile(r"(image/(?!svg)|audio/|video/|text/plain|text/vcard|application/pdf)[\w.+-]*")
_LASTS = 24 * 3600
_PATH = re.compile(r"file/(\d{1,18})/(\d{1,12})/([0-9a-f]{64})/([0-9a-f]{32})/([\w.+-]+/[\w.+-]+)")


def address(file: OutgoingFile, account: Account, now: float | None = None) -> str:
    """Where the gateway finds a file of ours. The same bytes are in the store already, under their hash."""
    ends = int((now or time.time()) + _LASTS)
    key = hashlib.sha256(file.data).hexdigest()
    # Served from our own address, so nothing that a browser would run.
    kind = file.media_type if _HARMLESS.fullmatch(file.media_type) else "application/octet-stream"
    signed = _sign(account, ends, key, kind)
    return f"{channels.hook(account.channel)}/file/{account.id}/{ends}/{key}/{signed}/{quote(kind)}"


async def answer(call: Call, accounts: Sequence[Account]) -> CallAnswer:
    """The bytes, to whoever has the address while it lasts."""
    found = _PATH.fullmatch(call.path)
    account = next((each for each in accounts if found and str(each.id) == found[1]), None)
    if found is None or account is None or int(found[2]) < time.time():
        raise NotFound()
    if not hmac.compare_digest(_sign(account, int(found[2]), found[3], found[5]), found[4]):
        raise NotFound()
    return CallAnswer(body=await storage.get(found[3]), media_type=found[5])


def _sign(account: Account, ends: int, key: str, kind: str) -> str:
    words = f"{account.id}:{ends}:{key}:{kind}"
    return hmac.new(account.settings.token.encode(), words.encode(), hashlib.sha256).hexdigest()[:32]
