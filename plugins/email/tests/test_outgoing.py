"""Mail handed to a real Exim, delivered to a real mailbox, and read back from there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from polydesk import OutcomeUnknown, Refused, TryLater
from polydesk.testing.mail_servers import MailServers
from polydesk.types import (
    Account,
    Contact,
    Conversation,
    Handle,
    Nothing,
    Outgoing,
    OutgoingFile,
    StatusUpdate,
)
from polydesk_email.channel import EmailChannel

CHANNEL = EmailChannel()
PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


def outgoing(account: Account, to: str, **changes: Any) -> Outgoing:
    conversation = Conversation(id=1042, client=1, contact=1, subject="Lost parcel", opened_at=datetime.now(UTC))
    values: dict[str, Any] = {
        "idempotency_key": "pd:1",
        "external_id": CHANNEL.message_id(account, 1042, 7),
        "conversation": conversation,
        "contact": Contact(id=1, client=1),
        "item": 7,
        "to": (Handle("email", to, "Nino B."),),
        "text": "We found it.\n",
    }
    return Outgoing(**{**values, **changes})


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
async def test_a_reply_continues_the_thread(
    servers: MailServers, mailbox: Callable[..., Account], security: str, received: Any, readable: Any
) -> None:
    desk, reader = (
        mailbox(
            smtp_security=security, smtp_port=servers.smtps if security == "tls" else servers.smtp, plus_addresses=True
        ),
        mailbox(),
    )
    chain = tuple(f"{'long-id-' * 12}{number}@mail.example.com" for number in range(40))
    result = await CHANNEL.send(outgoing(desk, reader.address, subject="AW: Re: Lost parcel", references=chain), desk)
    assert result.state == "sent"
    (raw,) = await received(servers, reader.address)
    message = readable(raw, structs.replace(reader, client=2))
    assert message.subject == "Re: Lost parcel [#PD-1042]"
    assert message.external_id == CHANNEL.message_id(desk, 1042, 7)
    assert message.references[:2] == (chain[-1], chain[-2]), "In-Reply-To names the last, References goes backwards"
    assert chain[0] in message.references, "the first of a long chain is kept"
    assert message.sender == Handle("email", desk.address, "Support")
    assert message.automatic == "", "an agent's words are a person's mail"
    # The reader answers to where Reply-To points, and a program of theirs lower-cases it:
    assert message.answer_to is not None
    answer = f"From: nino@x.test\r\nTo: {message.answer_to.value.lower()}\r\nSubject: hm\r\n\r\nthanks".encode()
    assert readable(answer, desk).conversation == 1042
    assert readable(answer.replace(b"+t", b"+tb"), desk).conversation is None, "a made-up token proves nothing"


async def test_copies_files_images_and_all_scripts_arrive_whole(
    servers: MailServers, mailbox: Callable[..., Account], received: Any, readable: Any
) -> None:
    desk, reader, copied = mailbox(sender_name="مكتب المساعدة"), mailbox(), mailbox()
    text = "مرحبا بك\nДобрый день\nこんにちは 🙂\n" + "x" * 3000 + "\n.\nfrom a dot on\n"
    await CHANNEL.send(
        outgoing(
            desk,
            reader.address,
            copied=(Handle("email", copied.address, "Датo, Ltd"),),
            subject="الطلب رقم ٤٢ – „Ünïcode“ " + "sehr lang " * 20,
            text=text,
            html='<p dir="rtl">مرحبا</p><img src="cid:logo@pd">',
            files=(
                OutgoingFile(name="logo.png", media_type="image/png", data=PIXEL, content_id="logo@pd"),
                OutgoingFile(name="حساب 42.pdf", media_type="application/pdf", data=bytes(range(256)) * 40),
                OutgoingFile(name="a.eml", media_type="message/rfc822", data=b"From: x\r\n\r\nhello"),
            ),
        ),
        desk,
    )
    for account in (reader, copied):
        (raw,) = await received(servers, account.address)
        assert max(len(line) for line in raw.split(b"\r\n")) <= 998
        assert raw.isascii(), "safe on servers that know only seven bits"
        message = readable(raw, account)
        assert message.sender.name == "مكتب المساعدة"
        assert message.subject.startswith("الطلب رقم ٤٢ – „Ünïcode“ sehr lang")
        assert message.text.strip() == text.strip()
        assert 'src="cid:logo@pd"' in message.html
        assert [(file.name, file.data, file.inline) for file in message.attachments] == [
            ("logo.png", PIXEL, True),
            ("حساب 42.pdf", bytes(range(256)) * 40, False),
            ("a.eml", b"From: x\r\n\r\nhello", False),
        ]
    assert readable((await received(servers, reader.address))[0], reader).copied[0].name == "Датo, Ltd"


async def test_a_real_bounce_names_our_message(
    servers: MailServers, mailbox: Callable[..., Account], received: Any, read: Any, readable: Any
) -> None:
    desk = mailbox()
    sent = outgoing(desk, "nobody-here@polydesk.test")
    await CHANNEL.send(sent, desk)
    (raw,) = await received(servers, desk.address)
    update = read(raw, desk)
    assert isinstance(update, StatusUpdate), update
    assert (update.external_ids, update.state, update.permanent) == ((sent.external_id,), "failed", True)
    assert update.recipient == "nobody-here@polydesk.test"
    assert "550" in update.reason
    # The same report at a desk that never sent the mail is a message for a person to read.
    other = Account(id=2, client=2, channel="email", name="", address=desk.address, settings=desk.settings)
    assert readable(raw, other).automatic == "delivery report"


async def test_our_automatic_mail_is_known_and_causes_no_answer(
    servers: MailServers, mailbox: Callable[..., Account], received: Any, read: Any, readable: Any
) -> None:
    desk, reader = mailbox(), mailbox()
    await CHANNEL.send(outgoing(desk, reader.address, automatic=True), desk)
    (raw,) = await received(servers, reader.address)
    assert b"Return-path: <>" in raw
    assert b"X-Auto-Response-Suppress: All" in raw
    assert readable(raw, reader).automatic == "our own mail came back", "the reader's desk is this installation"
    assert isinstance(read(raw, desk), Nothing), "in our own mailbox it is a copy of what we know"


@pytest.mark.parametrize(
    ("to", "error", "words"),
    [
        ("refused@polydesk.test", Refused, "550 .*takes no mail"),
        ("later@polydesk.test", TryLater, "451 .*try again later"),
        ("no address", Refused, "not an address"),
    ],
)
async def test_refusals_in_the_servers_own_words(
    mailbox: Callable[..., Account], to: str, error: type[Exception], words: str
) -> None:
    desk = mailbox()
    with pytest.raises(error, match=words):
        await CHANNEL.send(outgoing(desk, to), desk)


async def test_a_refused_copy_does_not_stop_the_mail(
    servers: MailServers, mailbox: Callable[..., Account], received: Any
) -> None:
    desk, reader = mailbox(), mailbox()
    copies = (Handle("email", "refused@polydesk.test"),)
    result = await CHANNEL.send(outgoing(desk, reader.address, copied=copies), desk)
    assert "takes no mail" in result.details["refused_copies"]["refused@polydesk.test"]
    await received(servers, reader.address)


@pytest.mark.parametrize(
    "changes", [{"smtp_password": "wrong"}, {"smtp_port": 1}, {"trusted_certificate": ""}, {"trusted_certificate": "x"}]
)
async def test_trouble_at_the_door_is_tried_again(mailbox: Callable[..., Account], changes: dict[str, Any]) -> None:
    desk = mailbox(**changes)
    with pytest.raises(TryLater):
        await CHANNEL.send(outgoing(desk, "nino@polydesk.test"), desk)


async def test_an_international_address_goes_out_in_utf8(
    servers: MailServers, mailbox: Callable[..., Account], received: Any, read: Any
) -> None:
    desk = mailbox()
    await CHANNEL.send(outgoing(desk, "ნინო@polydesk.test"), desk)  # Exim takes it; nobody lives there: it bounces
    (raw,) = await received(servers, desk.address)
    assert isinstance(read(raw, desk), StatusUpdate)


@asynccontextmanager
async def server_that(after_data: str) -> AsyncIterator[int]:
    """An SMTP server that hangs up (or answers `after_data`) once it has the whole mail."""

    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        with suppress(ConnectionError):
            while line := await reader.readline():
                if line.startswith(b"DATA"):
                    writer.write(b"354 go on\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    if not after_data:
                        break
                    writer.write(f"{after_data}\r\n".encode())
                else:
                    writer.write(b"250 ok\r\n")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.wait_for(over.wait(), 10)


@pytest.mark.parametrize(
    ("answer", "error"), [("", OutcomeUnknown), ("554 spam", Refused), ("452 disk full", TryLater), ("250 yes", None)]
)
async def test_endings_after_the_mail_was_handed_over(
    mailbox: Callable[..., Account], answer: str, error: type[Exception] | None
) -> None:
    async with server_that(answer) as port:
        desk = mailbox(smtp_port=port, smtp_security="none", smtp_user="")
        sending: Awaitable[Any] = CHANNEL.send(outgoing(desk, "nino@polydesk.test"), desk)
        if error is None:
            assert (await sending).state == "sent"
            return
        with pytest.raises(error):
            await sending


async def test_the_connection_test_step_by_step(servers: MailServers, mailbox: Callable[..., Account]) -> None:
    good = await CHANNEL.check(mailbox().settings)
    assert [result.ok for result in good] == [True] * 8, good


@pytest.mark.parametrize(
    ("changes", "failed_step", "advice"),
    [
        ({"imap_host": "nowhere.invalid"}, "Find the IMAP server", "no server named"),
        ({"imap_port": 1}, "Connect to it", "nothing listens on port 1"),
        ({"imap_security": "tls", "imap_port": "imap"}, "Connect to it", "does not begin with TLS"),
        ({"imap_password": "nope"}, "Sign in as", "app password"),
        ({"folder": "Nothere"}, "Open the folder Nothere", "said:"),
        ({"smtp_password": "nope"}, "Sign in as", "app password"),
        ({"smtp_security": "tls"}, "Connect to it", "does not begin with TLS"),
        ({"trusted_certificate": ""}, "Connect to it", "certificate of its own"),
        ({"trusted_certificate": "nonsense"}, "Read the pasted certificate", "is none"),
        ({"imap_host": ""}, "Find the IMAP server", "No server is entered"),
        ({"address": "refused@polydesk.test"}, "Be allowed to send", "takes no mail"),
    ],
)
async def test_advice_for_each_mistake(
    servers: MailServers, mailbox: Callable[..., Account], changes: dict[str, Any], failed_step: str, advice: str
) -> None:
    if changes.get("imap_port") == "imap":
        changes = {**changes, "imap_port": servers.imap}
    wrong = [result for result in await CHANNEL.check(mailbox(**changes).settings) if not result.ok]
    assert wrong
    assert str(wrong[0].step).startswith(failed_step)
    assert advice in str(wrong[0].advice)
