"""A small desk that most tests begin with: an owner, a client, and a notice board as its channel."""

from __future__ import annotations

import pytest
from polydesk_stranger import plugin as stranger
from polydesk_stranger.channel import BOARD, BoardSettings
from tests.board import Board

from polydesk.channels import service as channels
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing.fixtures import TestDesk


@pytest.fixture
async def board(desk: TestDesk) -> Board:
    """See `Board`."""
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
    return Board(desk, owner, await channels.load(account))
