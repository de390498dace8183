"""Passwords, hashed with argon2id away from the event loop."""

from __future__ import annotations

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from polydesk.errors import Invalid
from polydesk.i18n import _

SHORTEST = 10
_hasher = PasswordHasher()


def hash_with(hasher: PasswordHasher) -> None:
    """Hash with other parameters from now on: for tests, which make people by the thousand."""
    global _hasher  # noqa: PLW0603 - one per process
    _hasher = hasher
    _nobody.cache_clear()


async def hashed(password: str) -> str:
    """The hash to store; `Invalid` when the password is too short."""
    if len(password) < SHORTEST:
        raise Invalid({"password": _("Use at least %(count)s characters.") % {"count": SHORTEST}})
    return await asyncio.to_thread(_hasher.hash, password)


async def matches(password: str, stored: str) -> bool:
    """Is this the password? Takes as long when there is no stored hash, so that no one learns who exists."""
    return await asyncio.to_thread(_matches, password, stored)


def _matches(password: str, stored: str) -> bool:
    nobody = _nobody()  # made at the first question, whoever that is about
    try:
        return _hasher.verify(stored or nobody, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
