"""One make-believe person on one channel: what they say next, and when."""

from __future__ import annotations

import asyncio
import logging
import time
from random import Random

from polydesk.simulate.scripts import Script
from polydesk.simulator import Heard, Saying, Simulator

log = logging.getLogger("polydesk.simulate")
_MACHINE_SECONDS = 4.0


class Someone:
    """Speaks their script's lines, one for each answer of a person; presses what they are offered."""

    def __init__(self, script: Script, simulator: Simulator, chance: Random, haste: float) -> None:
        self.script, self.simulator = script, simulator
        self._chance, self._haste = chance, haste
        self._next = 0
        self._said_at = -1e9
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()

    @property
    def name(self) -> tuple[Simulator, str]:
        """Who on which channel."""
        return self.simulator, self.script.persona.key

    def hear(self, heard: Heard) -> None:
        """The desk said something."""
        self._heard.put_nowait(heard)

    async def live(self) -> None:
        """Begin, answer what is answered, and fall silent after the last line."""
        await self._say(self.script.lines[0])
        await self.go_on()

    async def go_on(self) -> None:
        """The same for who has begun already."""
        self._next = 1
        while self._next < len(self.script.lines):
            heard = await self._listen()
            # No person answers that fast: a machine said that somebody will, and nothing is asked.
            at_once = time.monotonic() - self._said_at < _MACHINE_SECONDS * self._haste
            if at_once and not heard.choices and not _asks_for_number(heard.text):
                continue
            await asyncio.sleep(self._chance.uniform(2.0, 6.0) * self._haste)
            if heard.choices:
                choice = self._chance.choice(heard.choices[: max(1, len(heard.choices) - 1)])
                await self._do(Saying(text=choice.label, choice=choice))
            elif _asks_for_number(heard.text):
                await self._say(self.script.order)
            else:
                await self._say(self.script.lines[self._next])
                self._next += 1

    async def _listen(self) -> Heard:
        """What was said last, when several things came at once (a greeting and its question, say)."""
        heard = await self._heard.get()
        while True:
            try:
                async with asyncio.timeout(1.5 * self._haste):
                    heard = await self._heard.get()
            except TimeoutError:
                return heard

    async def _say(self, text: str) -> None:
        await self._do(Saying(text=text))

    async def _do(self, saying: Saying) -> None:
        self._said_at = time.monotonic()
        await self.simulator.say(self.script.persona, saying)


_NUMBER = ("number", "numéro", "رقم", "número", "numero", "număr", "numer", "номер", "ნომ", "numara", "nummer", "№")


def _asks_for_number(text: str) -> bool:
    last = text.strip().splitlines()[-1] if text.strip() else ""
    return last.endswith(("?", "؟")) and any(word in last.lower() for word in _NUMBER)
