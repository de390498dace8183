"""A served desk with a line, carried by each provider in turn, and agents whose phones are picked up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from polydesk import db
from polydesk.channels import service as channels
from polydesk.conversations import assigning
from polydesk.plugin_settings import service as plugin_settings
from polydesk.queues import service as queues
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk
from polydesk.testing.telephone.asterisk import AsteriskExchange
from polydesk.testing.telephone.exchange import Behaviour, Exchange, Line
from polydesk.testing.telephone.twiml import TwilioExchange
from polydesk.testing.telephone.waiting import until
from polydesk.types import Scope
from polydesk_voice import places
from polydesk_voice.phones import service as phones
from polydesk_voice.providers.known import PROVIDERS
from polydesk_voice.queueing import settings as queueing
from polydesk_voice.settings import LineSettings

SPEED = 8.0
CALLER = "+995555000111"
_EXCHANGES = {"twiml": TwilioExchange, "ari": AsteriskExchange}


@dataclass
class Board:
    """The desk, the exchange, and short words for what tests do with them."""

    desk: LiveDesk
    exchange: Exchange
    owner: Viewer
    line: int
    queue: int
    up: dict[str, Line] = field(default_factory=dict)
    """Receivers that were lifted, by endpoint."""

    @property
    def client(self) -> int:
        """Whose desk it is."""
        return self.owner.clients[0]

    async def agent(self, name: str, role: str = "agent", **behaviour: Any) -> Viewer:
        """A ready colleague with a phone, which they pick up unless told otherwise."""
        email = f"{name.lower()}@example.org"
        await people.invite(
            self.owner, name=name, email=email, role=role, client=self.client, market=None, speaks=("en",)
        )
        row = (await db.fetch("SELECT id FROM pd_person WHERE email = {}", email))[0]
        await db.fetch("UPDATE pd_person SET active = {}, capacity = 5 WHERE id = {}", True, row["id"])
        viewer = await staff.viewer_by_id(row["id"])
        await phones.set_up(viewer, "client", name.lower())
        self.exchange.phones[f"client:{name.lower()}"] = Behaviour(**{"after": 1.0, **behaviour})
        await assigning.set_presence(viewer, "ready")
        return viewer

    async def lifted(self, endpoint: str) -> Line:
        """The receiver of a phone, once it is picked up."""
        await until(lambda: endpoint in self.up)
        return self.up[endpoint]

    async def talk(self, name: str = "Ann") -> tuple[Viewer, Line, Line]:
        """An agent who talks to a caller: agent, caller's line, agent's line."""
        agent = await self.agent(name)
        caller = await self.exchange.call(CALLER)
        hers = await self.lifted(f"client:{name.lower()}")
        await caller.until(lambda it: it.with_ == {hers.who})
        await hers.until(lambda it: it.with_ == {CALLER})
        return agent, caller, hers

    async def queue_is(self, **settings: Any) -> None:
        """Change how the queue treats calls."""
        now = await queueing.of(self.queue)
        await queueing.save(self.queue, msgspec.structs.replace(now, **settings))

    async def place_is(self, **settings: Any) -> None:
        """Change how the client treats calls."""
        now = await plugin_settings.own("voice", Scope(self.client))
        await places.keep(Scope(self.client), **now | settings)

    async def call(self, state: str = "", outcome: str = "") -> dict[str, Any]:
        """The latest call, once it is so."""
        wanted = "AND state = {}" if state else "AND outcome = {}" if outcome else ""
        rows = await self.desk.until(
            "SELECT * FROM voice_call WHERE id = (SELECT MAX(id) FROM voice_call) " + wanted,
            *filter(None, (state, outcome)),
        )
        return rows[0]

    async def items(self) -> list[str]:
        """The timeline's items of calls, in order."""
        rows = await db.fetch("SELECT kind FROM pd_item WHERE kind LIKE 'call.%' ORDER BY id")
        return [row["kind"] for row in rows]


@pytest.fixture(params=list(_EXCHANGES))
async def board(
    request: pytest.FixtureRequest, live_desk: LiveDesk, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Board]:
    monkeypatch.setattr(PROVIDERS["ari"], "pace", SPEED)
    exchange: Exchange = _EXCHANGES[request.param](speed=SPEED)
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    queue = await queues.save_queue(owner, client=owner.clients[0], market=None, name="Orders")
    await db.fetch("UPDATE pd_person SET presence = 'offline'")
    settings = LineSettings(**await exchange.start(f"{live_desk.url}/hooks/voice"))
    line = await channels.save_account(
        owner, channel="voice", client=owner.clients[0], market=None, name="Hotline", settings=settings, queue=queue
    )
    it = Board(live_desk, exchange, owner, line, queue)

    async def picked_up(endpoint: str, line: Line) -> None:
        it.up[endpoint] = line

    exchange.picked_up = picked_up
    if isinstance(exchange, AsteriskExchange):
        await until(lambda: exchange.listens("polydesk"))
    yield it
    await exchange.stop()
    assert exchange.complaints == []
