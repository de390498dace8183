"""Meta on a port, a desk on another, and one WhatsApp number between them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from polydesk import http
from polydesk.channels import service as channels
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk
from polydesk.testing.meta import Meta, User
from polydesk.types import Account, Call, Contact, Conversation, Handle, Outgoing, Parsed
from polydesk_whatsapp.channel import WhatsAppChannel
from polydesk_whatsapp.settings import WhatsAppSettings

NUMBER, BUSINESS = "110000000000001", "WABA1"


@pytest.fixture
async def meta() -> AsyncIterator[Meta]:
    async with Meta() as meta:
        meta.whatsapp.add(NUMBER, business=BUSINESS)
        yield meta
    await http.close()


@pytest.fixture
def settings(meta: Meta) -> WhatsAppSettings:
    return WhatsAppSettings(
        phone_number_id=NUMBER,
        business_id=BUSINESS,
        token=meta.token,
        app_secret=meta.secret,
        verify_token=meta.verify_token,
        base_url=meta.url,
        catalogue="CAT1",
        per_second=1000,
    )


@pytest.fixture
def account(settings: WhatsAppSettings) -> Account:
    return Account(id=1, client=1, channel="whatsapp", name="Support", address=NUMBER, settings=settings)


@pytest.fixture
def nino() -> User:
    return User(wa_id="995555000111", name="Nino K", user_id="GE.1234567890", username="Nino.K")


@pytest.fixture
def read(meta: Meta, account: Account) -> Callable[..., Any]:
    """`await read()`: what the channel makes of everything Meta told since the last time."""
    seen = 0

    async def go(attempt: int = 1, account: Account = account) -> list[Parsed]:
        nonlocal seen
        await meta.webhooks.settled()
        bodies, seen = meta.webhooks.told[seen:], len(meta.webhooks.told)
        return [each for body in bodies for each in await read_body(meta, account, body, attempt)]

    return go


async def read_body(meta: Meta, account: Account, body: Any, attempt: int = 1) -> list[Parsed]:
    from polydesk.testing.meta import signed

    raw, headers = signed(meta.secret, body)
    answer = await WhatsAppChannel().webhook(Call(method="POST", url="", headers=headers, body=raw), [account])
    assert answer.status == 200
    found = []
    for each in answer.deliveries:
        arrival = msgspec.structs.replace(each.arrival, hints={"attempt": attempt})
        found.append(await WhatsAppChannel().parse(arrival, account))
    return found


@pytest.fixture
def reply() -> Callable[..., Outgoing]:
    """`reply("words", to=…, files=…)`: a reply of an agent."""
    count = 0

    def make(text: str = "", *, to: str = "+995555000111", kind: str = "phone", **more: Any) -> Outgoing:
        nonlocal count
        count += 1
        from datetime import UTC, datetime

        values: dict[str, Any] = {
            "idempotency_key": secrets.token_hex(8),
            "external_id": "",
            "conversation": Conversation(id=1, client=1, contact=1, opened_at=datetime.now(UTC)),
            "contact": Contact(id=1, client=1),
            "item": count,
            "to": (Handle(kind, to),),
            "text": text,
            "correlation": f"pd:{count}",
        }
        return Outgoing(**{**values, **more})

    return make


async def saved(settings: WhatsAppSettings) -> tuple[Viewer, Account]:
    """An owner, and the number set up as an account of their client."""
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    id = await channels.save_account(
        owner, channel="whatsapp", client=owner.clients[0], market=None, name="Support", settings=settings
    )
    return owner, await channels.load(id)


@pytest.fixture
def save() -> Callable[..., Any]:
    return saved


class Desk(msgspec.Struct, frozen=True):
    """A served desk with the number set up."""

    live: LiveDesk
    owner: Viewer
    account: Account

    async def until(self, sql: str, *args: object, seconds: float = 15.0) -> list[dict[str, Any]]:
        return await self.live.until(sql, *args, seconds=seconds)


@pytest.fixture
async def served_desk(live_desk: LiveDesk, meta: Meta, settings: WhatsAppSettings) -> Desk:
    owner, account = await saved(settings)
    meta.webhooks.address = f"{live_desk.url}/hooks/whatsapp"
    return Desk(live_desk, owner, account)
