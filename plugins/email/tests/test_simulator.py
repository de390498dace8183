"""The make-believe mailbox of `polydesk simulate`, read and answered through our own ways of fetching and sending."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import EmailMessage

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from polydesk import db
from polydesk.channels import service as channels
from polydesk.conversations import replying
from polydesk.conversations.extras import Extras
from polydesk.simulator import Heard, Persona, Saying
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk
from polydesk.testing.mailbox import Mailbox
from polydesk.types import Attached, Choice, Prompt
from polydesk_email.simulator import EmailSimulator

NINO = Persona(
    key="nino", name="ნინო ბერიძე", language="ka", kind="customer", email="nino@people.example", phone="+995555000111"
)


@pytest.fixture
async def simulator() -> AsyncIterator[EmailSimulator]:
    simulator = EmailSimulator()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def owner(live_desk: LiveDesk, simulator: EmailSimulator) -> Viewer:
    person = await people.create_owner(name="Mara", email="mara@acme.example", password="long enough", company="Acme")
    owner = await staff.viewer_by_id(person)
    settings = await simulator.start(f"{live_desk.url}/hooks/email")
    await channels.save_account(
        owner, channel="email", client=owner.clients[0], market=None, name="Post", settings=settings
    )
    return owner


async def _hear(simulator: EmailSimulator) -> Heard:
    async with asyncio.timeout(20):
        return await anext(aiter(simulator.heard()))


async def test_a_persona_and_an_agent_write_to_each_other_in_one_conversation(
    live_desk: LiveDesk, simulator: EmailSimulator, owner: Viewer
) -> None:
    picture = Attached(name="a.png", media_type="image/png", data=b"\x89PNG\r\n\x1a\n")
    await simulator.say(NINO, Saying(text="სად არის ჩემი ამანათი?", files=(picture,)))
    (row,) = await live_desk.until("SELECT id, subject FROM pd_conversation WHERE channel = 'email'")
    assert row["subject"] == "სად არის ჩემი ამანათი?"
    assert await db.fetch("SELECT id FROM pd_attachment WHERE name = 'a.png'")
    await replying.reply(owner, int(str(row["id"])), "It is on its way.")
    assert await _hear(simulator) == Heard(persona="nino", text="It is on its way.")
    await simulator.say(NINO, Saying(text="გმადლობთ"))
    (said,) = await live_desk.until("SELECT conversation, text FROM pd_item WHERE direction = 'in' AND text LIKE 'გმ%'")
    assert said["conversation"] == row["id"]
    assert "It is on its way." in str(said["text"]), "they answer above what they answer"


async def test_who_wrote_before_the_service_was_opened_anew_hears_the_answer_and_goes_on(
    live_desk: LiveDesk, simulator: EmailSimulator, owner: Viewer
) -> None:
    await simulator.say(NINO, Saying(text="Where is my parcel?"))
    (row,) = await live_desk.until("SELECT id, account FROM pd_conversation WHERE channel = 'email'")
    await simulator.stop()
    settings = await simulator.start(f"{live_desk.url}/hooks/email")
    simulator.expect(NINO)
    await channels.save_account(
        owner, channel="email", client=owner.clients[0], market=None, name="Post", settings=settings,
        account=int(str(row["account"])),
    )  # fmt: skip
    await replying.reply(owner, int(str(row["id"])), "It is on its way.")
    assert (await _hear(simulator)).text == "It is on its way."
    await simulator.say(NINO, Saying(text="Thanks"))
    (said,) = await live_desk.until("SELECT conversation FROM pd_item WHERE direction = 'in' AND text LIKE 'Thanks%'")
    assert said["conversation"] == row["id"]


async def test_choices_are_numbers_in_a_mail(live_desk: LiveDesk, simulator: EmailSimulator, owner: Viewer) -> None:
    await simulator.say(NINO, Saying(text="Hello"))
    (row,) = await live_desk.until("SELECT id FROM pd_conversation WHERE channel = 'email'")
    choices = (Choice(value="a", label="A parcel"), Choice(value="b", label="An invoice"))
    extras = Extras(prompt=Prompt(text="What is it about?", choices=choices))
    await replying.reply(owner, int(str(row["id"])), "What is it about?", extras=extras)
    heard = await _hear(simulator)
    assert heard.choices == (Choice(value="1", label="A parcel"), Choice(value="2", label="An invoice"))


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    mailbox = Mailbox("hello@example.org")
    await mailbox.start()
    yield mailbox
    await mailbox.stop()


def _mail(subject: str) -> bytes:
    mail = EmailMessage()
    mail["Subject"] = subject
    mail.set_content("x" * 100)
    return mail.as_bytes()


On = Callable[[Callable[[IMAPClient], object]], Awaitable[object]]


@pytest.fixture
async def on(mailbox: Mailbox) -> AsyncIterator[On]:
    """Do something with a client, in a thread."""
    client = await asyncio.to_thread(lambda: IMAPClient("127.0.0.1", mailbox.imap_port, ssl=False, timeout=20))

    async def do(act: Callable[[IMAPClient], object]) -> object:
        return await asyncio.to_thread(act, client)

    yield do
    await asyncio.to_thread(client.logout)


async def test_the_mailbox_is_one_to_who_knows_the_password(mailbox: Mailbox, on: On) -> None:
    with pytest.raises(LoginError):
        await on(lambda client: client.login(mailbox.address, "wrong"))
    await mailbox.deliver(_mail("first"))
    await on(lambda client: client.login(mailbox.address, mailbox.password))
    await on(lambda client: client.select_folder("INBOX", readonly=True))
    first = mailbox.first
    assert await on(lambda client: client.search(["UID", "1:*"])) == [first]
    assert await on(lambda client: client.search(["UID", f"{first + 1}:*"])) == [first], "n:* has the last mail always"
    part = await on(lambda client: client.fetch([first, first + 1], ["BODY.PEEK[]<3.5>"]))
    assert part[first][b"BODY[]<3>"] == _mail("first")[3:8]  # type: ignore[index]
    await on(lambda client: client.idle())
    waiting = asyncio.ensure_future(on(lambda client: client.idle_check(timeout=20)))
    await mailbox.deliver(_mail("second"))
    assert await waiting == [(2, b"EXISTS")]
    await on(lambda client: client.idle_done())
    assert await on(lambda client: client.search(["UID", f"{first + 1}:*"])) == [first + 1]
