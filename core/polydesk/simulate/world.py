"""Every make-believe service a plugin brings, with people on all of them, beside a running demo desk."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from random import Random
from typing import Any

from polydesk import db, hooks, plugins
from polydesk.channels import service as channels
from polydesk.demo.post_office import is_demo
from polydesk.errors import PolydeskError
from polydesk.plugins import Plugin, health
from polydesk.settings import Settings
from polydesk.simulate.people import Someone
from polydesk.simulate.scripts import Script, scripts
from polydesk.simulator import Simulator
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
    opened: dict[Simulator, Any] = {}
    try:
        for plugin, simulator in plugins.collect(hooks.polydesk_simulators):
            await _open(settings, owner, plugin, simulator, opened)
        if began is not None:
            await began()
        if opened:
            await _play(list(opened), haste)
        await asyncio.Event().wait()
    finally:
        for simulator, given in opened.items():
            try:
                # Nothing is fetched from a service that is closed: its account would be in trouble until the next time.
                await _save(owner, simulator, given, enabled=False)
                await asyncio.shield(simulator.stop())
            except Exception:
                log.exception("the simulator of %s did not stop well", simulator.channel)


async def _owner() -> Viewer:
    rows = await db.fetch("SELECT id FROM pd_person WHERE is_owner = {} ORDER BY id LIMIT 1", True)
    return await staff.viewer_by_id(rows[0]["id"])


async def _open(
    settings: Settings, owner: Viewer, plugin: Plugin, simulator: Simulator, opened: dict[Simulator, Any]
) -> None:
    """The service on its port, and an account on it, added to `opened`; a simulator that fails is left out."""
    try:
        given = await simulator.start(f"http://127.0.0.1:{settings.port}/hooks/{simulator.channel}")
        await _save(owner, simulator, given, enabled=True)
    except Exception as error:
        log.exception("the simulator of %s does not start", simulator.channel)
        await health.failed(plugin.name, f"simulator {simulator.channel}", f"{type(error).__name__}: {error}")
    else:
        opened[simulator] = given


async def _save(owner: Viewer, simulator: Simulator, given: Any, *, enabled: bool) -> None:
    """The account of the demo's first firm on this service, the same every time."""
    found = channels.find_channel(simulator.channel)
    if found is None:
        raise PolydeskError(f"there is no channel {simulator.channel}")
    rows = await db.fetch(
        "SELECT id FROM pd_account WHERE channel = {} AND address = {}", simulator.channel, found[1].address(given)
    )
    await channels.save_account(
        owner,
        channel=simulator.channel,
        client=owner.clients[0],
        market=None,
        name=str(found[1].label),
        settings=given,
        account=int(rows[0]["id"]) if rows else None,
        enabled=enabled,
    )


async def _play(simulators: list[Simulator], haste: float) -> None:
    chance = Random(5)  # noqa: S311 the same people every time
    about: dict[tuple[Simulator, str], Someone] = {}
    room = asyncio.Semaphore(MOST)
    async with asyncio.TaskGroup() as tasks:
        for simulator in simulators:
            tasks.create_task(_hear(simulator, about))
        for script, simulator in cast(simulators, chance):
            await room.acquire()
            someone = Someone(script, simulator, chance, haste)
            about[someone.name] = someone
            tasks.create_task(_live(someone, room, _PATIENCE * haste))
            await asyncio.sleep(chance.uniform(0.5, 1.5) * PAUSE * haste)


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


async def _hear(simulator: Simulator, about: dict[tuple[Simulator, str], Someone]) -> None:
    async for heard in simulator.heard():
        someone = about.get((simulator, heard.persona))
        if someone is not None:
            someone.hear(heard)


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
