"""Meta's limits, kept on our side: so many messages a second for a number, and few to one person at once."""

from __future__ import annotations

import asyncio

from polydesk import N_, Text, TryLater, pacing
from polydesk.types import Account

_PAIR_EVERY, _PAIR_BURST = 6.0, 45
_WAIT_HERE = 15.0


def _number(account: Account) -> tuple[str, float, int]:
    """The bucket of a number: its name, seconds for one message, and how many at once."""
    per_second = account.settings.per_second
    return f"whatsapp:{account.address}", 1.0 / per_second, max(1, per_second // 10)


def _pair(account: Account, to: str) -> tuple[str, float, int]:
    """The bucket of a number and one person."""
    return f"whatsapp:{account.address}:{to}", _PAIR_EVERY, _PAIR_BURST


async def hold_number(account: Account, seconds: float) -> None:
    """Nothing from this number for a while: Meta said that it was too much."""
    await _hold(*_number(account), seconds)


async def hold_pair(account: Account, to: str, seconds: float) -> None:
    """Nothing to this one person for a while."""
    await _hold(*_pair(account, to), seconds)


async def _hold(name: str, every: float, burst: int, seconds: float) -> None:
    # Meta counts the burst as used up, so ours is as well: afterwards they go one by one.
    await pacing.hold(name, seconds + every * (burst - 1))


async def take(account: Account, to: str, *, first: bool) -> None:
    """Wait for a place. Raise `TryLater` for a message's first part; those after it must not be left behind."""
    for name, every, burst in (_pair(account, to), _number(account)):
        waited = 0.0
        while wait := await pacing.reserve(name, every=every, burst=burst):
            if first or waited + wait > _WAIT_HERE:
                raise TryLater(Text(N_("Waiting for our turn: WhatsApp takes only so many messages.")), after=wait)
            await asyncio.sleep(wait)
            waited += wait
