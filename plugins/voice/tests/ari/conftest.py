"""A line at a make-believe Asterisk, and a call model that says what it was told to say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from polydesk import PolydeskError, http
from polydesk.testing.fixtures import TestDesk
from polydesk.testing.telephone.asterisk import AsteriskExchange, AsteriskLine
from polydesk.testing.telephone.exchange import Talk
from polydesk.testing.telephone.waiting import until
from polydesk.types import Account
from polydesk_voice.happenings import Any_, Happening, Incoming
from polydesk_voice.plan import HangUp, Plan
from polydesk_voice.providers.ari import Ari
from polydesk_voice.providers.ari.listening import Listener
from polydesk_voice.providers.base import Party
from polydesk_voice.settings import LineSettings

SPEED = 20.0
CALLER = "+995555000111"


class Door:
    """Says when the line is up."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.up = asyncio.Event()

    async def accept(self, arrivals: Any, cursor: Any = None) -> int:
        return 0

    async def cursor(self) -> dict[str, Any]:
        return {}

    async def healthy(self) -> None:
        self.up.set()


class Script:
    """Answers each kind of happening as the test says, and remembers all of them."""

    def __init__(self) -> None:
        self.told: list[Any_] = []
        self.keys: set[str] = set()
        self.plans: dict[str, Plan] = {}
        self.firsts: dict[str, Plan] = {}
        """What whoever calls hears first, by channel."""
        self.answers: dict[type[Happening], Plan | Callable[[Any], Plan]] = {}
        self.changed = asyncio.Condition()

    async def happened(self, account: Account, it: Any_) -> Plan:
        if not it.key or it.key not in self.keys:
            self.keys.add(it.key)
            if isinstance(it, Incoming) and it.leg in self.firsts:
                self.plans[it.leg] = self.firsts[it.leg]
            elif (wanted := self.answers.get(type(it))) is not None:
                self.plans[it.leg] = wanted(it) if callable(wanted) else wanted
            async with self.changed:
                self.told.append(it)
                self.changed.notify_all()
        return self.plans.get(it.leg, (HangUp(),))

    async def plan_of(self, account: Account, *, name: str = "", token: str = "") -> Plan:
        return self.plans.get(name, (HangUp(),))

    def of(self, kind: type[Happening]) -> list[Any]:
        """What was told of a kind."""
        return [each for each in self.told if isinstance(each, kind)]

    async def until(self, kind: type[Happening], count: int = 1, seconds: float = 10.0) -> Any:
        """Wait for the so-manieth of a kind."""
        try:
            async with asyncio.timeout(seconds), self.changed:
                await self.changed.wait_for(lambda: len(self.of(kind)) >= count)
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__} came, but {self.told}") from None
        return self.of(kind)[count - 1]


class Trial:
    """The line with everything around it."""

    def __init__(self, exchange: AsteriskExchange, account: Account) -> None:
        self.exchange, self.account, self.script = exchange, account, Script()
        self.provider = Ari()
        self._count = 0
        self.door = Door(account)
        self._listening: asyncio.Task[None] | None = None
        self.falls = 0

    async def listen(self) -> None:
        """Take up the line, as a process does that has the lease."""
        self.door.up.clear()
        listener = Listener(self.account, pace=SPEED, model=self.script)
        self._listening = asyncio.create_task(listener.run(self.door))
        up = asyncio.create_task(self.door.up.wait())
        await asyncio.wait([self._listening, up], return_when=asyncio.FIRST_COMPLETED, timeout=10)
        if self._listening.done():
            up.cancel()
            self._listening.result()

    async def broken(self) -> BaseException | None:
        """Wait until the line is lost; why."""
        assert self._listening is not None
        await asyncio.wait([self._listening], timeout=10)
        return self._listening.exception()

    async def let_go(self) -> None:
        """As when the process ends."""
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._listening

    async def again(self) -> None:
        """Take the line up as often as it falls meanwhile."""
        while self._listening is None or self._listening.done():
            self.falls += self._listening is not None and self._listening.exception() is not None
            with contextlib.suppress(PolydeskError):
                await self.listen()

    async def broken_or(self, what: Callable[[], bool]) -> None:
        """Wait until the line is lost, or something holds."""
        await until(lambda: what() or self._listening is None or self._listening.done())

    def party(self, name: str = "", endpoint: str = "client:ana") -> Party:
        """One of ours."""
        self._count += 1
        return Party(id=self._count, call=1, name=name, token=f"token-{self._count}", endpoint=endpoint)

    async def dial(self, endpoint: str = "client:ana", **more: Any) -> Party:
        """Ring somebody."""
        party = self.party(endpoint=endpoint)
        name = await self.provider.dial(
            self.account, party, caller="+995322000111", ring_seconds=more.get("ring_seconds", 20), machine=False
        )
        return Party(id=party.id, call=1, name=name, token=party.token, endpoint=endpoint)

    async def call(self, plan: Plan, caller: str = CALLER, talk: Talk | None = None) -> AsteriskLine:
        """Somebody calls and hears this."""
        line = await self.exchange.call(caller, talk)
        self.script.firsts[line.channel.id] = plan
        return line

    async def turn(self, line: AsteriskLine, plan: Plan) -> None:
        """Have somebody go on with another plan."""
        self.script.plans[line.channel.id] = plan
        await self.provider.turn(self.account, self.party(line.channel.id))


@pytest.fixture
async def trial(desk: TestDesk) -> AsyncIterator[Trial]:
    exchange = AsteriskExchange(speed=SPEED)
    settings = LineSettings(**await exchange.start(""))
    account = Account(id=1, client=1, channel="voice", name="Hotline", address=exchange.number, settings=settings)
    it = Trial(exchange, account)
    await it.listen()
    yield it
    await it.let_go()
    await exchange.stop()
    await http.close()
    assert exchange.complaints == []
