"""What the contract and a channel's author tell each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import Struct, field

from polydesk.types import Arrival, Attached, Choice

Mood = Literal["well", "busy", "refuse", "silent", "down"]
"""How the service answers from now on: takes messages; says "too many"; refuses for good; takes a message and never
answers; is out of order."""


class Said(Struct, frozen=True, kw_only=True):
    """A contact says something. The same `id` is the same message again; `who` is "nino" or "dato"."""

    id: str
    who: str = "nino"
    text: str = ""
    files: tuple[Attached, ...] = ()
    choice: Choice | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Knock(Struct, frozen=True, kw_only=True):
    """A request from outside. `path` is below the channel's hook; one that begins with "/" is a path of the desk."""

    body: bytes = b""
    headers: dict[str, str] = {}
    path: str = ""
    query: str = ""
    method: Literal["GET", "POST"] = "POST"


Came = Knock | Arrival
"""How something comes in: by a request, or fetched by `listen`."""


class Received(Struct, frozen=True, kw_only=True):
    """What the service got from the desk: `to` is the handle's value, `choices` are the labels of buttons shown."""

    id: str
    to: str
    text: str = ""
    files: tuple[bytes, ...] = ()
    choices: tuple[str, ...] = ()
    details: Any = None


class Sample(Struct, frozen=True, kw_only=True):
    """Raw bytes as `parse` gets them, and what they must become: types, or a test that says so of the result.

    `Unreadable` is among the types where the bytes must be refused.
    """

    name: str
    raw: bytes
    becomes: tuple[type, ...] | Callable[[Any], bool]
    hints: dict[str, Any] = {}
