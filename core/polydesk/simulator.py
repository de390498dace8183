"""A make-believe service with people on it, so that a desk can be seen alive without any account."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any

from msgspec import Struct

from polydesk.types import Attached, Choice, Piece


class Persona(Struct, frozen=True, kw_only=True):
    """Somebody who does not exist. `phone` is E.164; `key` is unique and safe in addresses."""

    key: str
    name: str
    language: str
    kind: str
    email: str
    phone: str


class Saying(Struct, frozen=True, kw_only=True):
    """What a persona sends: words, perhaps a file or a place, or the choice picked from what was asked."""

    text: str = ""
    subject: str = ""
    files: tuple[Attached, ...] = ()
    pieces: tuple[Piece, ...] = ()
    choice: Choice | None = None


class Heard(Struct, frozen=True, kw_only=True):
    """What reached a persona from the desk."""

    persona: str
    text: str
    choices: tuple[Choice, ...] = ()


class Simulator(ABC):
    """One service on a port of this machine. Started and stopped inside the desk's own process."""

    channel: str

    @abstractmethod
    async def start(self, hook: str) -> Any:
        """Open the service; `hook` is where the desk takes this channel's webhooks. Answer the account's settings.

        The account's address is the same every time, so that the account can be kept; ports and tokens may change.
        """

    @abstractmethod
    async def stop(self) -> None:
        """Close it again; it may have been opened in part only."""

    def expect(self, persona: Persona) -> None:  # noqa: B027 not every service remembers people
        """Somebody may have written before the service was opened this time: they hear what is answered to them."""

    @abstractmethod
    async def say(self, persona: Persona, saying: Saying) -> None:
        """Have a persona send something to the desk, as the service would deliver it."""

    @abstractmethod
    def heard(self) -> AsyncIterator[Heard]:
        """What the desk sends, as it arrives, until the service is stopped."""
