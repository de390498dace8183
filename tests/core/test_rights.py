"""Nobody sees or does what belongs to a client that is not theirs."""

from __future__ import annotations

import pytest
from tests.board import Board

from polydesk import Invalid, NotFound
from polydesk.channels import service as channels
from polydesk.contacts import service as contacts
from polydesk.conversations import changing, replying
from polydesk.conversations import service as conversations
from polydesk.errors import Forbidden
from polydesk.inbound import service as inbound
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer


async def test_another_clients_things_do_not_exist(board: Board) -> None:
    await board.write("bob", "Hi", files={"a.txt": "secret"})
    opened = await board.the_conversation()
    number, contact = opened.conversation.id, opened.contact.id
    client = await scopes.create_client("Other firm", languages=("en",))
    owner = await staff.viewer_by_id(board.owner.id)
    await people.invite(owner, name="Zoe", email="zoe@example.org", client=client, market=None, role="admin")
    zoe_id = next(person.id for person in await people.list_people(owner) if person.name == "Zoe")
    zoe = await staff.viewer_by_id(zoe_id)
    for view in (*conversations.VIEWS, f"queue:{opened.conversation.queue}"):
        assert (await conversations.list_conversations(zoe, view)).rows == ()
    assert {count.count for count in await conversations.counts(zoe)} == {0}
    assert (await contacts.list_contacts(zoe)).rows == ()
    assert await channels.list_accounts(zoe) == []
    assert [person.name for person in await people.list_people(zoe)] == ["Zoe"]
    for attempt in (
        conversations.open_conversation(zoe, number),
        conversations.attachment(zoe, opened.entries[0].files[0].id),
        contacts.get_contact(zoe, contact),
        conversations.contact_timeline(zoe, contact),
        replying.reply(zoe, number, "Hi"),
        replying.note(zoe, number, "Hi"),
        replying.save_draft(zoe, number, "reply", "Hi"),
        replying.add_file(zoe, number, "a", "text/plain", b""),
        changing.assign(zoe, number, zoe.id),
        changing.set_status(zoe, number, "solved"),
        changing.set_tags(zoe, number, ("x",)),
        channels.get_account(zoe, board.account.id),
        channels.account_settings(zoe, board.account.id),
        inbound.raw_of_item(zoe, opened.entries[0].id),
        people.update_person(zoe, owner.id, name="x", speaks=(), capacity=1, active=False),
    ):
        with pytest.raises(NotFound):
            await attempt
    with pytest.raises(Invalid):
        await changing.assign(owner, number, zoe.id)


async def test_someone_confined_to_a_market_sees_only_it(board: Board) -> None:
    await board.write("bob", "Hi")
    number = (await board.the_conversation()).conversation.id
    market = await scopes.create_market(
        board.owner.clients[0], code="fr", name="France", languages=("fr",), time_zone="Europe/Paris"
    )
    await people.invite(
        board.owner, name="Luc", email="l@example.org", client=board.owner.clients[0], market=market, role="agent"
    )
    luc_id = next(person.id for person in await people.list_people(board.owner) if person.name == "Luc")
    luc = await staff.viewer_by_id(luc_id)
    assert (await conversations.list_conversations(luc, "all")).rows == ()
    with pytest.raises(NotFound):
        await conversations.open_conversation(luc, number)


async def test_an_agent_may_answer_but_not_administer(board: Board) -> None:
    ann = await board.colleague("Ann")
    with pytest.raises(Forbidden):
        await people.invite(ann, name="X", email="x@example.org", client=ann.clients[0], market=None, role="admin")
    with pytest.raises(Forbidden):
        await channels.account_settings(ann, board.account.id)
    with pytest.raises(Forbidden):
        await inbound.list_unreadable(ann)


async def test_an_analyst_may_note_but_not_reply(board: Board) -> None:
    qa = await board.colleague("Quinn", role="analyst", ready=False)
    await board.write("bob", "Hi")
    number = (await board.the_conversation()).conversation.id
    await replying.note(qa, number, "Well done")
    with pytest.raises(Forbidden):
        await replying.reply(qa, number, "Hi")


async def _invited(owner: Viewer, name: str, client: int, market: int | None = None) -> Viewer:
    await people.invite(
        owner, name=name, email=f"{name.lower()}@example.org", client=client, market=market, role="admin"
    )
    person = next(person.id for person in await people.list_people(owner) if person.name == name)
    return await staff.viewer_by_id(person)


async def test_an_admin_cannot_take_over_somebody_who_is_also_another_clients(board: Board) -> None:
    other = await scopes.create_client("Other firm", languages=("en",))
    owner = await staff.viewer_by_id(board.owner.id)
    ours, theirs = await _invited(owner, "Ann", owner.clients[0]), await _invited(owner, "Zoe", other)
    # Zoe has not accepted yet; inviting her here must not give Ann the link to her account.
    email = "zoe@example.org"
    assert await people.invite(ours, name="Zoe", email=email, client=ours.clients[0], market=None, role="agent") == ""
    for attempt in (
        people.new_invitation(ours, theirs.id),
        people.update_person(ours, theirs.id, name="Mine", speaks=(), capacity=1, active=False),
    ):
        with pytest.raises(Forbidden, match="owner"):
            await attempt
    await people.set_role(ours, theirs.id, ours.clients[0], None, None)
    assert await people.new_invitation(owner, theirs.id)
    with pytest.raises(NotFound):
        await people.set_role(ours, theirs.id, other, None, None)


async def test_an_admin_of_one_market_does_not_manage_people_of_the_whole_client(board: Board) -> None:
    client = board.owner.clients[0]
    market = await scopes.create_market(client, code="fr", name="France", languages=("fr",), time_zone="Europe/Paris")
    luc = await _invited(board.owner, "Luc", client, market)
    ann = await _invited(board.owner, "Ann", client)
    with pytest.raises((Forbidden, NotFound)):
        await people.new_invitation(luc, ann.id)
    assert await people.new_invitation(ann, luc.id)
