"""How things stand for a visitor: is anybody there, who answers, how many wait before them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from polydesk import hours
from polydesk.conversations import waiting
from polydesk.scopes import service as scopes
from polydesk.types import Account, Scope
from polydesk_webchat import words
from polydesk_webchat.identity import Identity
from polydesk_webchat.settings import ChatSettings
from polydesk_webchat.visitors import Visitor


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """`position` is 0 when they wait for nobody; `expected` is in seconds, None when that cannot be said."""

    away: bool = False
    opens: datetime | None = None
    agent: str = ""
    position: int = 0
    expected: float | None = None


def asks(account: Account, visitor: Visitor | None, proven: Identity | None, now: Situation) -> tuple[bool, bool]:
    """Whether to ask for name and address, and whether nothing is taken without the address."""
    settings: ChatSettings = account.settings
    reachable = bool((visitor and visitor.reachable) or (proven and proven.email))
    must = not reachable and (now.away or (settings.ask == "required" and visitor is None))
    return must or (settings.ask != "no" and visitor is None and proven is None), must


async def of(account: Account, visitor: Visitor | None) -> Situation:
    """As it is now."""
    settings: ChatSettings = account.settings
    place = await scopes.place(Scope(account.client, account.market))
    zone = words.zone(settings.zone) or place.zone
    periods, holidays = hours.read(settings.hours), hours.read_holidays(settings.holidays) | place.days_off
    now = datetime.now(UTC)
    if not hours.is_open(periods, holidays, zone, now):
        return Situation(away=True, opens=hours.opens_next(periods, holidays, zone, now))
    agent = visitor.agent if visitor else ""
    ahead = None
    if visitor is not None and visitor.conversation is not None and not agent:
        ahead = await waiting.place_in_queue(visitor.conversation)
    if ahead is None and not agent and settings.away_without_agents:
        ready = await waiting.ready_agents(Scope(account.client, account.market))
        return Situation(away=ready == 0)
    return Situation(
        agent=agent,
        position=ahead.position if ahead else 0,
        expected=ahead.expected_seconds if ahead else None,
    )
