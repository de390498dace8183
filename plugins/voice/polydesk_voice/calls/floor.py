"""The floor as it is this moment: who waits, who talks, which agents are where."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import msgspec

from polydesk import db
from polydesk.queues import service as queues
from polydesk.queues.service import Queue
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk_voice.figures import now as figures
from polydesk_voice.figures.now import Now
from polydesk_voice.queueing import settings as queueing
from polydesk_voice.queueing.settings import QueueSettings


class LiveCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call under way. `since` is when the state began that the customer is in."""

    id: int
    conversation: int
    contact: int
    contact_name: str
    number: str
    direction: str
    state: str
    queue: int | None
    person: int | None
    person_name: str
    language: str
    since: datetime
    waits: bool = False


class LiveQueue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue with its callers; `longest_since` is when the one waiting longest came."""

    id: int
    client: int
    name: str
    client_name: str
    settings: QueueSettings
    waiting: int
    longest_since: datetime | None
    talking: int
    figures: Now


class LiveAgent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent with a phone: ready, away, ringing, talking or wrapping_up, since when."""

    id: int
    name: str
    state: str
    since: datetime | None
    call: int | None


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, as far as the viewer may see."""

    at: datetime
    queues: tuple[LiveQueue, ...]
    calls: tuple[LiveCall, ...]
    agents: tuple[LiveAgent, ...]

    @property
    def waiting(self) -> int:
        """Callers in queues now."""
        return sum(queue.waiting for queue in self.queues)

    @property
    def longest_since(self) -> datetime | None:
        """When whoever waits longest came."""
        return min((queue.longest_since for queue in self.queues if queue.longest_since), default=None)

    def in_state(self, *states: str) -> int:
        """How many agents are in one of these."""
        return sum(agent.state in states for agent in self.agents)


async def floor(viewer: Viewer, only: int | None = None) -> Floor:
    """What happens now in the viewer's queues, or in one of them."""
    lines = await db.fetch(
        f"SELECT DISTINCT a.client FROM pd_account a WHERE a.channel = 'voice' AND ({viewer.bound('a')})"
    )
    reached = {row["client"] for row in lines}
    own = [queue for queue in await queues.list_queues(viewer) if queue.client in reached and only in (None, queue.id)]
    clients = {client.id: client.name for client in await scopes.list_clients(viewer.clients)}
    calls = await _calls(viewer, only)
    counted = await _levels(own)
    found = []
    for queue in own:
        waits = [each for each in calls if each.queue == queue.id and each.waits]
        talks = [each for each in calls if each.queue == queue.id and each.state in ("talking", "held")]
        found.append(
            LiveQueue(
                id=queue.id,
                client=queue.client,
                name=queue.name,
                client_name=clients.get(queue.client, "") if len(reached) > 1 else "",
                settings=await queueing.of(queue.id),
                waiting=len(waits),
                longest_since=min((each.since for each in waits), default=None),
                talking=len(talks),
                figures=counted[queue.id],
            )
        )
    return Floor(at=datetime.now(UTC), queues=tuple(found), calls=calls, agents=await _agents(viewer))


_LEVELS_SECONDS = 3.0
_levels_known: dict[tuple[int, ...], tuple[float, dict[int, Now]]] = {}


async def _levels(own: list[Queue]) -> dict[int, Now]:
    """Remembered for moments: every change of any call has every floor drawn anew, and today has thousands of them."""
    key = tuple(queue.id for queue in own)
    until, known = _levels_known.get(key, (0.0, {}))
    if until < time.monotonic():
        known = await figures.levels(own)
        if len(_levels_known) > 200:
            _levels_known.clear()
        _levels_known[key] = (time.monotonic() + _LEVELS_SECONDS, known)
    return known


async def _calls(viewer: Viewer, only: int | None) -> tuple[LiveCall, ...]:
    rows = await db.fetch(
        "SELECT c.*, t.name AS contact_name, p.name AS person_name FROM voice_call c "
        "JOIN pd_contact t ON t.id = c.contact LEFT JOIN pd_person p ON p.id = c.person "
        f"WHERE c.state <> 'ended' AND ({viewer.bound('c')}) ORDER BY c.began_at LIMIT 1000"
    )
    return tuple(
        LiveCall(
            id=row["id"],
            conversation=row["conversation"],
            contact=row["contact"],
            contact_name=row["contact_name"],
            number=row["caller"] if row["direction"] == "in" else row["called"],
            direction=row["direction"],
            state=row["state"],
            queue=row["queue"],
            person=row["person"],
            person_name=row["person_name"] or "",
            language=row["language"],
            since=_since(row["state"], row["queued_at"], row["answered_at"], row["began_at"]),
            waits=row["state"] in ("queued", "ringing") and row["queued_at"] is not None,
        )
        for row in rows
        if only in (None, row["queue"])
    )


def _since(state: str, queued: datetime | None, answered: datetime | None, began: datetime) -> datetime:
    if state in ("queued", "ringing"):
        return queued or began
    return answered or began if state in ("talking", "held") else began


async def _agents(viewer: Viewer) -> tuple[LiveAgent, ...]:
    """Colleagues of the viewer's clients who have a phone and are not offline."""
    if not viewer.clients:
        return ()
    rows = await db.fetch(
        "SELECT p.id, p.name, p.presence, f.state, f.since, f.call, (SELECT MAX(t.began_at) FROM voice_agent_time t "
        "WHERE t.person = p.id AND t.ended_at IS NULL) AS state_since FROM voice_phone f "
        "JOIN pd_person p ON p.id = f.person WHERE p.active = {} AND f.endpoint <> '' "
        "AND (p.presence <> 'offline' OR f.state <> 'idle') AND (p.id = {} OR EXISTS (SELECT 1 FROM pd_membership m "
        f"WHERE m.person = p.id AND ({viewer.bound('m')}))) ORDER BY p.name LIMIT 2000",
        True,
        viewer.id,
    )
    return tuple(
        LiveAgent(
            id=row["id"],
            name=row["name"],
            state=row["presence"] if row["state"] == "idle" else row["state"],
            since=db.moment(row["state_since"]) if row["state"] == "idle" else db.moment(row["since"]),
            call=row["call"],
        )
        for row in rows
    )
