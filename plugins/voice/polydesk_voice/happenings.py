"""What providers tell of calls, in words of nobody's: every one may come twice, late, out of order or never."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

Progress = Literal["ringing", "answered", "completed", "busy", "no_answer", "failed", "canceled"]
ENDED: frozenset[str] = frozenset({"completed", "busy", "no_answer", "failed", "canceled"})


class Happening(Struct, frozen=True, kw_only=True):
    """`leg` is what the provider calls the party; `key` names this happening within the account: the same counts once.

    "" as `key` is for what may be answered again and again with the same plan (a document fetched twice). `token` is
    ours for a party that we dialled: news of it may come before the answer that tells what the provider calls it.
    """

    leg: str
    key: str = ""
    token: str = ""
    at: datetime | None = None


class Incoming(Happening, frozen=True, kw_only=True):
    """Somebody calls: `caller` and `called` as the provider gives them (a number in E.164, or any other words)."""

    caller: str
    called: str
    caller_name: str = ""
    details: dict[str, Any] = {}


class Ready(Happening, frozen=True, kw_only=True):
    """A party that we dialled has answered and asks what to do; `machine` when an answering machine did."""

    machine: bool = False


class Progressed(Happening, frozen=True, kw_only=True):
    """How far a party has come. `sequence` orders what is told of one party (-1: not numbered)."""

    progress: Progress
    sequence: int = -1
    seconds: int | None = None
    reason: str = ""
    machine: bool = False


class Heard(Happening, frozen=True, kw_only=True):
    """The answer to an `Ask`, or a key pressed during a `Wait`; neither digits nor speech means silence."""

    digits: str = ""
    speech: str = ""
    confidence: float = 0.0


class Waited(Happening, frozen=True, kw_only=True):
    """A `Wait` has come to its end, or a document provider asks what to play next."""


class Unwaited(Happening, frozen=True, kw_only=True):
    """A party is no longer parked, by itself: `why` is the provider's word ("hangup" when they gave up)."""

    why: str


class Met(Happening, frozen=True, kw_only=True):
    """A party came into a room, or left it. Of one party, a smaller `sequence` is older (-1: not numbered)."""

    room: str
    inside: bool
    sequence: int = -1


class MessageTaken(Happening, frozen=True, kw_only=True):
    """The recording of a `TakeMessage` ended; its sound comes as `Recorded`."""

    seconds: int = 0


class Recorded(Happening, frozen=True, kw_only=True):
    """A recording is there to be fetched, or will never be (`missing`, with the provider's words).

    `leg` is any party of the call it is of, or "" with `room`. `reference` is what the provider's `sound_of` takes.
    """

    reference: str
    room: str = ""
    seconds: float = 0.0
    channels: int = 1
    message: bool = False
    missing: str = ""


Any_ = Incoming | Ready | Progressed | Heard | Waited | Unwaited | Met | MessageTaken | Recorded
