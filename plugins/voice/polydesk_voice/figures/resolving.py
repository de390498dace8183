"""First-call resolution by repeat contact: did the same person come back about the same thing?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

DAYS = 7
# Whoever is cut off and calls again at once goes on with the same call.
CONTINUATION = timedelta(minutes=10)


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """An answered incoming call that is over. `dropped` was ended by the service, by nobody's will."""

    call: int
    contact: int
    ended: datetime
    topic: str = ""
    dropped: bool = False


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody got in touch by themselves, on whatever channel; `call` is 0 for messages."""

    at: datetime
    topic: str = ""
    call: int = 0


def came_back(it: Handled, later: Sequence[Again], days: int = DAYS) -> bool:
    """Is one of these about the same topic and soon enough? An unknown topic is the same as any."""
    until = it.ended + timedelta(days=days)
    for each in later:
        if (each.call == it.call and each.call) or not it.ended < each.at <= until:
            continue
        if it.topic and each.topic and it.topic != each.topic:
            continue
        if it.dropped and each.at - it.ended <= CONTINUATION:
            continue
        return True
    return False


def is_final(it: Handled, now: datetime, days: int = DAYS) -> bool:
    """Can it still turn out otherwise?"""
    return now >= it.ended + timedelta(days=days)


def judge(
    handled: Sequence[Handled], later: Mapping[int, Sequence[Again]], now: datetime, days: int = DAYS
) -> Iterator[tuple[Handled, bool, bool]]:
    """Each with whether it was resolved, as far as is known, and whether that is final."""
    for each in handled:
        back = came_back(each, later.get(each.contact, ()), days)
        yield each, not back, back or is_final(each, now, days)
