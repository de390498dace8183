"""A mail as it goes out. The same message gives the same Message-ID on every attempt, so a repeat is recognisable."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from polydesk import N_, Refused, Text
from polydesk.types import Account, Handle, Outgoing, OutgoingFile
from polydesk_email.addresses import is_address, normal
from polydesk_email.headers import collapse
from polydesk_email.settings import MailSettings
from polydesk_email.threading import MADE_UP, mark, reply_address, reply_subject

_KEPT_REFERENCES = 20
_MAX_ID = 900
"""A header line may have 998 octets."""
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")


def compose(outgoing: Outgoing, account: Account, *, international: bool = False) -> bytes:
    """The whole mail. `international` writes UTF-8 addresses (RFC 6532), for servers that offer it."""
    settings: MailSettings = account.settings
    mail = EmailMessage(policy=SMTPUTF8 if international else SMTP.clone(cte_type="7bit"))
    try:
        _address_fields(mail, outgoing, account, settings)
    except (ValueError, HeaderParseError, MessageError, IndexError) as error:
        raise Refused(Text(N_("The address cannot be written into a mail: {words}"), {"words": str(error)})) from error
    subject = collapse(outgoing.subject or outgoing.conversation.subject)
    if outgoing.references:
        subject = reply_subject(subject)
    mail["Subject"] = mark(subject, outgoing.conversation.id) if settings.mark_subject else subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    if outgoing.automatic:
        mail["Auto-Submitted"] = "auto-replied" if outgoing.references else "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
    if outgoing.language:
        mail["Content-Language"] = collapse(outgoing.language)
    _body(mail, outgoing)
    return _id_lines(outgoing) + mail.as_bytes()


def recipients(outgoing: Outgoing) -> tuple[list[str], list[str]]:
    """Envelope recipients: those it is for, and those who get a copy."""
    to = list(dict.fromkeys(wire(handle.value) for handle in outgoing.to))
    copied = [wire(handle.value) for handle in outgoing.copied]
    return to, [one for one in dict.fromkeys(copied) if one not in to]


def wire(address: str) -> str:
    """An address as it travels: the domain in its ASCII form (IDNA)."""
    value = normal(address)
    if not is_address(value):
        raise Refused(Text(N_("This is not an address that mail can be sent to: {words}"), {"words": value}))
    local, _, domain = value.rpartition("@")
    if domain.isascii():
        return value
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as error:
        raise Refused(Text(N_("This is not an address that mail can be sent to: {words}"), {"words": value})) from error


def _address_fields(mail: EmailMessage, outgoing: Outgoing, account: Account, settings: MailSettings) -> None:
    own = normal(settings.address)
    sender = outgoing.sender or settings.sender_name
    names = [name for name in (outgoing.author, sender) if name]
    mail["From"] = _mailbox(Handle("email", own, ", ".join(names)))
    mail["To"] = [_mailbox(handle) for handle in outgoing.to]
    if outgoing.copied:
        mail["Cc"] = [_mailbox(handle) for handle in outgoing.copied]
    if settings.plus_addresses or settings.reply_domain:
        answer = reply_address(own, account.client, outgoing.conversation.id, settings.reply_domain)
        mail["Reply-To"] = _mailbox(Handle("email", answer, sender))


def _mailbox(handle: Handle) -> Address:
    address = wire(handle.value)
    local, _, domain = address.rpartition("@")
    return Address(display_name=collapse(handle.name), username=local, domain=domain)


def _id_lines(outgoing: Outgoing) -> bytes:
    """Fields that hold ids, folded between ids only: the standard library breaks long ids into encoded words."""
    # A mail that came without an id was given one here, which nobody outside knows.
    chain = list(dict.fromkeys(_id(one) for one in outgoing.references if not one.endswith(MADE_UP)))
    if len(chain) > _KEPT_REFERENCES + 1:
        chain = chain[:1] + chain[-_KEPT_REFERENCES:]
    own = _id(outgoing.external_id)
    lines = [f"Message-ID: {own}", f"X-Polydesk-Id: {own[1:-1]}"]
    if chain:
        lines += [f"In-Reply-To: {chain[-1]}", "References: " + "\r\n ".join(chain)]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _id(external_id: str) -> str:
    plain = re.sub(r"[^!-~]|[<>]", "", external_id)
    return f"<{plain[:_MAX_ID]}>"


def _body(mail: EmailMessage, outgoing: Outgoing) -> None:
    """text, or text and HTML; images shown inside the HTML stand beside it, files after everything."""
    mail.set_content(outgoing.text or " ")
    inline = [file for file in outgoing.files if file.content_id and f"cid:{file.content_id}" in outgoing.html]
    if outgoing.html:
        mail.add_alternative(outgoing.html, subtype="html")
        rich = list(mail.iter_parts())[-1]
        assert isinstance(rich, EmailMessage)
        for file in inline:
            main, sub = _media_type(file)
            name = collapse(file.name) or "image"
            rich.add_related(file.data, main, sub, cid=f"<{file.content_id}>", filename=name, disposition="inline")
    for file in outgoing.files:
        if file not in inline:
            main, sub = _media_type(file)
            mail.add_attachment(file.data, main, sub, filename=collapse(file.name) or "file")


def _media_type(file: OutgoingFile) -> tuple[str, str]:
    if not _MEDIA_TYPE.fullmatch(file.media_type) or file.media_type.startswith(("message/", "multipart/")):
        return "application", "octet-stream"
    main, _, sub = file.media_type.partition("/")
    return main, sub
