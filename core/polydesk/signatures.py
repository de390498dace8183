"""Was this written by someone who knows the secret? For webhooks signed with an HMAC over what they carry."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit, urlunsplit


def is_hmac_sha256(secret: str, body: bytes, given: str, prefix: str = "sha256=") -> bool:
    """Whether `given` (prefix and hexadecimal digits) signs `body`; in constant time, never with an empty secret."""
    expected = prefix + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))


def signers(secrets: Iterable[str], body: bytes, given: str, prefix: str = "sha256=") -> frozenset[str]:
    """Those of `secrets` that signed `body`; each different one is tried once, however many accounts share it."""
    return frozenset(each for each in set(secrets) if is_hmac_sha256(each, body, given, prefix))


def same(expected: str, given: str) -> bool:
    """Two tokens compared in constant time; an empty one equals nothing."""
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))


def form_signature(token: str, url: str, form: Iterable[tuple[str, str]] = ()) -> str:
    """How Twilio and gateways like it sign: the whole public address, then each different name and value, in order."""
    words = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), words.encode(), hashlib.sha1).digest()).decode()


def is_form_signed(token: str, url: str, form: Iterable[tuple[str, str]], body: bytes, given: str) -> bool:
    """Whether `given` signs this call; the port may have been written out or left away, as senders do both.

    An address that carries `bodySHA256` is signed alone, and the body must have that hash.
    """
    hashes = [value for name, value in parse_qsl(urlsplit(url).query) if name == "bodySHA256"]
    if hashes and not same(hashlib.sha256(body).hexdigest(), hashes[0].lower()):
        return False
    pairs = [] if hashes else list(form)
    return bool(token) and any(same(form_signature(token, each, pairs), given) for each in _with_ports(url))


def _with_ports(url: str) -> list[str]:
    parts = urlsplit(url)
    before, _at, host = parts.netloc.rpartition("@")
    bare = host if host.endswith("]") or ":" not in host else host.rpartition(":")[0]
    usual = "443" if parts.scheme == "https" else "80"
    named = [f"{before}@{each}" if before else each for each in (host, bare, f"{bare}:{usual}")]
    return list(dict.fromkeys(urlunsplit(parts._replace(netloc=each)) for each in named))
