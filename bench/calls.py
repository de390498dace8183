"""Telephone calls: how long callers hear silence while we decide what they hear next, two hundred at once."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable

import msgspec

from bench.http import percentile
from bench.places import Place
from polydesk import db
from polydesk.channels import service as channels
from polydesk.conversations import assigning
from polydesk.queues import service as queues
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.telephone import Behaviour, Line
from polydesk.testing.telephone.twiml import TwilioExchange
from polydesk_menus import service as menus
from polydesk_menus.tree import Ask, HandOver, Option, Tree
from polydesk_voice.phones import service as phones
from polydesk_voice.queueing import settings as queueing
from polydesk_voice.queueing.settings import QueueSettings
from polydesk_voice.settings import LineSettings

AT_ONCE = 200
A_SECOND = 10.0
SECONDS = 180.0
AGENTS = 150
_STAYS = 1.1 * AT_ONCE / A_SECOND
"""Seconds a call lasts, but for those who lose patience: so many a second are two hundred at once."""
_PATIENCE = 30.0


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured: `p95` in ms of all answers somebody waited for; `most` were on the line at once.

    `dropped` counts answers that did not come, documents that were none, news that was not taken, and calls of which
    the desk has no end.
    """

    calls: int
    answers: int
    p50: float
    p95: float
    worst: float
    most: int
    talked: int
    dropped: int


class Office:
    """A line at a make-believe exchange, a menu, a queue, and enough agents whose phones are picked up."""

    def __init__(self, place: Place) -> None:
        self.exchange = TwilioExchange(seed=3)
        self.exchange.anyone = Behaviour(after=2.0)
        self._place = place
        self._dice = random.Random(3)
        self._talked = 0
        self._most = 0

    async def begin(self, viewer: Viewer, agents: int) -> None:
        """On an open desk, before it is served."""
        client = viewer.clients[0]
        settings = LineSettings(**await self.exchange.start(f"{self._place.url}/hooks/voice"))
        queue = await queues.save_queue(viewer, client=client, market=None, name="Calls")
        await queueing.save(queue, QueueSettings(wrap_up_seconds=0, away_after_unanswered=False))
        await channels.save_account(
            viewer, channel="voice", client=client, market=None, name="Line", settings=settings, queue=queue
        )
        option = Option(id="o", words={"en": "orders"}, steps=(HandOver(id="h", queue=queue),))
        tree = Tree(steps=(Ask(id="a", words={"en": "What is it about?"}, options=(option,)),))
        await menus.publish(viewer, await menus.create_menu(viewer, client, None, "Calls", tree), "for the bench")
        for number in range(agents):
            await self._agent(viewer, number)

    async def _agent(self, viewer: Viewer, number: int) -> None:
        email, client = f"agent{number}@example.org", viewer.clients[0]
        await people.invite(
            viewer, name=f"Agent {number}", email=email, role="agent", client=client, market=None, speaks=("en",)
        )
        row = (await db.fetch("SELECT id FROM pd_person WHERE email = {}", email))[0]
        await db.fetch("UPDATE pd_person SET active = {}, capacity = 5 WHERE id = {}", True, row["id"])
        agent = await staff.viewer_by_id(row["id"])
        await phones.set_up(agent, "client", f"agent{number}")
        await assigning.set_presence(agent, "ready")

    async def measure(self, seconds: float, a_second: float) -> Found:
        """Calls begin at this rate whether or not earlier ones have ended."""
        count = int(seconds * a_second)
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as living:
            for number in range(count):
                await asyncio.sleep(max(0.0, begun + number / a_second - time.perf_counter()))
                living.create_task(self._live(f"+9955{number:08d}"))
        await self._end(count)
        exchange = self.exchange
        left = await db.fetch("SELECT COUNT(*) AS n FROM voice_call WHERE state = 'ended'")
        faults = len(exchange.complaints) + len(exchange.fallbacks) + len(exchange.news.untold)
        times = [each * 1000 for each in exchange.answer_times]
        return Found(
            calls=count,
            answers=len(times),
            p50=percentile(times, 0.5),
            p95=percentile(times, 0.95),
            worst=max(times),
            most=self._most,
            talked=self._talked,
            dropped=faults + count - int(left[0]["n"]),
        )

    async def _live(self, who: str) -> None:
        """Asked, pressed, connected, and down again after a while; one in ten loses patience early."""
        dice = self._dice
        stays = dice.uniform(0.5 * _STAYS, 1.5 * _STAYS) if dice.random() > 0.1 else dice.uniform(0.5, 8.0)
        line = await self.exchange.call(who)
        callers = sum(each.direction == "inbound" for each in self.exchange.calls.values() if not each.over)
        self._most = max(self._most, callers)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(stays):
                await _until(line, lambda: bool(line.heard))
                await asyncio.sleep(dice.uniform(0.5, 2.5))
                await line.press("1")
                await _until(line, lambda: bool(line.with_))
                self._talked += 1
                await _until(line, lambda: False)
        await line.hang_up()

    async def _end(self, count: int) -> None:
        """Until the desk knows that all are over, and all has been told."""
        deadline = time.perf_counter() + _PATIENCE
        while time.perf_counter() < deadline:
            left = await db.fetch("SELECT COUNT(*) AS n FROM voice_call WHERE state = 'ended'")
            if int(left[0]["n"]) >= count:
                break
            await asyncio.sleep(0.1)
        await self.exchange.news.settled()


async def _until(line: Line, what: Callable[[], bool]) -> None:
    async with line.changed:
        await line.changed.wait_for(lambda: bool(line.ended) or what())
