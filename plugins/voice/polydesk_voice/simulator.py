"""A make-believe exchange with people and their telephones, for `polydesk simulate`.

The agents' phones are make-believe too: whoever is chosen for a call has theirs picked up by itself, so that calls can
be seen without a telephone.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

from polydesk import Simulator
from polydesk.simulator import Heard, Persona, Saying
from polydesk.testing.telephone import Behaviour, Line
from polydesk.testing.telephone.twiml import TwilioExchange
from polydesk.testing.telephone.twiml_calls import TwilioLine
from polydesk.types import Choice
from polydesk_voice.demo import NUMBER
from polydesk_voice.settings import LineSettings
from polydesk_voice.spoken import phrases

_ENOUGH_SECONDS = 2.5
"""After so much silence whoever asked has finished asking."""
_PICKS_UP_AFTER = 5.0
_THINKS_SECONDS = 3.0
_GIVES_UP_AFTER = 150.0
_NOTHING_MORE_SECONDS = 15.0
_AGENT = ("Good morning, how can I help you?", "I see. Let me look that up.", "It is settled. Is there anything else?")


class VoiceSimulator(Simulator):
    """Everyone has a telephone: they call, press keys, wait, talk, and hang up when there is nothing more to say."""

    channel = "voice"

    def __init__(self) -> None:
        self._exchange = TwilioExchange()
        self._people: dict[str, _Caller] = {}
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()

    async def start(self, hook: str) -> LineSettings:
        """Open the exchange with one number."""
        self._exchange = TwilioExchange(number=NUMBER, sound=True)
        self._people, self._heard = {}, asyncio.Queue()
        self._exchange.anyone = Behaviour(after=_PICKS_UP_AFTER)
        self._exchange.picked_up = self._picked_up
        return LineSettings(**await self._exchange.start(hook))

    async def stop(self) -> None:
        """End every call and close."""
        await self._exchange.stop()

    async def say(self, persona: Persona, saying: Saying) -> None:
        """Call, if they are not on the line already; else answer by a key or by words."""
        words = saying.choice.value if saying.choice is not None else saying.text
        known = self._people.get(persona.phone)
        if known is not None and not known.line.ended:
            await known.answer(words, key=saying.choice is not None)
            return
        line = await self._exchange.call(persona.phone, name=persona.name)
        self._follow(persona.key, persona.phone, line, words)

    async def heard(self) -> AsyncIterator[Heard]:
        """What reaches people's ears and wants an answer, until the service is stopped."""
        while True:
            yield await self._heard.get()

    def _follow(self, key: str, phone: str, line: Line, opening: str) -> None:
        assert isinstance(line, TwilioLine)
        caller = _Caller(key, line, opening, self._heard)
        self._people[phone] = caller
        self._exchange.spawn(caller.live())

    async def _picked_up(self, endpoint: str, line: Line) -> None:
        """A phone the desk rang: a contact who is called back, or an agent."""
        if endpoint in self._people:
            self._follow(self._people[endpoint].key, endpoint, line, "Hello?")
        else:
            await _Agent(self._exchange, line).live()


class _Caller:
    """One person on the line, as the simulation sees them."""

    def __init__(self, key: str, line: TwilioLine, opening: str, heard: asyncio.Queue[Heard]) -> None:
        self.key, self.line, self._opening, self._heard = key, line, opening, heard
        self._told = 0
        self._said_at = 0.0

    async def answer(self, words: str, *, key: bool) -> None:
        """A key where one was offered; to a machine the digits of the words; to a person the words."""
        self._said_at = asyncio.get_running_loop().time()
        if self.line.with_:
            await self.line.say(words)
        elif not self.line.queue:
            digits = words if key else re.sub(r"\D", "", words)[:12]
            await self.line.press(digits if key else f"{digits}#")

    async def live(self) -> None:
        """Pass on what is asked and what a person says, and put the receiver down when it is over or takes too long."""
        loop = asyncio.get_running_loop()
        began = self._said_at = loop.time()
        while not self.line.ended:
            if await self._something_new():
                continue
            if self.line.with_ and self._opening:
                opening, self._opening = self._opening, ""
                await self.answer(opening, key=False)
            await self._pass_on()
            now = loop.time()
            silent = bool(self.line.with_) and not self._opening and now - self._said_at > _NOTHING_MORE_SECONDS
            if silent or (not self.line.with_ and now - began > _GIVES_UP_AFTER):
                await self.line.hang_up()

    async def _something_new(self) -> bool:
        """Whether anything reached their ear within the time after which somebody has finished."""
        before = len(self.line.heard)
        try:
            async with asyncio.timeout(_ENOUGH_SECONDS), self.line.changed:
                await self.line.changed.wait_for(lambda: len(self.line.heard) > before or bool(self.line.ended))
        except TimeoutError:
            return False
        return True

    async def _pass_on(self) -> None:
        """Music and places in a queue want no answer."""
        new = [each for each in self.line.heard[self._told :] if not each.startswith(("http://", "https://"))]
        self._told = len(self.line.heard)
        if new and not self.line.queue:
            self._heard.put_nowait(Heard(persona=self.key, text="\n".join(new), choices=choices(new)))


class _Agent:
    """Answers on an agent's behalf: takes the call, greets, and has something to say to whatever is said."""

    def __init__(self, exchange: TwilioExchange, line: Line) -> None:
        self._exchange, self._line = exchange, line
        self._words = iter(_AGENT)
        self._told, self._greeted = 0, False

    async def live(self) -> None:
        """Until the call is over."""
        line = self._line
        while True:
            async with line.changed:
                await line.changed.wait_for(self._something)
            if line.ended:
                return
            new = [each for each in line.heard[self._told :] if not each.startswith("http")]
            self._told = len(line.heard)
            if line.with_ and (new or not self._greeted):
                self._greeted = True
                await self._exchange.pass_time(_THINKS_SECONDS)
                if spoken := next(self._words, ""):
                    await line.say(spoken)
            elif any("1" in each for each in new):
                await line.press("1")

    def _something(self) -> bool:
        line = self._line
        return bool(line.ended or len(line.heard) > self._told or (line.with_ and not self._greeted))


def choices(said: list[str]) -> tuple[Choice, ...]:
    """The keys that were offered, with what each is for, in whichever language it was said."""
    found: dict[str, str] = {}
    for each in said:
        for pattern in _offers():
            if matched := pattern.fullmatch(each.strip()):
                found.setdefault(matched["key"], matched["label"])
                break
    return tuple(Choice(value=key, label=label) for key, label in found.items())


@cache
def _offers() -> tuple[re.Pattern[str], ...]:
    """How every language says "for this, press that"."""
    made: list[Any] = []
    for each in phrases.BY_LANGUAGE.values():
        pattern = re.escape(each.press).replace(r"\{label\}", "(?P<label>.+)").replace(r"\{key\}", "(?P<key>[0-9*#])")
        made.append(re.compile(pattern))
    return tuple(made)
