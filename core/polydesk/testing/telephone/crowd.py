"""Callers of every fate, on any exchange: what each lived is written down, so that it can be held against the desk's
books."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

import msgspec

from polydesk.testing.telephone.exchange import Behaviour, Exchange, Line

FATES = {
    "talks": 30, "leaves_menu": 8, "leaves_queue": 12, "any_moment": 18, "silent": 4, "wrong_keys": 6, "called_back": 8,
    "message": 8, "says_nothing": 2, "helps_itself": 4,
}  # fmt: skip
"""How many of a hundred."""
_PATIENCE = 60.0


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """What the menu wants for what; "" where it has no such thing. `offer` are the words that offer a call back."""

    person: str = "1"
    message: str = ""
    self_service: str = ""
    yes: str = "1"
    offer: str = "called back"


class Lived(msgspec.Struct, kw_only=True):
    """One call as its caller lived it. `music` is whether they waited, `talked` whether anybody spoke with them."""

    who: str
    fate: str
    heard: bool = False
    music: bool = False
    talked: bool = False
    hung_up: bool = False
    beeped: bool = False
    spoke: bool = False
    pressed: str = ""
    ended: str = ""

    def may_be(self, *, sent_on: bool = False) -> frozenset[str]:
        """The outcomes that fit; several where the desk and the caller may have been a moment apart.

        Of whoever hung up before they heard anything, the desk need not know (""). Whoever was `sent_on` waited again.
        """
        if not self.heard:
            return frozenset({"", "left_menu"})
        if self.talked:
            return frozenset({"answered", "abandoned", "no_answer"} if sent_on else {"answered"})
        if self.beeped:
            # An exchange cannot always say that a message is nothing but silence: then it is kept.
            return frozenset({"voicemail"} if self.spoke else {"abandoned", "voicemail"})
        if "k" in self.pressed:
            return frozenset({"callback", "answered", "abandoned"})
        if "s" in self.pressed:
            return frozenset({"self_service", "left_menu"})
        if self.music:
            return frozenset({"abandoned", "answered"})
        return frozenset({"left_menu", "abandoned", "answered"})


class Moody(dict[str, Behaviour]):
    """Phones that behave differently each time they are rung."""

    def __init__(self, dice: random.Random, wrong: float = 0.12) -> None:
        super().__init__()
        self._dice, self._wrong = dice, wrong

    def get(self, endpoint: str, otherwise: object = None) -> Behaviour:
        """However it is in the mood to."""
        del endpoint, otherwise
        dice = self._dice
        if dice.random() < self._wrong:
            return Behaviour(does=dice.choice(("rings", "busy", "declines", "fails")), after=dice.uniform(0.5, 3.0))
        return Behaviour(after=dice.uniform(0.5, 4.0))


class Crowd:
    """Has people call, each with a fate of their own."""

    def __init__(self, exchange: Exchange, dice: random.Random, keys: Keys, *, longest: float = 40.0) -> None:
        self.exchange, self.keys, self._dice = exchange, keys, dice
        self._longest = longest
        self.lived: list[Lived] = []
        self._living: set[asyncio.Task[None]] = set()
        self._fates = self._deal()

    def _deal(self) -> Iterator[str]:
        while True:
            hand = [fate for fate, count in FATES.items() for _each in range(count)]
            self._dice.shuffle(hand)
            yield from hand

    @property
    def alive(self) -> int:
        """How many are on the line."""
        return len(self._living)

    def fates(self) -> Counter[str]:
        """How many of each."""
        return Counter(each.fate for each in self.lived)

    async def begin(self, who: str) -> Lived:
        """Somebody calls; they live on by themselves."""
        it = Lived(who=who, fate=next(self._fates))
        self.lived.append(it)
        line = await self.exchange.call(who)
        task = asyncio.create_task(self._live(it, line))
        self._living.add(task)
        task.add_done_callback(self._living.discard)
        return it

    async def all_gone(self) -> None:
        """Wait until everybody's call is over."""
        while self._living:
            await asyncio.gather(*self._living)

    async def _live(self, it: Lived, line: Line) -> None:
        watching = asyncio.create_task(_watch(it, line))
        try:
            async with asyncio.timeout(_PATIENCE):
                await _LIVES[it.fate](self, it, line)
                await _until(line, lambda: False)
        except TimeoutError:
            self.exchange.complaints.append(f"{it} was still on the line after {_PATIENCE:g} s")
            await line.hang_up()
        finally:
            await watching
            it.ended = line.ended

    # --- fates

    async def _asked(self, line: Line) -> bool:
        """Whether they got as far as being asked what it is about, rather than into a queue at once."""
        await _until(line, lambda: bool(line.heard))
        return not line.ended and not line.music

    async def _press(self, it: Lived, line: Line, keys: str, mark: str = "") -> None:
        it.pressed += mark
        if not line.ended:
            await line.press(keys)

    async def _down(self, it: Lived, line: Line) -> None:
        if not line.ended:
            it.hung_up = True
            await line.hang_up()

    async def _pass(self, line: Line, seconds: float) -> None:
        """So many seconds of the exchange's, or until the call is over."""
        try:
            async with asyncio.timeout(seconds / self.exchange.speed):
                await _until(line, lambda: False)
        except TimeoutError:
            return

    async def _to_a_person(self, it: Lived, line: Line) -> None:
        if await self._asked(line):
            await self._press(it, line, self.keys.person, "p")

    async def talks(self, it: Lived, line: Line) -> None:
        """Waits for a person, however long, and talks for a while; who of the two hangs up is left to chance."""
        await self._to_a_person(it, line)
        await _until(line, lambda: bool(line.with_))
        await self._pass(line, self._dice.uniform(2.0, self._longest))
        await self._down(it, line)

    async def leaves_menu(self, it: Lived, line: Line) -> None:
        """Hangs up when asked."""
        await self._asked(line)
        await self._pass(line, self._dice.uniform(0.0, 3.0))
        await self._down(it, line)

    async def leaves_queue(self, it: Lived, line: Line) -> None:
        """Waits for a moment, and not for longer."""
        await self._to_a_person(it, line)
        await _until(line, lambda: line.music or bool(line.with_))
        await self._pass(line, self._dice.uniform(0.0, 8.0))
        await self._down(it, line)

    async def any_moment(self, it: Lived, line: Line) -> None:
        """Hangs up whenever it pleases them."""
        hasty = asyncio.create_task(self._to_a_person(it, line))
        await self._pass(line, self._dice.uniform(0.0, 20.0))
        hasty.cancel()
        await asyncio.gather(hasty, return_exceptions=True)
        await self._down(it, line)

    async def silent(self, it: Lived, line: Line) -> None:
        """Presses nothing, and talks to whoever comes in the end."""
        await _until(line, lambda: bool(line.with_))
        await self._pass(line, 3.0)
        await self._down(it, line)

    async def wrong_keys(self, it: Lived, line: Line) -> None:
        """Presses what is not offered, then what is."""
        if await self._asked(line):
            await self._press(it, line, self._dice.choice(("8", "*", "#")))
            before = len(line.heard)
            await _until(line, lambda: len(line.heard) > before)
            await self._press(it, line, self.keys.person, "p")
        await self.talks_on(it, line)

    async def talks_on(self, it: Lived, line: Line) -> None:
        """Whatever comes, until somebody was there."""
        await _until(line, lambda: bool(line.with_))
        await self._pass(line, self._dice.uniform(1.0, 10.0))
        await self._down(it, line)

    async def called_back(self, it: Lived, line: Line) -> None:
        """Asks to be called back while they wait, if nobody comes first."""
        await self._to_a_person(it, line)
        offered = self.keys.offer
        await _until(line, lambda: bool(line.with_) or any(offered in each for each in line.heard))
        if line.with_ or line.ended:
            await self.talks_on(it, line)
            return
        await self._press(it, line, "1", "k")
        await self.talks_on(it, line)

    async def message(self, it: Lived, line: Line) -> None:
        """Speaks after the tone."""
        await self._to_a_machine(it, line)
        if not line.ended and not line.with_:
            # In good time: seconds are short here, and the silence after the tone is shorter still.
            it.spoke = True
            await line.say("It is about my parcel, please call me back.")
            await _until(line, lambda: it.beeped or bool(line.with_))
            if line.with_:
                await self.talks_on(it, line)
            elif self._dice.random() < 0.5:
                await self._press(it, line, "#")

    async def says_nothing(self, it: Lived, line: Line) -> None:
        """Is silent after the tone, if it was not a person after all."""
        await self._to_a_machine(it, line)
        await _until(line, lambda: it.beeped or bool(line.with_))
        if line.with_:
            await self.talks_on(it, line)

    async def _to_a_machine(self, it: Lived, line: Line) -> None:
        if await self._asked(line):
            await self._press(it, line, self.keys.message or self.keys.person, "m")
        await _until(line, lambda: line.music or it.beeped or bool(line.with_))
        await _until(line, lambda: not line.music)
        if line.with_:
            await self.talks_on(it, line)

    async def helps_itself(self, it: Lived, line: Line) -> None:
        """Finds the answer in the menu."""
        if not self.keys.self_service:
            await self.talks(it, line)
            return
        if await self._asked(line):
            await self._press(it, line, self.keys.self_service, "s")
            before = len(line.heard)
            await _until(line, lambda: len(line.heard) > before + 1)
            await self._press(it, line, self.keys.yes)
        await self.talks_on(it, line)


_LIVES: dict[str, Callable[[Crowd, Lived, Line], Awaitable[None]]] = {fate: getattr(Crowd, fate) for fate in FATES}


async def _until(line: Line, what: Callable[[], bool]) -> None:
    """Until it holds or the call is over."""
    async with line.changed:
        await line.changed.wait_for(lambda: bool(line.ended) or what())


async def _watch(it: Lived, line: Line) -> None:
    """Write down what they live, as it changes."""

    def look() -> bool:
        it.heard = it.heard or bool(line.heard)
        it.music = it.music or line.music
        it.talked = it.talked or bool(line.with_)
        it.beeped = it.beeped or "beep" in line.heard
        return bool(line.ended)

    async with line.changed:
        await line.changed.wait_for(look)
