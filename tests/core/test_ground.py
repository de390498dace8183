"""Storage, secrets, live signals and events: what everything else stands on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from polydesk_stranger import plugin as stranger
from tests.board import Board

from polydesk import NotFound, PolydeskError, db, events, hooks, live, secrets, storage, unused
from polydesk.testing.fixtures import TestDesk
from polydesk.types import Scope


async def test_stored_bytes_come_back_and_are_kept_once(desk: TestDesk) -> None:
    key = await storage.put(b"a letter")
    assert await storage.put(b"a letter") == key
    assert await storage.get(key) == b"a letter"
    files = [path for path in (Path(desk.settings.data_dir) / "files").rglob("*") if path.is_file()]
    assert len(files) == 1
    with pytest.raises(NotFound):
        await storage.get("0" * 64)


async def test_a_stored_file_goes_when_the_last_who_needs_it_is_gone(desk: TestDesk) -> None:
    key = await storage.put(b"RIFFsound")
    folder = Path(desk.settings.data_dir) / "files"
    (path,) = [each for each in folder.rglob("*") if each.is_file()]
    assert await storage.size(key) == 9
    assert await storage.part(key, 4, 3) == b"sou"
    assert not await unused.remove(key), "somebody may be about to write down its key"
    assert path.exists()
    long_ago = path.stat().st_mtime - 2 * unused.UNTOUCHED
    os.utime(path, (long_ago, long_ago))
    await storage.put(b"RIFFsound")
    assert not await unused.remove(key), "whoever puts it again may need it as well"
    await db.fetch(
        "INSERT INTO voice_import (list, client, name, storage_key, person) VALUES (1, 1, 'people.csv', {}, 1)", key
    )
    os.utime(path, (long_ago, long_ago))
    assert await unused.remove(key)
    assert path.exists(), "a plugin's row needs it"
    await db.fetch("DELETE FROM voice_import")
    assert await unused.remove(key)
    assert [each for each in folder.rglob("*") if each.is_file()] == []
    assert await unused.remove(key), "gone is gone"
    with pytest.raises(NotFound):
        await storage.part(key, 0, 1)
    with pytest.raises(NotFound):
        await storage.size(key)
    assert await storage.put(b"RIFFsound") == key
    assert await storage.get(key) == b"RIFFsound"


def test_secrets_open_with_an_older_key_and_not_with_another() -> None:
    secrets.open(["first key"])
    sealed = secrets.encrypt("hunter2")
    signature = secrets.sign("reply", "42")
    assert "hunter2" not in sealed
    secrets.open(["second key", "first key"])
    assert secrets.decrypt(sealed) == "hunter2"
    assert secrets.verify("reply", "42", signature.upper())
    assert not secrets.verify("reply", "43", signature)
    assert not secrets.verify("another purpose", "42", signature)
    secrets.open(["third key"])
    with pytest.raises(PolydeskError, match="POLYDESK_SECRET_KEY"):
        secrets.decrypt(sealed)


async def _next(signals: AsyncIterator[live.Signal | None]) -> live.Signal | None:
    async with asyncio.timeout(5):
        return await anext(signals)


async def test_signals_come_after_commit_and_only_of_ones_own_clients(desk: TestDesk) -> None:
    signals = live.listen({1}, asyncio.Event())
    waiting = asyncio.create_task(_next(signals))
    await asyncio.sleep(0)
    async with db.transaction():
        live.signal(2, "inbox", 7)
        live.signal(1, "inbox", 8)
        await db.fetch("SELECT 1 AS one")
        assert not waiting.done()
    signal = await waiting
    assert signal is not None
    assert (signal.topic, signal.id) == ("inbox", 8)


async def test_a_signal_of_a_change_that_was_undone_is_not_sent(desk: TestDesk) -> None:
    signals = live.listen(None, asyncio.Event())
    waiting = asyncio.create_task(_next(signals))
    await asyncio.sleep(0)

    async def undone() -> None:
        async with db.transaction():
            live.signal(1, "inbox", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await undone()
    live.signal(1, "inbox", 2)
    signal = await waiting
    assert signal is not None
    assert signal.id == 2


async def test_a_reader_who_falls_behind_is_told_to_read_everything_again(desk: TestDesk) -> None:
    signals = live.listen(None, asyncio.Event())
    waiting = asyncio.create_task(_next(signals))
    await asyncio.sleep(0)
    for number in range(500):
        live.signal(1, "inbox", number)
    assert await waiting == live.RESYNC


async def test_streams_end_when_the_desk_stops(desk: TestDesk) -> None:
    stopping = asyncio.Event()
    signals = live.listen(None, stopping)
    waiting = asyncio.create_task(_next(signals))
    await asyncio.sleep(0)
    stopping.set()
    with pytest.raises(StopAsyncIteration):
        await waiting


async def test_an_event_is_told_only_if_its_change_is_committed(board: Board) -> None:
    async def undone() -> None:
        async with db.transaction():
            await events.announce(Scope(1), hooks.polydesk_presence_changed, person=1, presence="ready")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await undone()
    await board.desk.work()
    assert ("presence_changed", "ready") not in stranger.HEARD
    await events.announce(Scope(1), hooks.polydesk_presence_changed, person=1, presence="ready")
    await board.desk.work()
    assert stranger.HEARD.count(("presence_changed", "ready")) == 1
