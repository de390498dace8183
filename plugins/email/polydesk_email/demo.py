"""Mail for the demo: each letter as a MIME message, as a mailbox would hand it over."""

from __future__ import annotations

from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from zlib import crc32

from polydesk import demo
from polydesk.types import Arrival
from polydesk_email.settings import MailSettings


class Letters:
    """The demo's letterbox for mail."""

    channel = "email"

    def settings(self, office: demo.Office) -> MailSettings:
        """A mailbox that only sends: what comes in is put through the door by the demo itself."""
        return MailSettings(
            address=office.address,
            sender_name=office.firm,
            smtp_host="127.0.0.1",
            smtp_port=office.port,
            smtp_security="none",
        )

    def arrival(self, letter: demo.Letter) -> Arrival:
        """The letter as raw bytes."""
        name = f"{letter.office.code}.{crc32(letter.story.subject.encode())}.{letter.number}"
        mail = EmailMessage()
        sender = letter.story.sender
        mail["From"] = Address(sender.name, addr_spec=sender.value)
        mail["To"] = Address(letter.office.firm, addr_spec=letter.office.address)
        mail["Subject"] = f"Re: {letter.story.subject}" if letter.answers else letter.story.subject
        mail["Date"] = format_datetime(letter.sent_at)
        mail["Message-ID"] = f"<{name}@mail.example>"
        if letter.answers:
            mail["In-Reply-To"] = letter.answers[-1]
            mail["References"] = " ".join(letter.answers)
        mail.set_content(letter.text)
        for file in letter.files:
            kind, _, sub = file.media_type.partition("/")
            mail.add_attachment(file.data, maintype=kind, subtype=sub, filename=file.name)
        return Arrival(external_id=f"demo:{name}", raw=mail.as_bytes(policy=SMTP))


async def load(say: Callable[[str], None]) -> None:
    """Play the demo's stories by mail."""
    await demo.perform(Letters(), say)
