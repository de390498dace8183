"""Which certificates are believed: those the world believes, or one the admin pasted for an own server."""

from __future__ import annotations

import ssl
from functools import lru_cache


class BadCertificate(OSError):
    """What was pasted as a certificate is none."""


@lru_cache(maxsize=32)
def context(trusted_certificate: str = "") -> ssl.SSLContext:
    """A verifying context. A pasted certificate is believed besides the usual ones, self-signed ones included."""
    made = ssl.create_default_context()
    if trusted_certificate.strip():
        try:
            made.load_verify_locations(cadata=trusted_certificate)
        except (ssl.SSLError, ValueError) as error:
            raise BadCertificate(str(error)) from error
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return made
