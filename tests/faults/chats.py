"""People on every make-believe service that a plugin brings, each with one question, each waiting for one answer."""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter

from polydesk import hooks, plugins
from polydesk.channels import service as channels
from polydesk.simulator import Persona, Saying, Simulator
from polydesk.staff.access import Viewer

_ANSWER = re.compile(r"Answer to conversation (\d+)\.")


class Chats:
    """All services at once; `heard` counts answers by the conversation they are about."""

    def __init__(self) -> None:
        self.simulators: list[Simulator] = []
        self.heard: Counter[int] = Counter()
        self._listening: list[asyncio.Task[None]] = []

    async def open(self, owner: Viewer, hook: str) -> None:
        """Every service on its port, with an account on it; the services call at `hook`/<channel>."""
        for _plugin, simulator in plugins.collect(hooks.polydesk_simulators):
            found = channels.find_channel(simulator.channel)
            if simulator.channel == "email" or (found is not None and not found[1].capabilities.writes):
                # Mail comes from real servers there, and calls are not answered in writing: see `tests.faults.calls`.
                continue
            settings = await simulator.start(f"{hook}/{simulator.channel}")
            await channels.save_account(
                owner,
                channel=simulator.channel,
                client=owner.clients[0],
                market=None,
                name=simulator.channel,
                settings=settings,
            )
            self.simulators.append(simulator)
            self._listening.append(asyncio.create_task(self._listen(simulator)))

    async def write(self, each: int, per_second: float) -> None:
        """`each` people write on each service, at about this rate together."""
        tasks: list[asyncio.Task[None]] = []
        try:
            for number in range(each):
                for place, simulator in enumerate(self.simulators):
                    key = f"{place}x{number}"
                    person = Persona(
                        key=key,
                        name=f"Customer {key}",
                        language="en",
                        kind="customer",
                        email=f"{key}@customers.test",
                        phone=f"+9955{place}{number:07d}",
                    )
                    tasks.append(
                        asyncio.create_task(simulator.say(person, Saying(text=f"Question {key}: where is my parcel?")))
                    )
                    await asyncio.sleep(1.0 / per_second)
        finally:
            # One service that gives up must not silence the others: what it did not bring is missing in the account.
            for failure in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(failure, Exception):
                    print(f"  a service gave up: {failure}", file=sys.stderr)

    async def close(self) -> None:
        """Hang up everywhere."""
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        for simulator in self.simulators:
            await simulator.stop()

    async def _listen(self, simulator: Simulator) -> None:
        async for heard in simulator.heard():
            for number in _ANSWER.findall(heard.text):
                self.heard[int(number)] += 1
