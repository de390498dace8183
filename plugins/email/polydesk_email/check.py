"""The connection test: each step for real, in order, and at the first that fails a word on what to do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import aiosmtplib
from imapclient.exceptions import IMAPClientError

from polydesk import N_, Text
from polydesk.types import CheckResult
from polydesk_email import smtp, tls
from polydesk_email.addresses import is_address, normal
from polydesk_email.explain import explain
from polydesk_email.imap import Mailbox
from polydesk_email.oauth import OAuthError
from polydesk_email.settings import MailSettings

_SECONDS = 30.0
Step = tuple[Text, Callable[[], Awaitable[object]]]


class _Incomplete(Exception):
    def __init__(self, advice: Text) -> None:
        super().__init__(str(advice))
        self.advice = advice


async def run(settings: MailSettings) -> list[CheckResult]:
    """Both directions; a failure in one does not keep the other from being tried."""
    try:
        tls.context(settings.trusted_certificate)
    except tls.BadCertificate as error:
        return [CheckResult(step=Text(N_("Read the pasted certificate")), ok=False, advice=explain(error, "", 0))]
    incoming, outgoing = await asyncio.gather(_incoming(settings), _outgoing(settings))
    return [*incoming, *outgoing]


async def _incoming(settings: MailSettings) -> list[CheckResult]:
    mailbox = Mailbox(settings)
    host = settings.imap_host
    steps: list[Step] = [
        (Text(N_("Find the IMAP server {host}"), {"host": host}), lambda: _resolve(host)),
        (
            Text(N_("Connect to it ({security})"), {"security": settings.imap_security}),
            lambda: _blocking(mailbox.connect),
        ),
        (Text(N_("Sign in as {user}"), {"user": settings.imap_user}), lambda: _blocking(mailbox.sign_in)),
        (Text(N_("Open the folder {folder}"), {"folder": settings.folder}), lambda: _blocking(mailbox.open_folder)),
    ]
    try:
        return await _take(steps, host, settings.imap_port)
    finally:
        await _blocking(mailbox.close)
        await _blocking(mailbox.drop)


async def _outgoing(settings: MailSettings) -> list[CheckResult]:
    server = smtp.client(settings)
    host = settings.smtp_host
    steps: list[Step] = [
        (Text(N_("Find the SMTP server {host}"), {"host": host}), lambda: _resolve(host)),
        (Text(N_("Connect to it ({security})"), {"security": settings.smtp_security}), server.connect),
    ]
    if settings.smtp_user:
        steps.append(
            (
                Text(N_("Sign in as {user}"), {"user": settings.smtp_user}),
                lambda: smtp.sign_in(server, settings),
            )
        )
    address = normal(settings.address)
    steps.append(
        (Text(N_("Be allowed to send as {address}"), {"address": address}), lambda: _may_send(server, address))
    )
    try:
        return await _take(steps, host, settings.smtp_port)
    finally:
        await smtp.hang_up(server)


async def _take(steps: list[Step], host: str, port: int) -> list[CheckResult]:
    results: list[CheckResult] = []
    for step, action in steps:
        try:
            async with asyncio.timeout(_SECONDS):
                await action()
        except (OSError, IMAPClientError, aiosmtplib.SMTPException, _Incomplete, OAuthError, ValueError) as error:
            advice = error.advice if isinstance(error, _Incomplete | OAuthError) else explain(error, host, port)
            technical = f"{type(error).__name__}: {error}"[:500]
            results.append(CheckResult(step=step, ok=False, advice=advice, technical=technical))
            break
        results.append(CheckResult(step=step, ok=True))
    return results


async def _resolve(host: str) -> None:
    if not host:
        raise _Incomplete(Text(N_("No server is entered.")))
    await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)


async def _may_send(server: aiosmtplib.SMTP, address: str) -> None:
    """Announce a mail to ourselves and take it back before anything is sent."""
    if not is_address(address):
        raise _Incomplete(Text(N_("The mail address is missing or incomplete.")))
    await server.mail(address)
    await server.rcpt(address)
    await server.rset()
    await server.quit()


async def _blocking(function: Callable[[], object]) -> None:
    await asyncio.to_thread(function)
