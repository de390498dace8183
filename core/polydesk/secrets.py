"""What must stay unread at rest (encrypted) and what must not be forged on its way back (signed)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from polydesk.errors import PolydeskError

PREFIX = "enc:"
_keys: list[bytes] = []
_box: MultiFernet | None = None
_reread: Callable[[], list[str]] | None = None


def open(keys: list[str], reread: Callable[[], list[str]] | None = None) -> None:
    """Use these keys: the first encrypts and signs, all decrypt and verify, so that keys can be rotated.

    `reread` is asked for them again when something cannot be opened: another process may have made a new one.
    """
    global _box, _keys, _reread  # noqa: PLW0603 - one key ring per process
    _reread = reread
    _keys = [hashlib.sha256(key.encode()).digest() for key in keys]
    _box = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in _keys])


def _ring() -> MultiFernet:
    if _box is None:
        raise RuntimeError("secrets are not open: see polydesk.desk.open")
    return _box


def encrypt(text: str) -> str:
    """Seal text for storage."""
    return PREFIX + _ring().encrypt(text.encode()).decode() if text else ""


def decrypt(sealed: str) -> str:
    """Open what `encrypt` sealed; text that was never sealed comes back as it is."""
    if not sealed.startswith(PREFIX):
        return sealed
    for again in (False, True):
        if again and not read_again():
            break
        try:
            return _ring().decrypt(sealed[len(PREFIX) :].encode()).decode()
        except InvalidToken:
            continue
    raise PolydeskError("A stored secret cannot be decrypted: POLYDESK_SECRET_KEY is not the key it was stored with.")


def read_again() -> bool:
    """Take up the keys as they are now; whether they are others than before."""
    before = list(_keys)
    if _reread is not None:
        open(_reread(), _reread)
    return _keys != before


def is_newest(sealed: str) -> bool:
    """Was this sealed with the newest key?"""
    _ring()
    try:
        Fernet(base64.urlsafe_b64encode(_keys[0])).decrypt(sealed.removeprefix(PREFIX).encode())
    except InvalidToken:
        return False
    return True


def sign(purpose: str, data: str, length: int = 16) -> str:
    """A signature of `data` for one purpose: `length` lower-case base32 characters (5 bits each)."""
    _ring()
    return _signature(_keys[0], purpose, data, length)


def verify(purpose: str, data: str, signature: str) -> bool:
    """Was this signed here, for this purpose, with a key we still hold? Upper and lower case are equal."""
    _ring()
    given = signature.lower()
    return any(hmac.compare_digest(_signature(key, purpose, data, len(given)), given) for key in _keys)


def _signature(key: bytes, purpose: str, data: str, length: int) -> str:
    digest = hmac.new(key, f"{purpose}\0{data}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower().rstrip("=")[:length]
