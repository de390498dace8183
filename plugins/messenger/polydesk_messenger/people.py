"""Who somebody is on one page: an id that means nothing elsewhere, and a name when Meta tells it."""

from __future__ import annotations

import time

from polydesk import Refused, Text, http
from polydesk.i18n import N_
from polydesk.types import Account, Handle
from polydesk_messenger import graph

_WEEK, _SOON, _MOST = 7 * 24 * 3600.0, 600.0, 20_000
_FIELDS = {"messenger": "first_name,last_name", "instagram": "name,username"}
_known: dict[tuple[str, str, str], tuple[float, str]] = {}


def handle(account: Account, person: str, name: str = "") -> Handle:
    """Ids belong to a page: the same person has another one on the next."""
    return Handle(account.channel, f"{account.address}:{person}"[:300], name)


def scoped(account: Account, handles: tuple[Handle, ...]) -> str:
    """The id by which this page may write to somebody."""
    for each in handles:
        page, colon, person = each.value.partition(":")
        if each.kind == account.channel and colon and page == account.address and person:
            return person
    raise Refused(Text(N_("This person never wrote to this page, so it may not write to them.")))


async def name(account: Account, person: str) -> str:
    """What Meta says somebody is called, remembered for a week; "" when it does not say."""
    key = (account.channel, account.address, person)
    if (found := _known.get(key)) and found[0] > time.monotonic():
        return found[1]
    try:
        told = await graph.call(
            account.settings, "GET", person, query=[("fields", _FIELDS[account.channel])], seconds=5.0
        )
        written = f"{told.get('first_name') or ''} {told.get('last_name') or ''}".strip()
        value, until = written or str(told.get("name") or told.get("username") or ""), _WEEK
    except (graph.GraphFailure, http.NotReached, http.NoAnswer, http.TooLarge):
        value, until = "", _SOON  # no consent is normal, and a message must not wait for a name
    if len(_known) > _MOST:
        _known.clear()
    _known[key] = (time.monotonic() + until, value)
    return value
