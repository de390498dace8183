"""The make-believe Twilio, and whatever it calls: static documents, or a served desk with a line and agents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from polydesk import db
from polydesk.channels import service as channels
from polydesk.conversations import assigning
from polydesk.queues import service as queues
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk
from polydesk.testing.telephone.twiml import TwilioExchange
from polydesk.types import Account
from polydesk_voice.phones import service as phones
from polydesk_voice.settings import LineSettings

from .asking import Api
from .pages import Pages


@pytest.fixture
async def exchange() -> AsyncIterator[TwilioExchange]:
    """Twenty of its seconds pass in one of ours; not open yet."""
    opened = TwilioExchange(speed=20.0)
    yield opened
    await opened.stop()


@pytest.fixture
async def pages(exchange: TwilioExchange) -> AsyncIterator[Pages]:
    """A desk of static documents that this exchange calls."""
    desk = await Pages(exchange.token).open()
    await exchange.start(f"{desk.url}/hooks/voice")
    desk.pages["/hooks/voice/twiml/incoming"] = "<Say>Hello</Say>"
    yield desk
    await desk.close()


@dataclass
class Board:
    """A served desk with a line at the make-believe Twilio."""

    desk: LiveDesk
    exchange: TwilioExchange
    owner: Viewer
    line: int
    queue: int

    async def account(self) -> Account:
        """The line as providers get it."""
        return await channels.load(self.line)

    async def change(self, **settings: object) -> None:
        """Change the line's settings."""
        account = await self.account()
        await channels.save_account(
            self.owner, channel="voice", client=account.client, market=None, name=account.name,
            settings=msgspec.structs.replace(account.settings, **settings), account=self.line, queue=self.queue,
        )  # fmt: skip

    async def agent(self, name: str, kind: str = "client", endpoint: str = "") -> Viewer:
        """A ready colleague with a phone."""
        client, email = self.owner.clients[0], f"{name.lower()}@example.org"
        await people.invite(
            self.owner, name=name, email=email, role="agent", client=client, market=None, speaks=("en",)
        )
        row = (await db.fetch("SELECT id FROM pd_person WHERE email = {}", email))[0]
        await db.fetch("UPDATE pd_person SET active = {}, capacity = 5 WHERE id = {}", True, row["id"])
        viewer = await staff.viewer_by_id(row["id"])
        await phones.set_up(viewer, kind, endpoint or name.lower())
        await assigning.set_presence(viewer, "ready")
        return viewer

    async def call(self, *states: str) -> dict[str, Any]:
        """The latest call, once it is in one of these states."""
        return (await self.desk.until("SELECT * FROM voice_call WHERE state IN {} ORDER BY id DESC", states))[0]


@pytest.fixture
async def board(live_desk: LiveDesk, exchange: TwilioExchange) -> Board:
    """See `Board`."""
    person = await people.create_owner(
        name="Mara Olsen", email="mara@voice.example", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    client = owner.clients[0]
    given = await exchange.start(f"{live_desk.url}/hooks/voice")
    queue = await queues.save_queue(owner, client=client, market=None, name="Orders")
    line = await channels.save_account(
        owner, channel="voice", client=client, market=None, name="Hotline", settings=LineSettings(**given), queue=queue
    )
    # Asking how the line is forgets what was refused before: afterwards nothing is forgotten.
    await live_desk.until("SELECT id FROM pd_account WHERE checked_at IS NOT NULL")
    return Board(live_desk, exchange, owner, line, queue)


@pytest.fixture
async def api(exchange: TwilioExchange, pages: Pages) -> AsyncIterator[Api]:
    asking = Api(exchange)
    yield asking
    await asking.close()
