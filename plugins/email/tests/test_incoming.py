"""Mail really sent, delivered by Exim to Dovecot, and fetched by the listener."""

from __future__ import annotations

import asyncio
import smtplib
import time
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from imapclient import IMAPClient

from polydesk import PolydeskError
from polydesk.testing.mail_servers import PASSWORD, MailServers
from polydesk.types import Account, Message
from polydesk_email.channel import EmailChannel
from polydesk_email.imap import Mailbox
from polydesk_email.parse import parse

Mailboxes = Callable[..., Account]


def inbox(servers: MailServers, account: Account) -> IMAPClient:
    client = IMAPClient("127.0.0.1", servers.imap, ssl=False)
    client.login(account.address, PASSWORD)
    return client


async def test_idle_tells_of_a_mail_within_two_seconds(mailbox: Mailboxes, listening: Any, send: Any) -> None:
    account = mailbox()
    async with listening(account) as door:
        await send(
            "nino@polydesk.test", account.address, "--h-Subject", "Where is it?", "--body", "Order 42 is missing."
        )
        sent = time.monotonic()
        await door.until(lambda it: len(it.arrivals) == 1, 2.0)
        assert time.monotonic() - sent < 2.0
    (message,) = door.messages()
    assert (message.sender.value, message.subject) == ("nino@polydesk.test", "Where is it?")
    assert message.text.strip() == "Order 42 is missing."


@pytest.mark.parametrize("security", ["none", "starttls"])
async def test_polling_without_idle(
    servers: MailServers, mailbox: Mailboxes, listening: Any, send: Any, security: str
) -> None:
    account = mailbox(idle=False, poll_seconds=1, imap_security=security, imap_port=servers.imap)
    async with listening(account) as door:
        await send("nino@polydesk.test", account.address)
        await door.until(lambda it: len(it.arrivals) == 1, 5.0)


async def test_what_came_before_is_taken_once(
    servers: MailServers, mailbox: Mailboxes, listening: Any, put: Any
) -> None:
    account = mailbox()
    put(servers, account, *(f"From: a{n}@x.test\r\nMessage-ID: <{n}@x>\r\n\r\nhello {n}".encode() for n in range(45)))
    async with listening(account) as door:
        assert len(door.arrivals) == 45
    taken = set(door.arrivals)
    door.arrivals.clear()
    async with listening(account, door):
        assert door.arrivals == {}, "the cursor was kept: nothing is fetched again"
    assert len(taken) == 45


async def test_only_new_mail_when_asked_for(
    servers: MailServers, mailbox: Mailboxes, listening: Any, send: Any, put: Any
) -> None:
    account = mailbox(start_with="new")
    put(servers, account, b"From: old@x.test\r\n\r\nold")
    async with listening(account) as door:
        await send("new@x.test", account.address)
        await door.until(lambda it: bool(it.arrivals))
    assert [message.sender.value for message in door.messages()] == ["new@x.test"]


async def test_new_numbers_read_everything_again_and_count_once(
    servers: MailServers, mailbox: Mailboxes, listening: Any, put: Any
) -> None:
    account = mailbox()
    put(servers, account, b"From: a@x.test\r\nMessage-ID: <one@x>\r\n\r\nhello", b"From: b@x.test\r\n\r\nno id")
    async with listening(account) as door:
        before = {message.fingerprint for message in door.messages()}
        first = dict(door.saved)
    await asyncio.to_thread(servers.renumber, account.address.partition("@")[0])
    async with listening(account, door):
        assert door.saved["uidvalidity"] != first["uidvalidity"]
        assert len(door.arrivals) == 4, "offered again under new numbers"
    assert {message.fingerprint for message in door.messages()} == before, "so that the core counts each once"


async def test_a_restarted_server_is_read_on(
    servers: MailServers, mailbox: Mailboxes, listening: Any, send: Any, door_for: Any
) -> None:
    account = mailbox()
    door = door_for(account)
    task = asyncio.create_task(EmailChannel().listen(door))
    await door.until(lambda it: it.health > 0)
    await asyncio.to_thread(servers.stop_one, "dovecot")
    await send("nino@polydesk.test", account.address)  # Exim keeps it meanwhile
    with pytest.raises(PolydeskError):
        await asyncio.wait_for(task, 20)
    await asyncio.to_thread(servers.start_dovecot)
    async with listening(account, door):
        await door.until(lambda it: len(it.arrivals) == 1, 15.0)


async def test_marking_and_moving_after_storing(
    servers: MailServers, mailbox: Mailboxes, listening: Any, put: Any
) -> None:
    seen, moved, left = mailbox(after_fetch="seen"), mailbox(after_fetch="move", move_to="Done"), mailbox()
    for account in (seen, moved, left):
        put(servers, account, b"From: a@x.test\r\n\r\nhello")
        async with listening(account) as door:
            assert len(door.arrivals) == 1
    with inbox(servers, seen) as client:
        client.select_folder("INBOX")
        assert client.search("SEEN") == [1]
    with inbox(servers, moved) as client:
        assert client.select_folder("INBOX")[b"EXISTS"] == 0
        assert client.select_folder("Done")[b"EXISTS"] == 1
    with inbox(servers, left) as client:
        client.select_folder("INBOX")
        assert client.search("UNSEEN") == [1]


async def test_fifty_megabytes_and_more(servers: MailServers, mailbox: Mailboxes, listening: Any, put: Any) -> None:
    account = mailbox(max_megabytes=50)
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "big@x.test", "Scans"
    mail.set_content("See the files.")
    mail.add_attachment(b"\x07" * 35_000_000, "application", "octet-stream", filename="scan.bin")
    whole = mail.as_bytes()
    assert 47_000_000 < len(whole) < 50_000_000
    mail.add_attachment(b"\x08" * 3_000_000, "application", "octet-stream", filename="more.bin")
    put(servers, account, whole, mail.as_bytes(), b"From: small@x.test\r\n\r\nafter it")
    async with listening(account) as door:
        await door.until(lambda it: len(it.arrivals) == 3, 60.0)
    first, second, third = door.messages()
    assert [(file.name, len(file.data)) for file in first.attachments] == [("scan.bin", 35_000_000)]
    assert (second.text.strip(), second.attachments) == ("See the files.", ())
    assert "too much to fetch" in str(second.notices[0])
    assert third.text == "after it"


async def test_odd_mail_does_not_stop_the_queue(
    servers: MailServers, mailbox: Mailboxes, listening: Any, put: Any
) -> None:
    account = mailbox()
    odd = [
        b"From: \xc4\xe0\xea\xee <a@x.test>\r\nSubject: \xcf\xf0\xe8\xe2\xe5\xf2\r\n\r\n\xff\xfe\xfd",
        b"From: b@x.test\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xe1\xe2",
        b"From: " + b"x" * 400 + b" <c@x.test>\r\n\r\nlong name",
        b"From: d@x.test\r\nContent-Type: multipart/mixed\r\n\r\n--x\r\nno boundary",
        b"Subject: nobody\r\n\r\nfrom nobody",
    ]
    put(servers, account, *odd, b"From: last@x.test\r\n\r\nfine")
    async with listening(account) as door:
        await door.until(lambda it: len(it.arrivals) == 6)
    made: list[str] = []
    for arrival in door.arrivals.values():
        try:
            parsed = parse(arrival, account)
            made.append(parsed.sender.value if isinstance(parsed, Message) else repr(parsed))
        except PolydeskError as error:
            made.append(str(error))
    assert made[:4] == ["a@x.test", "b@x.test", "c@x.test", "d@x.test"]
    assert "names no sender" in made[4]
    assert made[5] == "last@x.test"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"imap_password": "nope"}, "did not accept user name and password"),
        ({"imap_host": "no-such-host.invalid"}, "no server named no-such-host.invalid"),
        ({"imap_port": 1}, "nothing listens on port 1"),
        ({"trusted_certificate": ""}, "a certificate of its own"),
        ({"trusted_certificate": "nonsense"}, "pasted as a certificate is none"),
    ],
)
async def test_trouble_in_plain_words(mailbox: Mailboxes, listening: Any, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(PolydeskError, match=words):
        async with listening(mailbox(**wrong)):
            pass


async def test_a_forged_header_and_a_true_one(servers: MailServers, mailbox: Mailboxes, listening: Any) -> None:
    account = mailbox()
    with smtplib.SMTP("127.0.0.1", servers.smtp) as client:
        client.sendmail(
            "liar@x.test",
            [account.address],
            b"From: <ceo@bank.test>\r\nSubject: =?utf-8?b?4YOS4YOQ4YOb4YOQ4YOg4YOv4YOd4YOR4YOQ?=\r\n\r\n"
            + "გამარჯობა".encode(),
        )
    async with listening(account) as door:
        await door.until(lambda it: bool(it.arrivals))
    (message,) = door.messages()
    assert (message.subject, message.text.strip()) == ("გამარჯობა", "გამარჯობა")
    assert message.details["authentication"] == {}


@pytest.mark.parametrize("security", ["none", "tls"])
@pytest.mark.parametrize("meanwhile", ["nothing", "a store"])
async def test_mail_that_comes_before_waiting_is_not_waited_for(
    servers: MailServers, mailbox: Mailboxes, put: Any, security: str, meanwhile: str
) -> None:
    """Many servers tell of it once, in the answer to whatever runs just then."""
    port = servers.imaps if security == "tls" else servers.imap
    account = mailbox(after_fetch="seen", imap_security=security, imap_port=port)
    put(servers, account, b"From: a@x.test\r\n\r\nfirst")
    line = Mailbox(account.settings)
    await asyncio.to_thread(line.open)
    try:
        (first,) = await asyncio.to_thread(line.uids_after, 0)
        put(servers, account, b"From: a@x.test\r\n\r\nsecond")
        if meanwhile == "a store":
            await asyncio.to_thread(line.settle, [first])
        async with asyncio.timeout(10):
            await asyncio.to_thread(line.wait, 60.0)
        assert len(await asyncio.to_thread(line.uids_after, first)) == 1
    finally:
        line.abort()
        line.drop()
