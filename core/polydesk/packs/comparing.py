"""How one configuration differs from another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from polydesk.packs.shapes import TOP, Change, Content, Difference

_NOTHING: Any = object()


def compare(before: Content, after: Content, place: str = TOP) -> list[Difference]:
    """What has to change for `before` to become `after`, by part and key."""
    found = []
    for part in sorted({*before, *after}):
        old, new = before.get(part, {}), after.get(part, {})
        for key in dict.fromkeys([*old, *new]):
            if (one := _entry(old.get(key, _NOTHING), new.get(key, _NOTHING), place, part, key)) is not None:
                found.append(one)
    return found


def _entry(old: Any, new: Any, place: str, part: str, key: str) -> Difference | None:
    if old is _NOTHING:
        added = tuple(Change(path, None, value) for path, value in _leaves(new))
        return Difference(place=place, part=part, key=key, what="added", changes=added)
    if new is _NOTHING:
        gone = tuple(Change(path, value, None) for path, value in _leaves(old))
        return Difference(place=place, part=part, key=key, what="removed", changes=gone)
    was, now = dict(_leaves(old)), dict(_leaves(new))
    changes = tuple(
        Change(path, was.get(path), now.get(path))
        for path in dict.fromkeys([*was, *now])
        if was.get(path, _NOTHING) != now.get(path, _NOTHING)
    )
    return Difference(place=place, part=part, key=key, what="changed", changes=changes) if changes else None


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Values that stand alone, each with the way to it; a list of plain values is one."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for number, inner in enumerate(value, 1):
            yield from _leaves(inner, f"{path}[{number}]")
    elif value not in ({}, []):
        yield path, value
