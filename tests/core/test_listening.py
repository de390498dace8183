"""A listener per account: started, restarted when it fails, ended when it is switched off, its trouble shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from polydesk_stranger.channel import BOARD
from tests.board import Board

from polydesk import Door, db
from polydesk.channels import service
from polydesk.inbound import listening
from polydesk.places import service as places
from polydesk.scopes import switching
from polydesk.scopes.switches import Cell
from polydesk.types import Arrival


async def _until(condition: Callable[[], object], what: str) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)
    assert condition(), what


async def test_what_a_listener_fetches_arrives_with_its_cursor(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    cursors: list[dict[str, object]] = []

    async def listen(_self: object, door: Door) -> None:
        cursors.append(await door.cursor())
        await door.accept([Arrival(external_id="1", raw=b'{"id": "1", "from": "bob", "text": "Hi"}')], {"seen": 1})
        await door.healthy()
        if len(cursors) == 1:
            raise ConnectionError("the line broke")
        await asyncio.Event().wait()

    monkeypatch.setattr(type(BOARD), "listen", listen)
    monkeypatch.setattr(listening, "_FIRST_WAIT", 0.01)
    stop = asyncio.Event()
    running = asyncio.create_task(listening.run(stop))
    await _until(lambda: len(cursors) == 2, "the listener was not started again")
    stop.set()
    await running
    assert cursors == [{}, {"seen": 1}]
    await board.desk.work()
    assert len((await board.the_conversation()).entries) == 1


async def test_trouble_is_shown_and_goes_away(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = 0

    async def listen(_self: object, door: Door) -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise ConnectionError("mail.example.org refuses the password")
        await door.healthy()
        await asyncio.Event().wait()

    monkeypatch.setattr(type(BOARD), "listen", listen)
    monkeypatch.setattr(listening, "_FIRST_WAIT", 0.2)
    stop = asyncio.Event()
    running = asyncio.create_task(listening.run(stop))
    await _until(lambda: attempts == 2, "no second attempt")
    shown = await service.get_account(board.owner, board.account.id)
    assert shown.trouble == "mail.example.org refuses the password"
    await _until(lambda: attempts >= 3, "no third attempt")
    async with asyncio.timeout(30):
        while (await service.get_account(board.owner, board.account.id)).trouble:
            await asyncio.sleep(0.01)
    stop.set()
    await running


async def test_a_listener_that_breaks_down_altogether_is_begun_again(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unspeakable(Exception):
        def __str__(self) -> str:
            raise RuntimeError("not even its name can be said")

    attempts = 0

    async def listen(_self: object, door: Door) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise Unspeakable
        await door.healthy()
        await asyncio.Event().wait()

    monkeypatch.setattr(type(BOARD), "listen", listen)
    monkeypatch.setattr(listening, "_LOOK_SECONDS", 0.1)
    stop = asyncio.Event()
    running = asyncio.create_task(listening.run(stop))
    await _until(lambda: attempts >= 2, "it stays silent")
    stop.set()
    await running


async def test_an_account_is_listened_to_once_however_many_processes(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, most = 0, 0

    async def listen(_self: object, door: Door) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        try:
            await asyncio.Event().wait()
        finally:
            now -= 1

    monkeypatch.setattr(type(BOARD), "listen", listen)
    stop = asyncio.Event()
    running = [asyncio.create_task(listening.run(stop)) for _ in range(3)]
    await _until(lambda: now == 1, "nobody listens")
    await service.save_account(
        board.owner,
        channel="board",
        client=board.owner.clients[0],
        market=None,
        name="Lobby",
        settings=board.account.settings,
        account=board.account.id,
        enabled=False,
    )
    await _until(lambda: now == 0, "it is still listened to")
    stop.set()
    await asyncio.gather(*running)
    assert most == 1
    assert (await db.fetch("SELECT lease_until FROM pd_account"))[0]["lease_until"] is None


async def test_switched_off_a_plugin_listens_no_more_and_on_again_it_does(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    async def listen(_self: object, door: Door) -> None:
        heard.append("began")
        try:
            await asyncio.Event().wait()
        finally:
            heard.append("ended")

    monkeypatch.setattr(type(BOARD), "listen", listen)
    # Only the signal may bring it about: the next look would come too late.
    monkeypatch.setattr(listening, "_LOOK_SECONDS", 60.0)
    stop = asyncio.Event()
    running = asyncio.create_task(listening.run(stop))
    await _until(lambda: heard == ["began"], "nobody listens")
    await switching.change({Cell("stranger", board.owner.clients[0]): False}, None)
    await _until(lambda: heard == ["began", "ended"], "it still listens")
    await switching.change({Cell("stranger", board.owner.clients[0]): None}, None)
    await _until(lambda: heard == ["began", "ended", "began"], "it does not listen again")
    stop.set()
    await running


async def test_in_the_sandbox_nothing_is_fetched(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    async def listen(_self: object, door: Door) -> None:
        heard.append("began")
        try:
            await asyncio.Event().wait()
        finally:
            heard.append("ended")

    async def put(on: bool) -> None:
        client = await places.get_client(board.owner, board.owner.clients[0])
        await places.change_client(board.owner, client.id, name=client.name, details=client.own, sandbox=on)

    monkeypatch.setattr(type(BOARD), "listen", listen)
    monkeypatch.setattr(listening, "_LOOK_SECONDS", 60.0)
    stop = asyncio.Event()
    running = asyncio.create_task(listening.run(stop))
    await _until(lambda: heard == ["began"], "nobody listens")
    await put(True)
    await _until(lambda: heard == ["began", "ended"], "it still fetches")
    await put(False)
    await _until(lambda: heard == ["began", "ended", "began"], "it does not fetch again")
    stop.set()
    await running
