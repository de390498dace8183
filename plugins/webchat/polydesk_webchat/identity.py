"""A visitor the site knows: a JSON Web Token (HS256) that its server signed with the account's secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import Any

import msgspec

_LONGEST_SECONDS = 7 * 86400
_LARGEST = 4000
_MOST_FACTS = 20


class Identity(msgspec.Struct, frozen=True):
    """What the site vouches for. `sub` is what it calls this person."""

    sub: str
    email: str = ""
    name: str = ""
    facts: dict[str, str] = {}


class Forged(Exception):
    """Not signed with this secret, or expired."""


def check(token: str, secret: str) -> Identity:
    """Who it is, or `Forged` with the reason for the site's programmers."""
    if not secret:
        raise Forged("this chat has no identity secret")
    if len(token) > _LARGEST:
        raise Forged("the token is too long")
    try:
        head, body, signature = token.split(".")
        given = _decoded(signature)
        algorithm = msgspec.json.decode(_decoded(head)).get("alg")
        claims: dict[str, Any] = msgspec.json.decode(_decoded(body))
    except (ValueError, AttributeError, binascii.Error, msgspec.DecodeError):
        raise Forged("not a JSON Web Token") from None
    if algorithm != "HS256":
        raise Forged("the algorithm must be HS256")
    if not hmac.compare_digest(hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest(), given):
        raise Forged("the signature is not made with this chat's secret")
    expires = claims.get("exp") if isinstance(claims, dict) else None
    if not isinstance(expires, int | float) or isinstance(expires, bool):
        raise Forged("exp is missing")
    if not time.time() < expires <= time.time() + _LONGEST_SECONDS + 300:
        raise Forged("exp has passed, or is more than seven days away")
    if not isinstance(claims.get("sub"), str | int) or not str(claims["sub"]):
        raise Forged("sub is missing")
    facts = claims.get("attributes")
    pairs = list(facts.items())[:_MOST_FACTS] if isinstance(facts, dict) else []
    return Identity(
        sub=str(claims["sub"])[:200],
        email=str(claims.get("email") or "")[:300].strip().lower(),
        name=str(claims.get("name") or "")[:200],
        facts={str(name)[:60]: str(value)[:300] for name, value in pairs if value is not None},
    )


def sign(claims: dict[str, Any], secret: str) -> str:
    """A token as a site's server makes it; for tests, simulators and the try-out page."""
    head = _encoded(b'{"alg":"HS256","typ":"JWT"}')
    body = _encoded(msgspec.json.encode(claims))
    return f"{head}.{body}.{_encoded(hmac.new(secret.encode(), f'{head}.{body}'.encode(), hashlib.sha256).digest())}"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
