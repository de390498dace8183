"""Differences as a page draws them: grouped by part, long values cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from polydesk.i18n import render
from polydesk.packs.shapes import Change, Difference
from polydesk.types import Text

_LONGEST = 600


class Group(msgspec.Struct, frozen=True):
    """Everything that differs in one part of one place."""

    place: str
    label: str
    part: str
    entries: list[Difference]


def shown(found: Iterable[Difference], labels: Mapping[str, Text]) -> list[Group]:
    """In the order they come."""
    groups: dict[tuple[str, str], Group] = {}
    for each in found:
        group = groups.setdefault(
            (each.place, each.part), Group(each.place, render(labels.get(each.part, each.part)), each.part, [])
        )
        group.entries.append(msgspec.structs.replace(each, changes=tuple(map(_short, each.changes))))
    return list(groups.values())


def _short(change: Change) -> Change:
    return Change(change.path, _words(change.before), _words(change.after))


def _words(value: object) -> str | None:
    if value is None:
        return None
    words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
