"""A desk with a line and agents with phones, whose sound nobody carries: tests tell what happens on it."""

from __future__ import annotations

from typing import Any

import pytest

from polydesk import db
from polydesk.channels import service as channels
from polydesk.conversations import assigning
from polydesk.queues import service as queues
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import TestDesk
from polydesk.types import Account
from polydesk_voice.calls import machine
from polydesk_voice.happenings import Happening, Heard, Incoming, Progressed, Ready, Waited
from polydesk_voice.phones import service as phones
from polydesk_voice.plan import Plan
from polydesk_voice.providers import known
from polydesk_voice.providers.base import Party, Provider, State
from polydesk_voice.settings import LineSettings

NUMBER = "+995322000111"


class Silent(Provider):
    """A provider that does as it is told and remembers it."""

    name = "twiml"

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.dialled: list[Party] = []
        self.alive = True

    async def dial(self, account: Account, party: Party, *, caller: str, ring_seconds: int, machine: bool) -> str:
        self.dialled.append(party)
        return f"leg-{party.id}"

    async def turn(self, account: Account, party: Party) -> None:
        self.told.append(("turn", party.name))

    async def hang_up(self, account: Account, party: Party) -> None:
        self.told.append(("hang_up", party.name))

    async def mute(self, account: Account, party: Party, on: bool) -> None:
        self.told.append(("mute", (party.name, on)))

    async def record(self, account: Account, room: str, state: str) -> None:
        self.told.append(("record", state))

    async def sound_of(self, account: Account, reference: str) -> bytes:
        return b""

    async def erase(self, account: Account, reference: str) -> None:
        self.told.append(("erase", reference))

    async def look(self, account: Account, party: Party) -> State:
        return State(alive=self.alive)


class Office:
    """The desk and short words for what happens there."""

    def __init__(self, desk: TestDesk, owner: Viewer, account: Account, queue: int, provider: Silent) -> None:
        self.desk, self.owner, self.account, self.queue, self.provider = desk, owner, account, queue, provider
        self._calls = 0

    async def tell(self, it: Happening) -> Plan:
        """Something happens on the line; then what follows from it."""
        plan = await machine.happened(self.account, it)
        await self.desk.work()
        return plan

    async def rings(self, caller: str = "+995555000111") -> str:
        """Somebody calls; what the provider calls them."""
        self._calls += 1
        name = f"caller-{self._calls}"
        await self.tell(Incoming(leg=name, key=f"incoming:{name}", caller=caller, called=NUMBER))
        return name

    async def plan(self, name: str) -> Plan:
        """What a party hears now."""
        return await machine.plan_of(self.account, name=name)

    async def picks_up(self) -> str:
        """The phone that was rung last is answered; its party."""
        party = self.provider.dialled[-1]
        await self.tell(Ready(leg=f"leg-{party.id}", key=f"ready:{party.id}", token=party.token))
        return f"leg-{party.id}"

    async def over(self, name: str, progress: Any = "completed", **more: Any) -> None:
        """A party is gone."""
        await self.tell(Progressed(leg=name, key=f"{name}:{progress}", progress=progress, **more))

    async def presses(self, name: str, digits: str, once: str = "") -> Plan:
        """A key."""
        return await self.tell(Heard(leg=name, key=f"{name}:{digits}:{once}", digits=digits))

    async def waits(self, name: str) -> Plan:
        """The music ends."""
        return await self.tell(Waited(leg=name))

    async def call(self) -> dict[str, Any]:
        """The latest call."""
        return (await db.fetch("SELECT * FROM voice_call ORDER BY id DESC LIMIT 1"))[0]

    async def kinds(self) -> list[str]:
        """The timeline's items, in order."""
        rows = await db.fetch("SELECT kind FROM pd_item WHERE kind LIKE 'call.%' ORDER BY id")
        return [row["kind"] for row in rows]

    async def agent(self, name: str, *, speaks: tuple[str, ...] = ("en",), phone: str = "") -> Viewer:
        """A ready colleague with a phone."""
        client = self.owner.clients[0]
        await people.invite(
            self.owner,
            name=name,
            email=f"{name.lower()}@example.org",
            role="agent",
            client=client,
            market=None,
            speaks=speaks,
        )
        row = (await db.fetch("SELECT * FROM pd_person WHERE email = {}", f"{name.lower()}@example.org"))[0]
        await db.fetch("UPDATE pd_person SET active = {}, capacity = 5 WHERE id = {}", True, row["id"])
        viewer = await staff.viewer_by_id(row["id"])
        await phones.set_up(viewer, "client", phone or name.lower())
        await assigning.set_presence(viewer, "ready")
        await self.desk.work()
        return viewer


@pytest.fixture
async def office(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A desk with one line and its owner, who has no phone."""
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    provider = Silent()
    monkeypatch.setitem(known.PROVIDERS, "twiml", provider)
    line = await channels.save_account(
        owner,
        channel="voice",
        client=owner.clients[0],
        market=None,
        name="Hotline",
        settings=LineSettings(number=NUMBER, provider="twiml", account_sid="AC1", token="secret"),
    )
    queue = await queues.save_queue(owner, client=owner.clients[0], market=None, name="Orders")
    return Office(desk, owner, await channels.load(line), queue, provider)
