"""Hand a mail to the SMTP server, and tell the four endings apart: taken, refused, not now, nobody knows."""

from __future__ import annotations

import asyncio
import contextlib

import aiosmtplib

from polydesk import N_, OutcomeUnknown, Refused, Text, TryLater
from polydesk.types import Account, Outgoing, SendResult
from polydesk_email import oauth, tls
from polydesk_email.addresses import normal
from polydesk_email.compose import compose, recipients
from polydesk_email.explain import explain
from polydesk_email.settings import MailSettings

_COMMAND_SECONDS = 20.0
_DATA_SECONDS = 60.0
"""How long a server may take to accept a mail after its last byte; the core ends an attempt after 90 s in all."""


def client(settings: MailSettings) -> aiosmtplib.SMTP:
    """A client for these settings, not connected yet."""
    return aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        tls_context=tls.context(settings.trusted_certificate) if settings.smtp_security != "none" else None,
        timeout=_COMMAND_SECONDS,
        local_hostname=normal(settings.address).rpartition("@")[2] or None,
    )


async def send(outgoing: Outgoing, account: Account) -> SendResult:
    """Compose and deliver one mail over a connection of its own."""
    settings: MailSettings = account.settings
    to, copied = recipients(outgoing)
    try:
        server = client(settings)
    except tls.BadCertificate as error:
        raise TryLater(explain(error, settings.smtp_host, settings.smtp_port), 300.0) from error
    try:
        await _open(server, settings)
        result = await _deliver(server, outgoing, account, to, copied)
    except BaseException:
        await hang_up(server)
        raise
    # The mail is handed over. Until that is written down, dying would send it a second time: so nothing waits for
    # the server's goodbye.
    goodbye = asyncio.create_task(_part(server))
    _partings.add(goodbye)
    goodbye.add_done_callback(_partings.discard)
    return result


_partings: set[asyncio.Task[None]] = set()


async def _part(server: aiosmtplib.SMTP) -> None:
    try:
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await server.quit(timeout=5)
    finally:
        await hang_up(server)


async def hang_up(server: aiosmtplib.SMTP) -> None:
    """Free the socket now: closing TLS politely would leave it to a server that may never answer."""
    transport = server.transport
    server.close()
    if isinstance(transport, asyncio.Transport):
        transport.abort()
        await asyncio.sleep(0)


async def sign_in(server: aiosmtplib.SMTP, settings: MailSettings) -> None:
    """Give user name and password, or token; nothing when the server asks for none."""
    if not settings.smtp_user:
        return
    if settings.sign_in == "password":
        await server.login(settings.smtp_user, settings.smtp_password)
        return
    token = await asyncio.to_thread(oauth.access_token, settings)
    try:
        await server.auth_xoauth2(settings.smtp_user, token)
    except aiosmtplib.SMTPAuthenticationError:
        oauth.forget(settings)
        raise


async def _open(server: aiosmtplib.SMTP, settings: MailSettings) -> None:
    try:
        await server.connect()
        if server.is_ehlo_or_helo_needed:
            await server.ehlo()
        await sign_in(server, settings)
    except oauth.OAuthError as error:
        raise TryLater(error.advice, 300.0) from error
    except aiosmtplib.SMTPAuthenticationError as error:
        # The password can be corrected by the admin: the mail waits for that instead of failing.
        raise TryLater(
            Text(N_("The mail server did not accept user name and password: {words}"), {"words": error.message}), 300.0
        ) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise TryLater(Text(N_("The mail server could not be reached: {words}"), {"words": words(error)})) from error


async def _deliver(
    server: aiosmtplib.SMTP, outgoing: Outgoing, account: Account, to: list[str], copied: list[str]
) -> SendResult:
    international = not all(address.isascii() for address in (*to, *copied))
    if international and not server.supports_extension("smtputf8"):
        raise Refused(Text(N_("The mail server cannot send to addresses with letters outside ASCII.")))
    data = compose(outgoing, account, international=international)
    limit = server.esmtp_extensions.get("size", "")
    if limit.isdecimal() and 0 < int(limit) < len(data):
        raise Refused(
            Text(N_("The mail is larger than the mail server takes: {words}"), {"words": f"{len(data)} > {limit}"})
        )
    options = [f"SIZE={len(data)}"] if server.supports_extension("size") else []
    if international:
        options.append("SMTPUTF8")
    # Automatic mail goes out without a return address, so that no machine answers it (RFC 3834).
    envelope = "" if outgoing.automatic else normal(account.settings.address)
    refused = await _envelope(server, envelope, options, to, copied, "utf-8" if international else "ascii")
    try:
        answer = await server.data(data, timeout=_DATA_SECONDS)
    except aiosmtplib.SMTPResponseException as error:
        raise _by_code(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise OutcomeUnknown(
            Text(
                N_("The line to the mail server broke while the mail was being handed over: {words}"),
                {"words": words(error)},
            )
        ) from error
    details: dict[str, object] = {"server": answer.message[:500]}
    if refused:
        details["refused_copies"] = refused
    return SendResult(details=details)


async def _envelope(
    server: aiosmtplib.SMTP, sender: str, options: list[str], to: list[str], copied: list[str], encoding: str
) -> dict[str, str]:
    """Announce sender and recipients. One main recipient that is refused stops the mail; a refused copy is noted."""
    refused: dict[str, str] = {}
    try:
        await server.mail(sender, options=options, encoding=encoding)
        for recipient in to:
            await server.rcpt(recipient, encoding=encoding)
        for recipient in copied:
            try:
                await server.rcpt(recipient, encoding=encoding)
            except aiosmtplib.SMTPRecipientRefused as error:
                refused[recipient] = f"{error.code} {error.message}"[:300]
    except aiosmtplib.SMTPRecipientRefused as error:
        raise _by_code(error.code, f"{error.recipient}: {error.message}") from error
    except aiosmtplib.SMTPResponseException as error:
        raise _by_code(error.code, error.message) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise TryLater(Text(N_("The line to the mail server broke: {words}"), {"words": words(error)})) from error
    return refused


def _by_code(code: int, message: str) -> Refused | TryLater:
    said = f"{code} {' '.join(message.split())}"[:1000]
    return Refused(said) if 500 <= code < 600 else TryLater(said)


def words(error: BaseException) -> str:
    """An error as one line."""
    return " ".join(str(error).split())[:500] or type(error).__name__
