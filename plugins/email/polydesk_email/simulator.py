"""A make-believe mailbox with people who write to it, for `polydesk simulate`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, default
from email.utils import format_datetime, make_msgid

from polydesk import Simulator
from polydesk.simulator import Heard, Persona, Saying
from polydesk.testing.mailbox import Mailbox
from polydesk.types import Choice
from polydesk_email.settings import MailSettings

_ADDRESS = "hello@parcelpost.example"
_NUMBERED = re.compile(r"([1-9]\d?)\. (\S.*)")
_SUBJECT_LETTERS = 60


class _Exchange:
    """What one person and the desk have written to each other: the subject, the ids, and what is quoted next."""

    def __init__(self) -> None:
        self.subject = ""
        self.ids: list[str] = []
        self.answer = ""


class EmailSimulator(Simulator):
    """Everyone writes from an address of their own, and answers below the text of what they answer."""

    channel = "email"

    def __init__(self) -> None:
        self._mailbox = Mailbox(_ADDRESS)
        self._exchanges: dict[str, _Exchange] = {}
        self._personas: dict[str, str] = {}

    async def start(self, hook: str) -> MailSettings:
        """Open the mailbox; nobody calls `hook`, mail is fetched."""
        self._mailbox = Mailbox(_ADDRESS)
        self._exchanges, self._personas = {}, {}
        await self._mailbox.start()
        return MailSettings(
            address=_ADDRESS,
            imap_host="127.0.0.1",
            imap_port=self._mailbox.imap_port,
            imap_security="none",
            imap_user=_ADDRESS,
            imap_password=self._mailbox.password,
            smtp_host="127.0.0.1",
            smtp_port=self._mailbox.smtp_port,
            smtp_security="none",
        )

    async def stop(self) -> None:
        """Close it again."""
        await self._mailbox.stop()

    def expect(self, persona: Persona) -> None:
        """They have an address, whether they used it or not."""
        self._personas[persona.email] = persona.key

    async def say(self, persona: Persona, saying: Saying) -> None:
        """A mail; an answer, once something was written to them."""
        self.expect(persona)
        exchange = self._exchanges.setdefault(persona.key, _Exchange())
        text = saying.choice.value if saying.choice is not None else saying.text
        exchange.subject = exchange.subject or saying.subject or _subject(text)
        mail = EmailMessage()
        mail["From"] = Address(persona.name, addr_spec=persona.email)
        mail["To"] = _ADDRESS
        mail["Subject"] = f"Re: {exchange.subject}" if exchange.ids else exchange.subject
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = make_msgid(domain=persona.email.rpartition("@")[2])
        if exchange.ids:
            mail["In-Reply-To"] = exchange.ids[-1]
            mail["References"] = " ".join(exchange.ids)
        mail.set_content(text + _quoted(exchange.answer), cte="base64")
        for file in saying.files:
            kind, _, sub = file.media_type.partition("/")
            mail.add_attachment(file.data, maintype=kind, subtype=sub, filename=file.name)
        exchange.ids.append(str(mail["Message-ID"]))
        await self._mailbox.deliver(mail.as_bytes(policy=SMTP))

    async def heard(self) -> AsyncIterator[Heard]:
        """What the desk sends, until the service is stopped."""
        while True:
            mail = BytesParser(policy=default).parsebytes(await self._mailbox.outbox.get())
            key = next((self._personas[each] for each in _recipients(mail) if each in self._personas), None)
            body = mail.get_body(("plain",))
            if key is None or body is None:
                continue
            text = str(body.get_content()).replace("\r\n", "\n")
            exchange = self._exchanges.setdefault(key, _Exchange())
            exchange.subject = exchange.subject or str(mail["Subject"] or "").removeprefix("Re: ")
            exchange.ids.append(str(mail["Message-ID"]))
            exchange.answer = _new(text)
            yield Heard(persona=key, text=exchange.answer, choices=_choices(exchange.answer))


def _subject(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else ""
    return first if len(first) <= _SUBJECT_LETTERS else first[:_SUBJECT_LETTERS].rsplit(" ", 1)[0] + " …"


def _recipients(mail: EmailMessage) -> list[str]:
    return [each.addr_spec for each in mail["To"].addresses] if mail["To"] else []


def _new(text: str) -> str:
    """Without the lines that repeat what they wrote themselves."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(">")).strip()


def _quoted(answer: str) -> str:
    if not answer:
        return ""
    lines = "\n".join(f"> {line}".rstrip() for line in answer.splitlines())
    return f"\n\nOn {datetime.now(UTC):%d %B %Y, %H:%M}, <{_ADDRESS}> wrote:\n{lines}\n"


def _choices(text: str) -> tuple[Choice, ...]:
    """What a mail offers: lines numbered from 1, wherever they stand in it."""
    found: list[Choice] = []
    for line in text.splitlines():
        numbered = _NUMBERED.fullmatch(line.strip())
        if numbered is not None and int(numbered[1]) == len(found) + 1:
            found.append(Choice(value=numbered[1], label=numbered[2]))
    return tuple(found) if len(found) > 1 else ()
