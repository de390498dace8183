"""Meta on a port, and a page and an Instagram account on it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from polydesk import http
from polydesk.channels import service as channels
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk
from polydesk.testing.meta import Fan, Meta, signed
from polydesk.testing.meta.pages import APP
from polydesk.types import Account, Call, Contact, Conversation, Handle, Outgoing, Parsed
from polydesk_messenger import people as known
from polydesk_messenger.channel import InstagramChannel, MessengerChannel
from polydesk_messenger.settings import InstagramSettings, PageSettings

CHANNELS = {"messenger": MessengerChannel(), "instagram": InstagramChannel()}


@pytest.fixture
async def meta() -> AsyncIterator[Meta]:
    known._known.clear()
    async with Meta() as meta:
        meta.pages.add("PAGE1", "page")
        meta.pages.add("IGACC1", "instagram")
        yield meta
    await http.close()


def account_of(meta: Meta, channel: str) -> Account:
    kind = PageSettings if channel == "messenger" else InstagramSettings
    address = "PAGE1" if channel == "messenger" else "IGACC1"
    settings = kind(
        account_id=address,
        token=meta.token,
        app_secret=meta.secret,
        verify_token=meta.verify_token,
        app_id=APP,
        base_url=meta.url,
    )
    return Account(id=1, client=1, channel=channel, name="Support", address=address, settings=settings)


@pytest.fixture
def page(meta: Meta) -> Account:
    return account_of(meta, "messenger")


@pytest.fixture
def instagram(meta: Meta) -> Account:
    return account_of(meta, "instagram")


@pytest.fixture
def nino() -> Fan:
    return Fan("5550001", "Nino K", "nino.k")


@pytest.fixture
def read(meta: Meta) -> Callable[..., Any]:
    """`await read(account)`: what the channel makes of everything Meta told since the last time."""
    seen = 0

    async def go(account: Account, attempt: int = 1) -> list[Parsed]:
        nonlocal seen
        await meta.webhooks.settled()
        bodies, seen = meta.webhooks.told[seen:], len(meta.webhooks.told)
        found = []
        for body in bodies:
            raw, headers = signed(meta.secret, body)
            channel = CHANNELS[account.channel]
            answer = await channel.webhook(Call(method="POST", url="", headers=headers, body=raw), [account])
            for each in answer.deliveries:
                arrival = msgspec.structs.replace(each.arrival, hints={"attempt": attempt})
                found.append(await channel.parse(arrival, account))
        return found

    return go


@pytest.fixture
def reply() -> Callable[..., Outgoing]:
    """`reply(account, "words", to=…, files=…)`: a reply of an agent."""
    count = 0

    def make(account: Account, text: str = "", *, to: str = "5550001", **more: Any) -> Outgoing:
        nonlocal count
        count += 1
        values: dict[str, Any] = {
            "idempotency_key": secrets.token_hex(8),
            "external_id": "",
            "conversation": Conversation(id=1, client=1, contact=1, opened_at=datetime.now(UTC)),
            "contact": Contact(id=1, client=1),
            "item": count,
            "to": (Handle(account.channel, f"{account.address}:{to}"),),
            "text": text,
            "correlation": f"pd:{count}",
        }
        return Outgoing(**{**values, **more})

    return make


async def saved(account: Account) -> tuple[Viewer, Account]:
    """An owner, and the page set up as an account of their client."""
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    id = await channels.save_account(
        owner,
        channel=account.channel,
        client=owner.clients[0],
        market=None,
        name=account.name,
        settings=account.settings,
    )
    return owner, await channels.load(id)


@pytest.fixture
def save() -> Callable[..., Any]:
    return saved


class Desk(msgspec.Struct, frozen=True):
    """A served desk with one account set up."""

    live: LiveDesk
    owner: Viewer
    account: Account

    async def until(self, sql: str, *args: object, seconds: float = 15.0) -> list[dict[str, Any]]:
        return await self.live.until(sql, *args, seconds=seconds)


@pytest.fixture
def open_desk(live_desk: LiveDesk, meta: Meta) -> Callable[..., Any]:
    """`await open_desk("messenger")`."""

    async def go(channel: str) -> Desk:
        owner, account = await saved(account_of(meta, channel))
        meta.webhooks.address = f"{live_desk.url}/hooks/{channel}"
        return Desk(live_desk, owner, account)

    return go
