"""Calls as the timeline has them, written down without a telephone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from polydesk import db
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import TestDesk
from polydesk.timeline import service as timeline
from polydesk_voice import items

BEGAN = datetime(2026, 7, 1, 7, 0, tzinfo=UTC)


class Past:
    """A queue in Berlin and what happened to calls in it. Seconds are counted from `BEGAN`, nine o'clock there."""

    def __init__(self, owner: Viewer, client: int, market: int, queue: int) -> None:
        self.owner, self.client, self.market, self.queue = owner, client, market, queue
        self.calls = 0

    async def contact(self, name: str = "Ida") -> int:
        rows = await db.fetch(
            "INSERT INTO pd_contact (client, market, name) VALUES ({}, {}, {}) RETURNING id",
            self.client,
            self.market,
            name,
        )
        return int(rows[0]["id"])

    async def begins(self, contact: int, at: float, direction: str = "in") -> Callable[..., Any]:
        """A call; what writes down the rest of it."""
        self.calls += 1
        number = self.calls
        rows = await db.fetch(
            "INSERT INTO pd_conversation (client, market, contact, status, channel, opened_at, last_at) "
            "VALUES ({}, {}, {}, 'open', 'voice', {}, {}) RETURNING id",
            self.client,
            self.market,
            contact,
            moment(at),
            moment(at),
        )

        async def note(kind: str, at: float, person: int | None = None, **data: Any) -> None:
            await timeline.append(
                kind,
                client=self.client,
                contact=contact,
                conversation=int(rows[0]["id"]),
                person=person,
                data={"call": number, **data},
                occurred_at=moment(at),
            )

        await note(items.BEGAN, at, direction=direction)
        return note

    async def answered(
        self,
        contact: int,
        at: float,
        wait: float,
        *,
        talk: float = 60.0,
        hold: float = 0.0,
        after: float = 10.0,
        queue: int | None = None,
        **wrap: Any,
    ) -> None:
        """Somebody waits, talks and is wrapped up."""
        queue = queue or self.queue
        note = await self.begins(contact, at)
        picked = at + wait
        await note(items.QUEUED, at, queue=queue)
        await note(items.ANSWERED, picked, self.owner.id, queue=queue, queued_at=moment(at), waited=wait)
        over = picked + talk + hold
        await note(
            items.TALKED,
            over,
            self.owner.id,
            queue=queue,
            talk=talk,
            hold=hold,
            began_at=moment(picked),
            transferred="",
        )
        await note(items.ENDED, over, direction="in", outcome="answered", seconds=over - at, by="contact")
        await note(items.WRAPPED_UP, over + after, self.owner.id, queue=queue, seconds=after, **wrap)

    async def gives_up(self, contact: int, at: float, wait: float, why: str = "abandoned") -> None:
        """Somebody waits in vain."""
        note = await self.begins(contact, at)
        await note(items.QUEUED, at, queue=self.queue)
        await note(items.LEFT, at + wait, queue=self.queue, queued_at=moment(at), waited=wait, why=why)
        await note(items.ENDED, at + wait, direction="in", outcome=why, seconds=wait, by="contact")


def moment(at: float) -> datetime:
    return BEGAN + timedelta(seconds=at)


@pytest.fixture
async def past(desk: TestDesk) -> Past:
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    client = owner.clients[0]
    market = await scopes.create_market(client, code="DE", name="Germany", languages=("de",), time_zone="Europe/Berlin")
    queue = await queues.save_queue(owner, client=client, market=market, name="Orders", members=(owner.id,))
    return Past(owner, client, market, queue)
