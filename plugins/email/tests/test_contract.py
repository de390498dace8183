"""Email keeps the contract of a channel. Nothing calls it, so nothing is signed; servers are small ones of our own."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import pytest

from polydesk import Unreadable
from polydesk.testing.contract import ChannelContract, Mood, Received, Said, Sample
from polydesk.types import Arrival, Handle, Message
from polydesk_email.settings import MailSettings

PEOPLE = {"nino": "nino@example.org", "dato": "dato@example.org"}


class Smtp:
    """Takes mail, or not."""

    def __init__(self) -> None:
        self.mood: Mood = "well"
        self.taken: list[tuple[str, bytes]] = []
        self.port = 0

    async def open(self) -> None:
        self.server = await asyncio.start_server(self._talk, "127.0.0.1", self.port, limit=64 * 1024 * 1024)
        self.port = self.server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        self.server.close()
        await self.server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await self._say(writer, "220 here")
            to = ""
            while line := (await reader.readline()).decode("utf-8", "replace").strip():
                verb = line.upper()
                if verb.startswith("EHLO"):
                    await self._say(writer, "250-here\r\n250-8BITMIME\r\n250 SMTPUTF8")
                elif verb.startswith("RCPT"):
                    to = line.partition("<")[2].partition(">")[0]
                    refused = {"busy": "450 4.7.1 Slow down", "refuse": "550 5.1.1 No such person here"}
                    await self._say(writer, refused.get(self.mood, "250 ok"))
                elif verb == "DATA":
                    await self._say(writer, "354 go ahead")
                    data = bytearray()
                    while (part := await reader.readline()) not in (b".\r\n", b""):
                        data += part[1:] if part.startswith(b"..") else part
                    self.taken.append((to, bytes(data)))
                    if self.mood == "silent":
                        break
                    await self._say(writer, "250 kept")
                elif verb == "QUIT":
                    await self._say(writer, "221 goodbye")
                    break
                else:
                    await self._say(writer, "250 ok")
        writer.close()

    async def _say(self, writer: asyncio.StreamWriter, line: str) -> None:
        writer.write(line.encode() + b"\r\n")
        await writer.drain()


class TestEmail(ChannelContract):
    plugin = "email"
    refusal = "No such person here"
    wrong = {"smtp_port": "100000", "address": "nobody", "imap_security": "hope"}
    recipients = {"Nino@Example.ORG": "nino@example.org", "nobody": "", "a@b": ""}
    samples = (
        Sample(name="no headers", raw=b"\r\nhello", becomes=(Unreadable,)),
        Sample(
            name="a robot",
            raw=b"From: a@example.org\r\nAuto-Submitted: auto-replied\r\nMessage-ID: <1@x>\r\n\r\nAway",
            becomes=lambda made: isinstance(made, Message) and bool(made.automatic),
        ),
    )

    async def open(self, hook: str) -> MailSettings:
        self.smtp, self.fetched = Smtp(), 0
        await self.smtp.open()
        return MailSettings(
            address="support@polydesk.test",
            imap_host="127.0.0.1",
            imap_user="support",
            imap_password="an IMAP password",
            smtp_host="127.0.0.1",
            smtp_port=self.smtp.port,
            smtp_security="none",
        )

    async def close(self) -> None:
        await self.smtp.close()

    def handle(self, who: str) -> Handle:
        return Handle("email", PEOPLE[who])

    async def comes(self, said: Said) -> Arrival:
        mail = EmailMessage(policy=email.policy.SMTP)
        mail["From"], mail["To"] = PEOPLE[said.who], "support@polydesk.test"
        mail["Message-ID"], mail["Date"] = f"<{said.id}@example.org>", format_datetime(said.at)
        mail["Subject"] = "A question"
        mail.set_content(said.text, cte="base64")
        for file in said.files:
            main, _slash, kind = file.media_type.partition("/")
            mail.add_attachment(file.data, maintype=main, subtype=kind, filename=file.name)
        self.fetched += 1
        return Arrival(external_id=f"INBOX:1:{self.fetched}", raw=mail.as_bytes())

    async def received(self) -> list[Received]:
        return [self._got(to, raw) for to, raw in self.smtp.taken]

    def _got(self, to: str, raw: bytes) -> Received:
        mail: Any = email.message_from_bytes(raw, policy=email.policy.default)
        body = mail.get_body(("plain",))
        files = tuple(part.get_payload(decode=True) for part in mail.iter_attachments())
        return Received(id=mail["Message-ID"], to=to, text=body.get_content() if body else "", files=files)

    async def mood(self, mood: Mood) -> None:
        if mood == "down":
            await self.smtp.close()
        elif self.smtp.mood == "down":
            await self.smtp.open()
        self.smtp.mood = mood

    async def test_settings__the_connection_test_tells_right_from_wrong(self) -> None:  # type: ignore[override]
        pytest.skip("it signs in to IMAP: tested against real servers in test_end_to_end.py")
