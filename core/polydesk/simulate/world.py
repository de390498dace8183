"""Every make-believe service a plugin brings, with people on all of them, beside a running demo desk."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from random import Random

from polydesk import db, hooks, plugins
from polydesk.demo.post_office import is_demo
from polydesk.errors import PolydeskError
from polydesk.settings import Settings
from polydesk.simulate.opening import Opening
from polydesk.simulate.people import Someone
from polydesk.simulate.scripts import Script, scripts
from polydesk.simulator import Heard, Simulator
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer

log = logging.getLogger("polydesk.simulate")
PAUSE = 6.0
"""Seconds between two people who begin: half as much to half as much again."""
MOST = 12
"""Of whom so many at once have begun lately."""
_PATIENCE = 60.0


class NotADemo(PolydeskError):
    """Make-believe people belong in a demo desk only."""


async def run(settings: Settings, *, haste: float = 1.0, began: Callable[[], Awaitable[None]] | None = None) -> None:
    """Until cancelled. `haste` below 1.0 makes everybody quicker; `began` is awaited when all services are open."""
    if not is_demo(settings):
        raise NotADemo("Make-believe people write to a demo desk only, and this one has real work in it.")
    owner = await _owner()
    async with AsyncExitStack() as closing:
        opened: list[Opening] = []
        for plugin, simulator in plugins.collect(hooks.polydesk_simulators):
            opening = Opening(owner, plugin, simulator)
            closing.push_async_callback(opening.close)
            if await opening.open(settings):
                opened.append(opening)
        if began is not None:
            await began()
        if opened:
            await _play([each.simulator for each in opened], await _begun(opened), haste)
        await asyncio.Event().wait()


async def _owner() -> Viewer:
    rows = await db.fetch("SELECT id FROM pd_person WHERE is_owner = {} ORDER BY id LIMIT 1", True)
    return await staff.viewer_by_id(rows[0]["id"])


async def _begun(opened: list[Opening]) -> int:
    """How many conversations came of it in earlier times: who has written already does not begin again first."""
    numbers = ", ".join(str(each.account) for each in opened)
    rows = await db.fetch(f"SELECT COUNT(*) AS n FROM pd_conversation WHERE account IN ({numbers})")
    return int(rows[0]["n"])


async def _play(simulators: list[Simulator], begun: int, haste: float) -> None:
    chance = Random(5)  # noqa: S311 the same people every time
    everyone = list(cast(simulators, chance))
    room = asyncio.Semaphore(MOST)
    async with asyncio.TaskGroup() as tasks:
        company = _Company(tasks, chance, haste)
        for simulator in simulators:
            for script in scripts():
                simulator.expect(script.persona)
            tasks.create_task(company.hear(simulator))
        for turn in range(len(everyone)):
            script, simulator = everyone[(begun + turn) % len(everyone)]
            await room.acquire()
            company.begin(script, simulator, room)
            await asyncio.sleep(chance.uniform(0.5, 1.5) * PAUSE * haste)


class _Company:
    """Everybody who is talking, by the service they talk on."""

    def __init__(self, tasks: asyncio.TaskGroup, chance: Random, haste: float) -> None:
        self._tasks, self._chance, self._haste = tasks, chance, haste
        self._about: dict[tuple[Simulator, str], Someone] = {}

    def begin(self, script: Script, simulator: Simulator, room: asyncio.Semaphore) -> None:
        """Somebody writes first."""
        someone = self._know(script, simulator)
        self._tasks.create_task(_live(someone, room, _PATIENCE * self._haste))

    async def hear(self, simulator: Simulator) -> None:
        """Until the service is stopped; what nobody can make sense of keeps nobody else from hearing."""
        while True:
            try:
                async for heard in simulator.heard():
                    self._heard(simulator, heard)
                return
            except Exception:
                log.exception("something that was said by %s was not understood", simulator.channel)

    def _heard(self, simulator: Simulator, heard: Heard) -> None:
        someone = self._about.get((simulator, heard.persona))
        if someone is None:
            script = next((each for each in scripts() if each.persona.key == heard.persona), None)
            if script is None:
                return
            # They wrote before the simulation was started this time, and go on from there.
            someone = self._know(script, simulator)
            self._tasks.create_task(_go_on(someone))
        someone.hear(heard)

    def _know(self, script: Script, simulator: Simulator) -> Someone:
        someone = self._about[simulator, script.persona.key] = Someone(script, simulator, self._chance, self._haste)
        return someone


async def _live(someone: Someone, room: asyncio.Semaphore, patience: float) -> None:
    """Who is not answered for long makes room for others, and still answers once somebody does."""
    living = asyncio.create_task(someone.live())
    try:
        await asyncio.wait({living}, timeout=patience)
        room.release()
        await living
    except Exception:
        log.exception("%s fell silent", someone.script.persona.name)
    finally:
        living.cancel()


async def _go_on(someone: Someone) -> None:
    try:
        await someone.go_on()
    except Exception:
        log.exception("%s fell silent", someone.script.persona.name)


def cast(simulators: Sequence[Simulator], chance: Random) -> Iterator[tuple[Script, Simulator]]:
    """Everybody on every service once: the services in turn, and every language before one is heard again."""
    people = list(scripts())
    chance.shuffle(people)
    spoken: Counter[str] = Counter()
    rounds: dict[str, int] = {}
    for script in people:
        rounds[script.persona.key] = spoken[script.persona.language]
        spoken[script.persona.language] += 1
    people.sort(key=lambda script: rounds[script.persona.key])
    sides = len(simulators)
    # Walking two circles at once meets every pair only if their lengths have no common factor: hence the step aside.
    meeting = math.lcm(sides, len(people))
    for turn in range(sides * len(people)):
        yield people[(turn + turn // meeting) % len(people)], simulators[turn % sides]
