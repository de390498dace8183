"""A request of the desk's as the make-believe Bot API reads it: JSON, or a form with a file."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterable
from typing import Any

import msgspec

from polydesk.testing.http_service import Asked


def read(asked: Asked) -> tuple[dict[str, Any], bytes]:
    """Parameters, from JSON or from a form with a file."""
    kind = asked.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        found = msgspec.json.decode(asked.body) if asked.body else {}
        return (found if isinstance(found, dict) else {}), b""
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    given: dict[str, Any] = {}
    file = b""
    parts: Iterable[Any] = email.message_from_bytes(head + asked.body, policy=email.policy.HTTP).iter_parts()
    for part in parts:
        data = part.get_payload(decode=True)
        if part.get_filename():
            file = data
            continue
        words = data.decode()
        name = part.get_param("name", header="content-disposition")
        given[name] = msgspec.json.decode(words) if words[:1] in "{[" or words.lstrip("-").isdigit() else words
    return given, file
