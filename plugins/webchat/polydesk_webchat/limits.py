"""How much of whom: visitors are strangers, and some are machines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from polydesk import db, secrets
from polydesk.i18n import _
from polydesk.pacing import service as pacing
from polydesk.types import Account
from polydesk_webchat.settings import ChatSettings
from polydesk_webchat.visitors import Visitor

LONGEST_TEXT = 4000
MOST_FILES = 5
_FILES_PER_HOUR = 30
_BYTES_PER_DAY = 200_000_000
_BLOCKED_FOR = timedelta(days=1)


class TooMuch(Exception):
    """Refused, with the sentence for the visitor and the seconds to wait (0: waiting does not help)."""

    def __init__(self, words: str, after: float = 0.0, status: int = 429) -> None:
        super().__init__(words)
        self.words, self.after, self.status = words, after, status


def hashed(host: str) -> str:
    """Where somebody writes from, so that it can be compared but not read."""
    return secrets.sign("webchat.address", host, 40)


async def new_chat(account: Account, address: str) -> None:
    """May somebody at this address begin another chat?"""
    settings: ChatSettings = account.settings
    blocked = await db.fetch(
        "SELECT id FROM webchat_visitor WHERE account = {} AND address = {} AND blocked AND seen_at > {} LIMIT 1",
        account.id,
        address,
        datetime.now(UTC) - _BLOCKED_FOR,
    )
    if blocked:
        raise closed()
    per_hour = settings.chats_per_hour
    # Half at once, so that an office may come back from lunch together.
    wait = await pacing.reserve(
        f"webchat:new:{account.id}:{address}", every=3600 / per_hour, burst=max(1, per_hour // 2)
    )
    if wait:
        raise TooMuch(_("Too many chats were begun from here. Please try again a little later."), wait)


async def message(account: Account, visitor: Visitor, address: str) -> None:
    """May this visitor say something now?"""
    if visitor.blocked:
        raise closed()
    per_minute = account.settings.per_minute
    words = _("That was a lot at once. Please wait a moment, then send it again.")
    burst = max(3, per_minute // 2)
    if wait := await pacing.reserve(f"webchat:say:{visitor.id}", every=60 / per_minute, burst=burst):
        raise TooMuch(words, wait)
    # One address may be many people, but not without end.
    if wait := await pacing.reserve(f"webchat:say:{account.id}:{address}", every=6 / per_minute, burst=10 * burst):
        raise TooMuch(words, wait)


async def files(visitor: Visitor, sizes: list[int], largest: int) -> None:
    """May this visitor send these files?"""
    if len(sizes) > MOST_FILES:
        raise TooMuch(_("At most %(count)s files at once.", count=MOST_FILES), status=422)
    if any(size > largest for size in sizes):
        raise TooMuch(_("A file may have at most %(size)s MB.", size=largest // 1_000_000), status=413)
    since = datetime.now(UTC) - timedelta(days=1)
    rows = await db.fetch(
        "SELECT COALESCE(SUM(size), 0) AS bytes FROM webchat_file WHERE visitor = {} AND created_at > {}",
        visitor.id,
        since,
    )
    if int(rows[0]["bytes"]) + sum(sizes) > _BYTES_PER_DAY:
        raise TooMuch(_("That is enough for a day. Please send the rest tomorrow."), 3600)
    for _size in sizes:
        if wait := await pacing.reserve(
            f"webchat:file:{visitor.id}", every=3600 / _FILES_PER_HOUR, burst=_FILES_PER_HOUR // 2
        ):
            raise TooMuch(_("That was a lot at once. Please wait a moment, then send it again."), wait)


def closed() -> TooMuch:
    """Blocked by an agent."""
    return TooMuch(_("This chat was closed. Please reach us another way."), status=403)
