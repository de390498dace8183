"""Let the stories happen: letters come in at the door, agents answer, and then the clock is set back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Protocol

import msgspec

from polydesk import db, jobs
from polydesk.channels import service as channels
from polydesk.conversations import changing, replying
from polydesk.demo.files import make
from polydesk.demo.stage import Office, Stage, clock_in, current
from polydesk.demo.stories import Line, Story, stories
from polydesk.inbound import service as inbound
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.types import Account, Arrival, Attached

NEWEST, OLDEST = timedelta(minutes=2), timedelta(hours=70)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer sends; `answers` are external ids of earlier messages, oldest first."""

    story: Story
    office: Office
    number: int
    text: str
    files: tuple[Attached, ...]
    answers: tuple[str, ...]
    sent_at: datetime


class Letterbox(Protocol):
    """How a channel's plugin gives the demo accounts and messages of its own kind."""

    channel: str

    def settings(self, office: Office) -> Any:
        """An account's settings for this office."""

    def arrival(self, letter: Letter) -> Arrival:
        """The letter as raw bytes, as the service would hand them over."""


async def perform(letterbox: Letterbox, say: Callable[[str], None]) -> None:
    """Play every story through this letterbox."""
    stage = current()
    accounts = {}
    for code, office in stage.offices.items():
        made = await channels.save_account(
            stage.owner,
            channel=letterbox.channel,
            client=office.client,
            market=office.market,
            name=f"{office.firm}, {code.split('-')[1].upper()}",
            settings=letterbox.settings(office),
            queue=office.queue,
        )
        accounts[code] = await channels.load(made)
    await clock_in(stage)
    everyone = [await staff.viewer_by_id(each.id) for each in await people.list_people(stage.owner)]
    chance = Random(11)  # noqa: S311 the same demo every time
    told = stories()
    moments = sorted((NEWEST + (OLDEST - NEWEST) * chance.random() ** 2 for _ in told), reverse=True)
    for number, (story, ago) in enumerate(zip(told, moments, strict=True), 1):
        play = _Play(stage, letterbox, story, accounts[story.office], everyone)
        await play.run(datetime.now(UTC) - ago)
        if number % 10 == 0 or number == len(told):
            say(f"Conversations: {number} of {len(told)}")


class _Play:
    def __init__(
        self, stage: Stage, letterbox: Letterbox, story: Story, account: Account, everyone: list[Viewer]
    ) -> None:
        self.stage, self.letterbox, self.story, self.account = stage, letterbox, story, account
        self.everyone = everyone
        self.office = stage.offices[story.office]
        self.conversation = 0

    async def run(self, last: datetime) -> None:
        """Every line in turn, then tags and status, then the clock."""
        since = timedelta(hours=sum(line.hours for line in self.story.lines))
        moment = last - since
        begun = 0
        spans: list[tuple[int, int, datetime]] = []
        for number, line in enumerate(self.story.lines):
            moment += timedelta(hours=line.hours, minutes=3)
            begun = await self._newest()
            await self._line(number, line, moment)
            await jobs.run_due()
            spans.append((begun, await self._newest(), moment))
        begun = await self._newest()
        await self._end()
        await jobs.run_due()
        spans.append((begun, await self._newest(), moment + timedelta(minutes=1)))
        await self._set_back(spans)

    async def _line(self, number: int, line: Line, moment: datetime) -> None:
        if line.kind == "in":
            letter = Letter(
                story=self.story,
                office=self.office,
                number=number,
                text=line.text,
                files=tuple(make(name, self.story.subject) for name in line.files),
                answers=await self._ours(),
                sent_at=moment,
            )
            arrival = self.letterbox.arrival(letter)
            await inbound.accept(self.account, [arrival])
            await jobs.run_due()
            if not self.conversation:
                self.conversation = await self._find()
            return
        agent = await self._agent()
        if line.kind == "out":
            await replying.reply(agent, self.conversation, line.text)
        else:
            await replying.note(agent, self.conversation, line.text)

    async def _end(self) -> None:
        agent = await self._agent()
        if self.story.tags:
            await changing.set_tags(agent, self.conversation, self.story.tags)
        if self.story.end == "urgent":
            await changing.set_priority(agent, self.conversation, 2)
        elif self.story.end == "snoozed":
            until = datetime.now(UTC) + timedelta(days=9)
            await changing.set_status(agent, self.conversation, "snoozed", until=until)
        elif self.story.end in ("waiting", "solved"):
            await changing.set_status(agent, self.conversation, self.story.end)

    async def _agent(self) -> Viewer:
        """Whose it is; else someone there who speaks the language; else anyone there."""
        rows = await db.fetch("SELECT assignee FROM pd_conversation WHERE id = {}", self.conversation)
        there = [each for each in self.everyone if not each.is_owner and self._answers(each)]
        fitting = (
            [each for each in self.everyone if each.id == rows[0]["assignee"]]
            or [each for each in there if self.story.language in each.speaks]
            or there
        )
        return fitting[0] if fitting else self.stage.owner

    def _answers(self, viewer: Viewer) -> bool:
        return viewer.can("conversation.reply", self.office.client, self.office.market)

    async def _find(self) -> int:
        rows = await db.fetch(
            "SELECT i.conversation FROM pd_arrival a JOIN pd_item i ON i.id = a.item WHERE a.account = {}"
            " ORDER BY a.id DESC LIMIT 1",
            self.account.id,
        )
        return int(rows[0]["conversation"])

    async def _ours(self) -> tuple[str, ...]:
        if not self.conversation:
            return ()
        rows = await db.fetch(
            "SELECT external_id FROM pd_delivery WHERE conversation = {} ORDER BY id", self.conversation
        )
        return tuple(row["external_id"] for row in rows if row["external_id"])

    async def _newest(self) -> int:
        rows = await db.fetch("SELECT COALESCE(max(id), 0) AS id FROM pd_item")
        return int(rows[0]["id"])

    async def _set_back(self, spans: list[tuple[int, int, datetime]]) -> None:
        """What has just been done is dated to when it is told to have happened."""
        first = spans[0][2]
        spoke = max(
            moment for (_, _, moment), line in zip(spans, self.story.lines, strict=False) if line.kind != "note"
        )
        now = datetime.now(UTC)
        async with db.transaction():
            for after, upto, told in spans:
                moment = min(told, now)
                await db.fetch(
                    "UPDATE pd_item SET occurred_at = {}, recorded_at = {} WHERE id > {} AND id <= {}",
                    moment,
                    moment,
                    after,
                    upto,
                )
            await db.fetch(
                "UPDATE pd_conversation SET opened_at = {}, last_at = {} WHERE id = {}",
                min(first, now),
                min(spoke, now),
                self.conversation,
            )
            for column in ("waiting_since", "solved_at"):
                await db.fetch(
                    f"UPDATE pd_conversation SET {column} = {{}} WHERE id = {{}} AND {column} IS NOT NULL",
                    min(spoke, now),
                    self.conversation,
                )
