"""Signing in: no default password, lock-out, single-use links, sessions that end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.board import Board

from polydesk import Invalid, db, jobs
from polydesk.errors import Conflict
from polydesk.staff import people
from polydesk.staff import service as staff

PASSWORD = "a long enough password"


async def test_a_session_begins_and_ends(board: Board) -> None:
    token = await staff.sign_in("MARA@example.org ", PASSWORD)
    viewer = await staff.viewer_for(token)
    assert viewer is not None
    assert viewer.name == "Mara Olsen"
    await staff.sign_out(token)
    assert await staff.viewer_for(token) is None


async def test_wrong_passwords_lock_the_account_and_never_tell_who_exists(board: Board) -> None:
    for _ in range(6):
        said = set()
        for email in ("mara@example.org", "nobody@example.org"):
            with pytest.raises(Invalid) as caught:
                await staff.sign_in(email, "wrong password")
            said.add(str(caught.value))
        assert len(said) == 1
    with pytest.raises(Invalid, match="Too many"):
        await staff.sign_in("mara@example.org", PASSWORD)


async def test_there_is_one_first_owner(board: Board) -> None:
    with pytest.raises(Conflict):
        await people.create_owner(name="Eve", email="eve@example.org", password=PASSWORD)


async def test_an_invitation_works_once(board: Board) -> None:
    link = await people.invite(
        board.owner, name="Ann", email="ann@example.org", client=board.owner.clients[0], market=None, role="agent"
    )
    with pytest.raises(Invalid, match="at least"):
        await staff.accept_invitation(link, "short")
    token = await staff.accept_invitation(link, PASSWORD)
    ann = await staff.viewer_for(token)
    assert ann is not None
    assert ann.can("conversation.reply")
    with pytest.raises(Invalid, match="used or has expired"):
        await staff.accept_invitation(link, PASSWORD)
    await people.update_person(board.owner, ann.id, name="Ann", speaks=(), capacity=1, active=False)
    assert await staff.viewer_for(token) is None


async def test_a_new_password_ends_every_other_session(board: Board) -> None:
    here, there = await staff.sign_in("mara@example.org", PASSWORD), await staff.sign_in("mara@example.org", PASSWORD)
    with pytest.raises(Invalid, match="present password"):
        await people.change_password(board.owner, old="wrong", new="another long password")
    fresh = await people.change_password(board.owner, old=PASSWORD, new="another long password")
    assert await staff.viewer_for(there) is None
    assert await staff.viewer_for(here) is None
    assert await staff.viewer_for(fresh) is not None


async def test_what_has_expired_signs_nobody_in_and_is_forgotten(board: Board) -> None:
    token = await staff.sign_in("mara@example.org", PASSWORD)
    link = await staff.new_link(board.owner.id, "sign-in", hours=1)
    for table in ("pd_session", "pd_link"):
        await db.fetch(f"UPDATE {table} SET expires_at = {{}}", datetime.now(UTC) - timedelta(seconds=1))
    assert await staff.viewer_for(token) is None
    assert await staff.use_link(link) is None
    await jobs.enqueue("staff.sweep", {})
    await board.desk.work()
    assert await db.fetch("SELECT id FROM pd_session") == await db.fetch("SELECT id FROM pd_link") == []
