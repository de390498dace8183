"""What the make-believe Twilio tells of calls, rooms and recordings: in order, or twice, late or never."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from polydesk.testing.telephone.twiml import TwilioExchange
    from polydesk.testing.telephone.twiml_calls import TwilioLine


class Mischief(msgspec.Struct, kw_only=True):
    """Which share of the news comes twice, late (by up to `most_late` seconds of the service's own time) or never."""

    twice: float = 0.0
    late: float = 0.0
    never: float = 0.0
    most_late: float = 30.0


class News:
    """Sends it off; nobody there waits for the answer."""

    def __init__(self, exchange: TwilioExchange, mischief: Mischief, dice: random.Random) -> None:
        self._exchange, self.mischief, self._dice = exchange, mischief, dice
        self._under_way: set[asyncio.Task[None]] = set()
        self.twice = self.late = self.never = 0
        self.untold: list[dict[str, str]] = []
        """News that was sent, and that the desk did not take."""

    def tell(self, url: str, told: dict[str, str], *, method: str = "POST", after: TwilioLine | None = None) -> None:
        """One piece of news; `after` keeps what is told of one call in its order, if it is not to be late."""
        if not url:
            return
        dice, mischief = self._dice, self.mischief
        if dice.random() < mischief.never:
            self.never += 1
            return
        late = dice.uniform(0.0, mischief.most_late) if dice.random() < mischief.late else 0.0
        before = after.news if after is not None and not late else None
        task = self._spawn(self._send(url, told, method, late, before))
        if after is not None and not late:
            after.news = task
        self.late += late > 0
        if dice.random() < mischief.twice:
            self.twice += 1
            self._spawn(self._send(url, told, method, dice.uniform(0.0, mischief.most_late), None))

    def _spawn(self, sending: object) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(sending)  # type: ignore[arg-type]
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _send(
        self, url: str, told: dict[str, str], method: str, late: float, before: asyncio.Task[None] | None
    ) -> None:
        if late:
            await self._exchange.pass_time(late)
        if before is not None:
            await asyncio.wait({before})
        try:
            answer = await self._exchange.desk.ask(url, told, method)
        except (OSError, TimeoutError) as error:
            self.untold.append({**told, "error": str(error)})
            return
        if not 200 <= answer.status < 300:
            self.untold.append({**told, "error": str(answer.status)})

    async def settled(self) -> None:
        """Wait until everything that was to be told has been."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def close(self) -> None:
        """Drop what is on its way."""
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
