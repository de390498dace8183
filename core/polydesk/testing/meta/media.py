"""Files on Meta's side: uploaded, looked up, and fetched at an address that expires and wants the token."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from multipart import MultipartParser, parse_options_header  # type: ignore[import-untyped]

LIFE_SECONDS = 300.0


@dataclass
class Media:
    """One file; `told_sha256` is what the service claims, which a test may make wrong."""

    id: str
    data: bytes
    mime_type: str
    name: str = ""
    told_sha256: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class Shelf:
    """Every file, and the addresses given out."""

    chance: random.Random
    clock: Callable[[], float]
    files: dict[str, Media] = field(default_factory=dict)
    addresses: dict[str, tuple[str, float]] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    def put(self, data: bytes, mime_type: str, name: str = "") -> Media:
        """Keep a file."""
        media = Media(str(self.chance.randrange(10**15, 10**16)), data, mime_type, name)
        self.files[media.id] = media
        return media

    def incoming(self, media: Media, **more: Any) -> dict[str, Any]:
        """The object a message holds about a file."""
        digest = media.told_sha256 or base64.b64encode(bytes.fromhex(media.digest)).decode()
        return {"id": media.id, "mime_type": media.mime_type, "sha256": digest, **more}

    def address_of(self, media: Media, origin: str, *, open: bool = False) -> str:
        """A new address, good for five minutes; an `open` one needs no token."""
        key = f"{'open-' if open else ''}{self.chance.randrange(10**15, 10**16)}"
        self.addresses[key] = (media.id, self.clock() + LIFE_SECONDS)
        return f"{origin}/cdn/{key}"

    def described(self, media: Media, origin: str) -> dict[str, Any]:
        """What a look-up answers."""
        return {
            "messaging_product": "whatsapp",
            "url": self.address_of(media, origin),
            "mime_type": media.mime_type,
            "sha256": media.told_sha256 or media.digest,
            "file_size": str(len(media.data)),
            "id": media.id,
        }

    def at(self, key: str) -> Media | None:
        """The file at an address, while that is good."""
        found, until = self.addresses.get(key, ("", 0.0))
        return self.files.get(found) if self.clock() < until else None


def uploaded(content_type: str, body: bytes) -> dict[str, tuple[str, str, bytes]]:
    """The parts of a form by name: file name, media type, bytes."""
    _kind, options = parse_options_header(content_type)
    parts = MultipartParser(BytesIO(body), options.get("boundary", ""))
    return {part.name: (part.filename or "", part.content_type or "", part.raw) for part in parts}
