"""A client in the sandbox: nothing of it leaves the house, on any installed channel, and all of it can be looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
from polydesk_stranger.channel import BOARD
from polydesk_stranger.chat import CHAT
from tests.board import Board, Chat
from tests.journeys.conftest import letter

from polydesk import Door, NotFound, db, hooks, plugins
from polydesk.channels import service as channels
from polydesk.conversations import replying, signs
from polydesk.inbound import service as inbound
from polydesk.places import service as places
from polydesk.sandbox import service as sandbox
from polydesk.simulator import Persona, Saying, Simulator
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk, sign_in

IDA = Persona(
    key="ida", name="Ida Wolf", language="en", kind="customer", email="ida@post.example", phone="+995555000111"
)


async def put(viewer: Viewer, on: bool) -> None:
    """The viewer's client into the sandbox, or out of it."""
    client = await places.get_client(viewer, viewer.clients[0])
    await places.change_client(viewer, client.id, name=client.name, details=client.own, sandbox=on)


async def test_a_reply_comes_to_lie_in_the_outbox_and_counts_as_sent_once(board: Board) -> None:
    await board.write("bob", "Hi", subject="Parcel")
    await put(board.owner, True)
    conversation = (await board.the_conversation()).conversation.id
    await replying.add_file(board.owner, conversation, "plan.txt", "text/plain", b"A plan")
    item = await replying.reply(board.owner, conversation, "Hello Bob")
    await board.desk.work()
    assert BOARD.pinned == []
    (kept,) = await sandbox.letters(board.owner, board.owner.clients[0])
    assert (kept.recipient, kept.text, kept.conversation) == ("bob", "Hello Bob", conversation)
    assert kept.data["files"] == [{"name": "plan.txt", "type": "text/plain", "bytes": 6}]
    opened = await board.the_conversation()
    entry = next(entry for entry in opened.entries if entry.id == item)
    assert entry.delivery == "sent"
    assert "sandbox" in entry.delivery_reason
    assert opened.conversation.status == "waiting"
    # Out of it, what was kept does not leave late.
    await put(board.owner, False)
    await db.fetch("UPDATE pd_job SET run_at = created_at")
    await board.desk.work()
    assert BOARD.pinned == []
    await replying.reply(board.owner, conversation, "Really")
    await board.desk.work()
    assert [sent.text for sent in BOARD.pinned] == ["Really"]


async def test_signs_and_reactions_stay_inside(chat: Chat) -> None:
    await chat.say("ida", "Hello")
    opened = await chat.the_conversation()
    await put(chat.owner, True)
    asked = next(entry.id for entry in opened.entries if entry.direction == "in")
    await replying.react(chat.owner, opened.conversation.id, asked, "👍")
    await chat.desk.work()
    signs.typing(opened.conversation.id, "Mara")
    await asyncio.gather(*signs._running)
    assert (CHAT.pinned, CHAT.signs) == ([], [])
    assert [kept.data["reaction"] for kept in await sandbox.letters(chat.owner, chat.owner.clients[0])] == ["👍"]
    await put(chat.owner, False)
    signs.typing(opened.conversation.id, "Mara")
    await asyncio.gather(*signs._running)
    assert [sign.kind for sign in CHAT.signs] == ["typing"]


async def test_the_outbox_is_for_the_clients_own_people(board: Board, client: httpx.AsyncClient) -> None:
    await board.write("bob", "Hi", subject="Parcel")
    await put(board.owner, True)
    conversation = (await board.the_conversation()).conversation.id
    await replying.reply(board.owner, conversation, "Hello Bob")
    await board.desk.work()
    ours = board.owner.clients[0]
    await sign_in(client, board.owner.id)
    shown = await client.get(f"/sandbox/{ours}")
    assert "Hello Bob" in shown.text
    for path in ("/inbox", f"/conversations/{conversation}", f"/admin/clients/{ours}"):
        page = await client.get(path, headers={"Accept": "text/html"})
        assert f"/sandbox/{ours}" in page.text, path
    other = await places.new_client(board.owner, name="Rival", details=(await places.get_client(board.owner, ours)).own)
    owner = await staff.viewer_by_id(board.owner.id)
    await people.invite(owner, name="Rita", email="rita@rival.example", client=other, market=None, role="admin")
    rita = await staff.viewer_by_id(
        next(person.id for person in await people.list_people(owner) if person.name == "Rita")
    )
    for attempt in (sandbox.letters(rita, ours), sandbox.empty(rita, ours), places.get_client(rita, ours)):
        with pytest.raises(NotFound):
            await attempt


async def test_the_account_and_the_client_say_that_nothing_is_fetched(
    board: Board, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def listen(_self: object, door: Door) -> None: ...

    await sign_in(client, board.owner.id)
    pages, words = (f"/admin/accounts/{board.account.id}", f"/admin/clients/{board.owner.clients[0]}"), "is fetched"
    await put(board.owner, True)
    assert words not in (await client.get(pages[0])).text, "notices are brought to us"
    monkeypatch.setattr(type(BOARD), "listen", listen)
    for page in pages:
        assert words in (await client.get(page)).text
    await put(board.owner, False)
    for page in pages:
        assert words not in (await client.get(page)).text


def simulated() -> list[str]:
    """Channels with a make-believe service that takes written messages."""
    plugins.load()
    found = [simulator.channel for _plugin, simulator in plugins.collect(hooks.polydesk_simulators)]
    writes = {one.name for _plugin, one in plugins.collect(hooks.polydesk_channels) if one.capabilities.writes}
    return [name for name in found if name in writes]


def test_every_installed_channel_is_tried_here() -> None:
    known = {one.name for _plugin, one in plugins.collect(hooks.polydesk_channels) if one.capabilities.writes}
    tried = {*simulated(), "board", "boardchat"}
    assert known <= tried


@asynccontextmanager
async def _service(desk: LiveDesk, owner: Viewer, name: str) -> AsyncIterator[Simulator]:
    simulator = next(one for _plugin, one in plugins.collect(hooks.polydesk_simulators) if one.channel == name)
    settings = await simulator.start(f"{desk.url}/hooks/{name}")
    try:
        await channels.save_account(
            owner, channel=name, client=owner.clients[0], market=None, name=name, settings=settings
        )
        yield simulator
    finally:
        await simulator.stop()


async def _owner() -> Viewer:
    person = await people.create_owner(name="Mara", email="mara@acme.example", password="long enough", company="Acme")
    return await staff.viewer_by_id(person)


@pytest.mark.parametrize("channel", simulated())
async def test_nothing_reaches_the_service(live_desk: LiveDesk, channel: str) -> None:
    owner = await _owner()
    async with _service(live_desk, owner, channel) as simulator:
        await simulator.say(IDA, Saying(text="Where is my parcel?"))
        rows = await live_desk.until("SELECT id FROM pd_conversation WHERE channel = {}", channel)
        conversation = int(str(rows[0]["id"]))
        await put(owner, True)
        await replying.reply(owner, conversation, "This stays inside")
        await live_desk.until("SELECT id FROM pd_sandbox_letter WHERE text LIKE {}", "This stays inside%")
        signs.typing(conversation, "Mara")
        await put(owner, False)
        await replying.reply(owner, conversation, "This goes out")
        async with asyncio.timeout(20):
            first = await anext(aiter(simulator.heard()))
        # Had anything left before, it would have been first.
        assert first.text.startswith("This goes out")


async def test_no_mail_server_is_so_much_as_greeted(live_desk: LiveDesk) -> None:
    owner = await _owner()
    greeted = asyncio.Event()

    async def listen(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeted.set()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found = channels.find_channel("email")
    assert found is not None
    settings = msgspec.structs.replace(
        found[1].settings(),
        address="help@acme.example",
        imap_host="127.0.0.1",
        imap_port=1,
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security="none",
    )
    async with server:
        account = await channels.save_account(
            owner, channel="email", client=owner.clients[0], market=None, name="Help", settings=settings
        )
        await put(owner, True)
        arrived = letter(1, "bob@mail.example", "Bob Stone", "Parcel", "Where is my parcel?")
        await inbound.accept(await channels.load(account), [arrived])
        rows = await live_desk.until("SELECT id FROM pd_conversation WHERE subject = 'Parcel'")
        conversation = int(str(rows[0]["id"]))
        await replying.reply(owner, conversation, "This stays inside")
        await live_desk.until("SELECT id FROM pd_sandbox_letter WHERE recipient = 'bob@mail.example'")
        assert not greeted.is_set()
        await put(owner, False)
        await replying.reply(owner, conversation, "This goes out")
        async with asyncio.timeout(20):
            await greeted.wait()
