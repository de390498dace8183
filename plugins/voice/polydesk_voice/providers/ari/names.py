"""How we name what we make in Asterisk, so that any process, also after a restart, knows whose it is."""

from __future__ import annotations

import hashlib
import re
import secrets

from polydesk_voice.providers.base import Party

_DIALLED = re.compile(r"pd-(\d{1,18})-[0-9a-f]{8}")
_ROOM = re.compile(r"pd-\d+-[0-9A-Za-z]+")
_ASIDE = re.compile(_ROOM.pattern + "-.+")
MESSAGES = 9
PLAYBACKS = 4


def channel(party: Party) -> str:
    """The channel of a party that we dial: always the same, so that dialling twice rings once."""
    return f"pd-{party.id}-{hashlib.sha256(party.token.encode()).hexdigest()[:8]}"


def leg_of(channel: str) -> int | None:
    """The party of a channel that we dialled."""
    found = _DIALLED.fullmatch(channel)
    return int(found[1]) if found else None


def is_room(bridge: str) -> bool:
    """Is a bridge a room of a call?"""
    return _ROOM.fullmatch(bridge) is not None


def aside(room: str, channel: str) -> str:
    """The bridge of a whisperer beside a room."""
    return f"{room}-{channel}"


def is_aside(bridge: str) -> bool:
    """Is a bridge a whisperer's?"""
    return _ASIDE.fullmatch(bridge) is not None


def playbacks(channel: str) -> list[str]:
    """What is played to a channel, in turns. So many that one has ended, and that was told, before its turn comes."""
    return [f"pd-{channel}-{number}" for number in range(PLAYBACKS)]


def recording(app: str, room: str) -> str:
    """A new recording of a room, which may be recorded several times. It is kept as the name of the bridge."""
    return f"{app}-{room}-{secrets.token_hex(4)}"


def message(app: str, channel: str, number: int) -> str:
    """The recording of a channel's first, second… message. A dot would be taken for a file's ending."""
    return f"{app}-message-{channel.replace('.', '~')}-{number}"


def recorded(app: str, name: str) -> tuple[str, str] | None:
    """The room and the channel a recording is of, one of them ""; None when it is none of this line's."""
    if not name.startswith(f"{app}-"):
        return None
    what, dash, _end = name.removeprefix(f"{app}-").rpartition("-")
    if what.startswith("message-"):
        return "", what.removeprefix("message-").replace("~", ".")
    return (what, "") if dash and is_room(what) else None
