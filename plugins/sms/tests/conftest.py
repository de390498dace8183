"""A served desk with one number at a make-believe gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec
import pytest

from polydesk import db
from polydesk.channels import service as channels
from polydesk.conversations import replying
from polydesk.queues import service as queues
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk
from polydesk.testing.sms_gateway import SmsGateway
from polydesk.testing.sms_messages import Sent
from polydesk_sms.settings import SmsSettings

IDA = "+995555000111"


@dataclass
class Line:
    """The desk, the gateway, and words for what tests do with them."""

    desk: LiveDesk
    gateway: SmsGateway
    owner: Viewer
    account: int

    async def change(self, **settings: object) -> None:
        """Change the account's settings."""
        account = await channels.load(self.account)
        changed = msgspec.structs.replace(account.settings, **settings)
        await channels.save_account(
            self.owner,
            channel="sms",
            client=account.client,
            market=None,
            name="SMS",
            settings=changed,
            account=account.id,
        )

    async def conversation(self, phone: str = IDA) -> int:
        """The conversation with a number."""
        rows = await self.desk.until(
            "SELECT c.id FROM pd_conversation c JOIN pd_identity i ON i.contact = c.contact WHERE i.value = {} "
            "ORDER BY c.id DESC",
            phone,
        )
        return int(str(rows[0]["id"]))

    async def reply(self, text: str, phone: str = IDA) -> int:
        """Answer a number; the item."""
        return await replying.reply(self.owner, await self.conversation(phone), text)

    async def state(self, item: int, *states: str) -> dict[str, object]:
        """Wait until a reply has come so far."""
        rows = await self.desk.until("SELECT * FROM pd_delivery WHERE item = {} AND state IN {}", item, states)
        return rows[0]

    async def next_sent(self) -> Sent:
        """What the gateway got next."""
        return await self.gateway.outbox.get()


@pytest.fixture
async def line(live_desk: LiveDesk) -> AsyncIterator[Line]:
    person = await people.create_owner(
        name="Mara Olsen", email="mara@sms.example", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    hook = f"{live_desk.url}/hooks/sms"
    gateway = await SmsGateway().start(hook)
    queue = await queues.save_queue(owner, client=owner.clients[0], market=None, name="General", assigns=False)
    account = await channels.save_account(
        owner,
        channel="sms",
        client=owner.clients[0],
        market=None,
        name="SMS",
        settings=SmsSettings(
            number="+995 322 000 222",
            account_sid=gateway.account_sid,
            token=gateway.token,
            api_url=gateway.url,
            per_second=100,
            media_hosts=gateway.hosts,
        ),
        queue=queue,
    )
    await db.fetch("UPDATE pd_person SET presence = 'offline'")
    yield Line(live_desk, gateway, owner, account)
    await gateway.stop()
