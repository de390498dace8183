"""Webhook bodies as Meta writes and signs them; pure, so that a load generator can make them by the thousand."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

HEADER = "x-hub-signature-256"


def escaped(body: Any) -> bytes:
    """JSON in Meta's manner: nothing outside ASCII, and slashes escaped. Reading and rewriting it changes the bytes."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def signature(secret: str, raw: bytes) -> str:
    """What `X-Hub-Signature-256` says of these bytes."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def signed(secret: str, body: Any) -> tuple[bytes, dict[str, str]]:
    """Bytes and headers of one webhook call."""
    raw = escaped(body)
    return raw, {"content-type": "application/json", HEADER: signature(secret, raw)}
