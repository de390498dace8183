"""People on the telephone while the desk is killed: whatever becomes of their calls, the books say so."""

from __future__ import annotations

import asyncio
import contextlib
import random

import msgspec

from polydesk import db
from polydesk.channels import service as channels
from polydesk.conversations import assigning
from polydesk.queues import service as queues
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.telephone import Behaviour, Line
from polydesk.testing.telephone.twiml import TwilioExchange
from polydesk.testing.telephone.twiml_calls import TwilioLine
from polydesk_voice.phones import service as phones
from polydesk_voice.queueing import settings as queueing
from polydesk_voice.queueing.settings import QueueSettings
from polydesk_voice.settings import LineSettings

AGENTS = 8
SPEED = 4.0
_PAUSE = 1.5
_EXCUSE = "an application error has occurred"


class CallAccount(msgspec.Struct, frozen=True, kw_only=True):
    """`cut_off` heard the service's excuse, since nobody answered it even the second time; the desk must know all the
    others, once each, and no end of any may be missing."""

    called: int
    cut_off: int
    talked: int
    known: int
    twice: int
    alive: int
    begun_and_ended: int
    unknown: int
    legs_alive: int
    phones_busy: int
    outcomes_wrong: int

    def faults(self) -> list[str]:
        """What is wrong; empty when every call is accounted for."""
        return [
            f"{what}: {value}, should be {wanted}"
            for what, value, wanted in (
                ("calls in the books twice", self.twice, 0),
                ("calls that never end", self.alive, 0),
                ("calls that did not begin and end once", self.known - self.begun_and_ended, 0),
                ("callers who heard us and are not in the books", self.unknown, 0),
                ("parties that never end", self.legs_alive, 0),
                ("phones that stay busy", self.phones_busy, 0),
                ("outcomes that the caller would not agree with", self.outcomes_wrong, 0),
            )
            if value != wanted
        ]


class Calls:
    """A line at a make-believe exchange, agents whose phones are picked up, and callers."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.exchange = TwilioExchange(speed=SPEED, seed=5)
        self.exchange.anyone = Behaviour(after=1.0)
        self.lines: list[TwilioLine] = []
        self.talked: set[str] = set()
        self._given_up = False

    async def open(self, owner: Viewer, hook: str) -> None:
        """Before the desk is served; the service calls at `hook`/voice."""
        client = owner.clients[0]
        queue = await queues.save_queue(owner, client=client, market=None, name="Calls")
        await queueing.save(queue, QueueSettings(wrap_up_seconds=0, away_after_unanswered=False, callback_after=0))
        settings = LineSettings(**await self.exchange.start(f"{hook}/voice"))
        await channels.save_account(
            owner, channel="voice", client=client, market=None, name="Line", settings=settings, queue=queue
        )
        for number in range(AGENTS):
            email = f"agent{number}@example.org"
            await people.invite(
                owner, name=f"Agent {number}", email=email, role="agent", client=client, market=None, speaks=("en",)
            )
            row = (await db.fetch("SELECT id FROM pd_person WHERE email = {}", email))[0]
            await db.fetch("UPDATE pd_person SET active = {}, capacity = 5 WHERE id = {}", True, row["id"])
            agent = await staff.viewer_by_id(row["id"])
            await phones.set_up(agent, "client", f"agent{number}")
            await assigning.set_presence(agent, "ready")

    async def ring(self, count: int, per_second: float) -> None:
        """So many people call, one after the other; comes back when the last has put the receiver down."""
        async with asyncio.TaskGroup() as living:
            for number in range(count):
                living.create_task(self._insist(number))
                await asyncio.sleep(1.0 / per_second)

    async def _insist(self, number: int) -> None:
        """Whoever was cut off calls again, from another telephone, so that each call can be told from the others."""
        attempt = 0
        while not await self._live(f"+99577{number:05d}{attempt:03d}") and not self._given_up:
            attempt += 1
            await asyncio.sleep(_PAUSE)

    def give_up(self) -> None:
        """Nobody calls again."""
        self._given_up = True

    async def _live(self, who: str) -> bool:
        """One call; whether it was theirs to end."""
        line = await self.exchange.call(who)
        assert isinstance(line, TwilioLine)
        self.lines.append(line)
        watching = asyncio.create_task(self._watch(line))
        stays = self._dice.uniform(4.0, 14.0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(stays), line.changed:
                await line.changed.wait_for(lambda: bool(line.ended))
        await line.hang_up()
        await watching
        return not any(_EXCUSE in each for each in line.heard)

    async def _watch(self, line: Line) -> None:
        async with line.changed:
            await line.changed.wait_for(lambda: bool(line.with_ or line.ended))
        if line.with_:
            self.talked.add(line.who)

    async def at_rest(self) -> bool:
        """Whether the desk, too, holds every call for over."""
        alive = await db.fetch("SELECT COUNT(*) AS n FROM voice_call WHERE state <> 'ended'")
        legs = await db.fetch("SELECT COUNT(*) AS n FROM voice_leg WHERE state <> 'ended'")
        return not int(alive[0]["n"]) and not int(legs[0]["n"])

    async def close(self) -> None:
        """Hang up everywhere."""
        await self.exchange.stop()

    async def account(self) -> CallAccount:
        """Count everything."""
        rows = await db.fetch("SELECT id, caller, state, outcome FROM voice_call")
        kinds = await db.fetch("SELECT kind, data FROM pd_item WHERE kind IN ('call.began', 'call.ended')")
        told: dict[int, list[str]] = {}
        for item in kinds:
            told.setdefault(msgspec.json.decode(item["data"])["call"], []).append(item["kind"])
        outcomes = {row["caller"]: row["outcome"] for row in rows}
        heard_us = {line.who for line in self.lines if any(_EXCUSE not in each for each in line.heard)}
        return CallAccount(
            called=len(self.lines),
            cut_off=sum(any(_EXCUSE in each for each in line.heard) for line in self.lines),
            talked=len(self.talked),
            known=len(rows),
            twice=len(rows) - len(outcomes),
            alive=sum(row["state"] != "ended" for row in rows),
            begun_and_ended=sum(sorted(told.get(row["id"], [])) == ["call.began", "call.ended"] for row in rows),
            unknown=len(heard_us - set(outcomes)),
            legs_alive=await _count("voice_leg", "state <> 'ended'"),
            phones_busy=await _count("voice_phone", "state <> 'idle' OR call IS NOT NULL"),
            outcomes_wrong=sum(outcomes.get(who) != "answered" for who in self.talked),
        )


async def _count(table: str, where: str) -> int:
    return int((await db.fetch(f"SELECT COUNT(*) AS n FROM {table} WHERE {where}"))[0]["n"])
