"""What a connection's error means for the person who filled in the form, and what to try."""

from __future__ import annotations

import socket
import ssl

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectTimeoutError,
    SMTPException,
    SMTPResponseException,
    SMTPTimeoutError,
)
from imapclient.exceptions import IMAPClientError, LoginError

from polydesk import N_, Text
from polydesk_email.tls import BadCertificate

Values = dict[str, str | int]


def explain(error: BaseException, host: str, port: int) -> Text:
    """A sentence or two for an admin."""
    if isinstance(error, BadCertificate):
        return Text(N_("What was pasted as a certificate is none. It begins with -----BEGIN CERTIFICATE-----."))
    cause = _root(error)
    values: Values = {"host": host, "port": port}
    if isinstance(cause, socket.gaierror):
        return Text(N_("There is no server named {host}. Check the spelling."), values)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _certificate(cause, values)
    if isinstance(cause, ssl.SSLError):
        return Text(
            N_("{host} does not begin with TLS on port {port}. Choose STARTTLS, or the port that goes with TLS."),
            values,
        )
    if isinstance(cause, ConnectionRefusedError):
        return Text(N_("{host} answers, but nothing listens on port {port}. Check the port."), values)
    if isinstance(cause, TimeoutError | SMTPConnectTimeoutError | SMTPTimeoutError):
        return Text(
            N_("{host} did not answer on port {port} in time. Check host, port and encryption, or a firewall between."),
            values,
        )
    if isinstance(error, LoginError | SMTPAuthenticationError):
        return Text(
            N_("{host} did not accept user name and password. Some providers need an app password here."), values
        )
    words = _words(error)
    if "starttls" in words.lower():
        return Text(N_("{host} does not offer STARTTLS on port {port}. Choose TLS, or another port."), values)
    return Text(N_("{host} said: {words}"), {**values, "words": words})


def _certificate(error: ssl.SSLCertVerificationError, values: Values) -> Text:
    if error.verify_code in (18, 19):
        return Text(
            N_(
                "{host} shows a certificate of its own that nobody vouches for. If this is your server, paste it below."
            ),
            values,
        )
    if error.verify_code == 10:
        return Text(N_("The certificate of {host} has expired. It must be renewed on the server."), values)
    if error.verify_code in (62, 64):
        return Text(N_("The certificate is not for the name {host}. Enter the name the provider gives."), values)
    return Text(
        N_("The certificate of {host} cannot be verified: {words}"), {**values, "words": error.verify_message or "?"}
    )


def _root(error: BaseException) -> BaseException:
    """The innermost cause that says something: libraries wrap sockets' errors."""
    seen = error
    while (inner := seen.__cause__ or seen.__context__) is not None and isinstance(inner, OSError):
        seen = inner
    return seen


def _words(error: BaseException) -> str:
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}"[:300]
    if isinstance(error, SMTPException | IMAPClientError | OSError):
        text = str(error)
        return " ".join(text.removeprefix("b'").removesuffix("'").split())[:300] or type(error).__name__
    return f"{type(error).__name__}: {error}"[:300]
