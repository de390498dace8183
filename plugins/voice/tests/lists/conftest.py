"""A running list, an agent who works on it, and a clock that stands at noon on a working day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from plugins.voice.tests.conftest import Office

from polydesk import db
from polydesk.staff.access import Viewer
from polydesk_voice.lists import service
from polydesk_voice.lists.service import DialList
from polydesk_voice.lists.settings import ListSettings

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
IDA, BOB, EVE = "+995555000111", "+995555000222", "+995555000333"


class Dialler:
    """The office, with short words for lists."""

    def __init__(self, office: Office, agent: Viewer) -> None:
        self.office, self.agent, self.owner, self.desk = office, agent, office.owner, office.desk
        self.client = office.owner.clients[0]

    async def make(self, *people: str, start: bool = True, **settings: Any) -> DialList:
        """A list with these numbers on it."""
        number = await service.save(
            self.owner,
            name="Subscriptions that end",
            account=self.office.account.id,
            queue=self.office.queue,
            settings=ListSettings(**settings),
        )
        for phone in people:
            await self.add(number, phone)
        if start and people:
            await service.set_state(self.owner, number, "running")
        return await service.get(self.owner, number)

    async def add(self, number: int, phone: str, zones: str = "UTC", **more: Any) -> int:
        values = {"name": phone[-3:], "facts": '{"Plan": "Gold"}', "due_at": NOON, **more}
        rows = await db.fetch(
            "INSERT INTO voice_list_entry (list, phone, time_zones, state, attempts, outcome, result, promised, "
            f"language, {', '.join(values)}) VALUES ({{}}, {{}}, {{}}, 'waiting', 0, '', '', {{}}, '', "
            f"{', '.join(['{}'] * len(values))}) RETURNING id",
            number,
            phone,
            zones,
            False,
            *values.values(),
        )
        return int(rows[0]["id"])

    async def entry(self, phone: str = IDA) -> dict[str, Any]:
        return (await db.fetch("SELECT * FROM voice_list_entry WHERE phone = {} ORDER BY id DESC", phone))[0]

    async def attempts(self) -> list[tuple[str, str, int | None]]:
        rows = await db.fetch("SELECT outcome, result, person FROM voice_list_attempt ORDER BY id")
        return [(row["outcome"], row["result"], row["person"]) for row in rows]


@pytest.fixture
async def dialler(office: Office) -> Dialler:
    return Dialler(office, await office.agent("Ana"))
