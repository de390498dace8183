"""What one party of a call is to hear and do now: a plan, the same for every provider.

A provider carries out the acts in order. What comes of an act comes back as a happening (see `happenings`), whose
answer is the next plan; a plan that has run out with nothing to wait for ends the party.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct


class Speak(Struct, frozen=True, kw_only=True, tag="speak"):
    """Say words in a language (BCP 47), or play `audio` (a public URL of a recording of them) where there is one."""

    text: str
    language: str = "en"
    audio: str = ""


class Ask(Struct, frozen=True, kw_only=True, tag="ask"):
    """Say something and take an answer by keys and, with `speech`, by voice; ends in `Heard`, also without an answer.

    `digits` is how many keys make an answer; 0 takes any number of them, ended by #. A key interrupts what is said.
    `timeout` is for how many seconds of silence to wait. `hints` are words likely to be spoken.
    """

    says: tuple[Speak, ...]
    digits: int = 1
    speech: bool = False
    timeout: int = 6
    language: str = "en"
    hints: tuple[str, ...] = ()


class Wait(Struct, frozen=True, kw_only=True, tag="wait"):
    """Hear music (`music`: a public URL, "" for the provider's own) for about `seconds`; then comes `Waited`.

    What is said comes first. With `keys`, one of these keys pressed at any time comes as `Heard`.
    """

    says: tuple[Speak, ...] = ()
    music: str = ""
    seconds: int = 20
    keys: str = ""


class Meet(Struct, frozen=True, kw_only=True, tag="meet"):
    """Be in a room with the other parties of the call until moved elsewhere or hung up.

    "listen" hears all and is heard by nobody; "whisper" hears all and is heard by party `only_to` (a leg's id) alone.
    `records` asks that the room be recorded in two channels from the first moment two talk. A party that `ends`
    the room ends it for all by leaving. Whoever is alone hears `music`.
    """

    room: str
    role: Literal["talk", "listen", "whisper"] = "talk"
    only_to: int = 0
    muted: bool = False
    records: bool = False
    ends: bool = False
    music: str = ""


class TakeMessage(Struct, frozen=True, kw_only=True, tag="message"):
    """Record what they say after a tone, until they stop, press # or hang up; ends in `MessageTaken`."""

    most_seconds: int = 180
    silence: int = 6


class HangUp(Struct, frozen=True, kw_only=True, tag="hang_up"):
    """End this party."""


class Refuse(Struct, frozen=True, kw_only=True, tag="refuse"):
    """Do not answer an incoming call at all; only as the first and only act of its first plan."""

    busy: bool = False


Act = Speak | Ask | Wait | Meet | TakeMessage | HangUp | Refuse
Plan = tuple[Act, ...]

_decoder = msgspec.json.Decoder(Plan)


def encode(plan: Plan) -> str:
    """As it is stored with a party."""
    return msgspec.json.encode(plan).decode()


def decode(stored: str) -> Plan:
    """What `encode` made."""
    return _decoder.decode(stored or "[]")
