"""A make-believe service and the account on it: both open, or both closed."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from polydesk import db
from polydesk.channels import service as channels
from polydesk.errors import PolydeskError
from polydesk.plugins import Plugin, health
from polydesk.settings import Settings
from polydesk.simulator import Simulator
from polydesk.staff.access import Viewer

log = logging.getLogger("polydesk.simulate")


class Opening:
    """One simulator; its account is the same every time, with whatever an admin changed on it."""

    def __init__(self, owner: Viewer, plugin: Plugin, simulator: Simulator) -> None:
        self._owner, self._plugin, self.simulator = owner, plugin, simulator
        self._given: Any = None
        self._starting: asyncio.Task[Any] | None = None
        self.account: int | None = None

    async def open(self, settings: Settings) -> bool:
        """The service on its port and the account switched on; whether that went well. A failure is the plugin's."""
        channel = self.simulator.channel
        try:
            start = self.simulator.start(f"http://127.0.0.1:{settings.port}/hooks/{channel}")
            self._starting = asyncio.create_task(start)
            self._given = await asyncio.shield(self._starting)
            await self._save(enabled=True)
        except Exception as error:
            log.exception("the simulator of %s does not start", channel)
            await health.failed(self._plugin.name, f"simulator {channel}", f"{type(error).__name__}: {error}")
            return False
        return True

    async def close(self) -> None:
        """Nothing is fetched from a service that is closed: its account would be in trouble until the next time."""
        if self._starting is not None:
            # Cut off in the middle of it, a service would leave a port open that nobody knows of.
            await asyncio.wait({self._starting})
        try:
            if self._given is not None:
                await self._save(enabled=False)
        except Exception:
            log.exception("the account on the simulator of %s stays on", self.simulator.channel)
        try:
            await self.simulator.stop()
        except Exception:
            log.exception("the simulator of %s did not stop well", self.simulator.channel)

    async def _save(self, *, enabled: bool) -> None:
        channel = self.simulator.channel
        found = channels.find_channel(channel)
        if found is None:
            raise PolydeskError(f"there is no channel {channel}")
        rows = await db.fetch(
            "SELECT id FROM pd_account WHERE channel = {} AND address = {}", channel, found[1].address(self._given)
        )
        if not rows and not enabled:
            return
        known = await channels.get_account(self._owner, int(rows[0]["id"])) if rows else None
        self.account = await channels.save_account(
            self._owner,
            channel=channel,
            client=known.client if known else self._owner.clients[0],
            market=known.market if known else None,
            name=known.name if known else str(found[1].label),
            queue=known.queue if known else None,
            settings=self._given,
            account=known.id if known else None,
            enabled=enabled,
        )
