"""What a pack is made of, before it is files."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

FORMAT = 1
Entries = dict[str, Any]
"""Key to values."""
Content = dict[str, Entries]
"""Part to entries."""
TOP = ""
"""The place a pack is of; markets of a client's pack go by their code."""


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration of a client with its markets, or of one market.

    `parts` are those it speaks for: where it has no entries of one, there were none.
    """

    of: Literal["client", "market"]
    name: str
    code: str = ""
    polydesk: str = ""
    plugins: dict[str, str] = {}
    parts: tuple[str, ...] = ()
    places: dict[str, Content] = {}


class Change(msgspec.Struct, frozen=True):
    """One value that differs; `path` is "" when the whole entry is one value."""

    path: str
    before: Any
    after: Any


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that differs."""

    place: str
    part: str
    key: str
    what: Literal["added", "removed", "changed"]
    changes: tuple[Change, ...] = ()


class Strange(msgspec.Struct, frozen=True, kw_only=True):
    """A part nobody here knows: its plugin is not installed."""

    place: str
    part: str
    entries: int
