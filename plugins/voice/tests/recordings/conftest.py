"""A provider that has sound, and calls that were recorded."""

from __future__ import annotations

import math
import os
import struct
import wave
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from plugins.voice.tests.conftest import Office, Silent

from polydesk import NotFound, db, unused
from polydesk.staff.access import Viewer
from polydesk.types import Account
from polydesk_voice.happenings import Recorded
from polydesk_voice.providers import known
from polydesk_voice.recordings import service

BEGAN = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def tone(seconds: float = 2.0, channels: int = 2, rate: int = 8000) -> bytes:
    """The first channel speaks in the first half, the second in the second one."""
    frames = bytearray()
    for at in range(int(seconds * rate)):
        loud = int(20000 * math.sin(at * 2 * math.pi * 440 / rate))
        first = at < seconds * rate / 2
        for channel in range(channels):
            frames += struct.pack("<h", loud if (channel == 0) == first or channels == 1 else 0)
    made = BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(frames))
    return made.getvalue()


class Studio(Silent):
    """`sounds` are what it gives out by reference: bytes, or an error to raise."""

    def __init__(self) -> None:
        super().__init__()
        self.sounds: dict[str, bytes | Exception] = {}
        self.asked = 0

    async def sound_of(self, account: Account, reference: str) -> bytes:
        self.asked += 1
        found = self.sounds.get(reference, NotFound("no such recording"))
        if isinstance(found, Exception):
            raise found
        return found

    @property
    def erased(self) -> list[str]:
        """What it was told to erase."""
        return [str(what) for act, what in self.told if act == "erase"]


class Shelf:
    """The office and its recordings."""

    def __init__(self, office: Office, studio: Studio) -> None:
        self.office, self.studio, self.desk, self.owner = office, studio, office.desk, office.owner
        self.client = office.owner.clients[0]

    async def call(
        self,
        *,
        agent: Viewer | None = None,
        contact: str = "Ida Wolf",
        records: bool = True,
        days: float = 0,
        market: int | None = None,
        queue: int | None = None,
        topic: str = "",
        tags: str = "",
        outcome: str = "answered",
        caller: str = "+995555000111",
    ) -> dict[str, Any]:
        """A call that is over."""
        began = BEGAN - timedelta(days=days)
        who = await db.fetch(
            "INSERT INTO pd_contact (client, market, name) VALUES ({}, {}, {}) RETURNING id",
            self.client,
            market,
            contact,
        )
        matter = await db.fetch(
            "INSERT INTO pd_conversation (client, market, contact, status, channel, category, tags, opened_at, "
            "last_at) VALUES ({}, {}, {}, 'open', 'voice', {}, {}, {}, {}) RETURNING id",
            self.client,
            market,
            who[0]["id"],
            topic,
            tags,
            began,
            began,
        )
        rows = await db.fetch(
            "INSERT INTO voice_call (client, market, account, conversation, contact, direction, state, outcome, "
            "caller, queue, person, records, began_at) "
            "VALUES ({}, {}, {}, {}, {}, 'in', 'ended', {}, {}, {}, {}, {}, {}) RETURNING *",
            self.client,
            market,
            self.office.account.id,
            matter[0]["id"],
            who[0]["id"],
            outcome,
            caller,
            queue,
            agent.id if agent else None,
            records,
            began,
        )
        return rows[0]

    async def told(self, call: dict[str, Any], reference: str, **more: Any) -> None:
        """The provider tells of a recording."""
        async with db.transaction():
            await service.taken(
                self.office.account, call, Recorded(leg="x", key=reference, reference=reference, **more), None
            )

    async def recorded(self, reference: str = "RE1", sound: bytes | None = None, **call: Any) -> int:
        """A recording that is ours; its id."""
        self.studio.sounds[reference] = sound or tone()
        await self.told(await self.call(**call), reference, seconds=2.0, channels=2)
        await self.desk.work(ahead=2)
        return int((await self.row(reference))["id"])

    async def row(self, reference: str = "RE1") -> dict[str, Any]:
        return (await db.fetch("SELECT * FROM voice_recording WHERE reference = {}", reference))[0]

    def files(self) -> list[Path]:
        return [each for each in (Path(self.desk.settings.data_dir) / "files").rglob("*") if each.is_file()]

    def age_files(self) -> None:
        """As if they had been put there long ago."""
        for path in self.files():
            os.utime(path, (path.stat().st_mtime - 2 * unused.UNTOUCHED,) * 2)


@pytest.fixture
async def shelf(office: Office, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    studio = Studio()
    monkeypatch.setitem(known.PROVIDERS, "twiml", studio)
    return Shelf(office, studio)
