"""A small desk that most tests begin with: an owner, a client, and a notice board as its channel."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from polydesk_stranger import plugin as stranger
from polydesk_stranger.channel import BOARD, BoardSettings
from polydesk_stranger.chat import CHAT
from tests.board import Board, Chat

from polydesk.channels import service as channels
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing.fixtures import TestDesk


@pytest.fixture
async def board(desk: TestDesk) -> AsyncIterator[Board]:
    """See `Board`. What the stranger was told to answer is forgotten afterwards: it is there for every test."""
    stranger.HEARD.clear()
    stranger.ANSWERS.clear()
    BOARD.pinned.clear()
    BOARD.answers.clear()
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    account = await channels.save_account(
        owner,
        channel="board",
        client=owner.clients[0],
        market=None,
        name="Lobby",
        settings=BoardSettings(board="lobby", token="s3cret"),
    )
    yield Board(desk, owner, await channels.load(account))
    stranger.ANSWERS.clear()


@pytest.fixture
async def chat(board: Board) -> Chat:
    """See `Chat`; the notice board is there as well."""
    CHAT.pinned.clear()
    CHAT.answers.clear()
    CHAT.signs.clear()
    account = await channels.save_account(
        board.owner,
        channel="boardchat",
        client=board.owner.clients[0],
        market=None,
        name="Chat",
        settings=BoardSettings(board="chat", token="knock"),
    )
    await board.desk.work()
    return Chat(board.desk, board.owner, await channels.load(account), board)
