"""Changes of a draft, each one pure: a tree goes in, another comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _
from polydesk_menus.tree import KINDS, Ask, GoTo, Line, Option, Tree, When, children, find, walk

MOST_LINES = 400
Siblings = tuple[Any, ...]
Slot = tuple[str, int]
"""A place for a step: under which line ("" is the top), and before which of its steps."""


def add(tree: Tree, kind: str, *, after: str = "", inside: str = "") -> tuple[Tree, str]:
    """A new line after another, or as the last inside one; at the end when neither is named. Its id comes too."""
    if sum(1 for _line in walk(tree.steps)) >= MOST_LINES:
        raise Invalid(message=_("This menu is too long. Split it, or let people take over sooner."))
    id = f"s{tree.counter + 1}"
    tree = replace(tree, counter=tree.counter + 1)
    if kind == "option":
        return _add_option(tree, id, after, inside), id
    if kind not in KINDS:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    new = KINDS[kind](id=id)
    if after:
        return _changed(tree, after, lambda all, place: (*all[: place + 1], new, *all[place + 1 :])), id
    if inside:
        return _update(tree, inside, lambda line: replace(line, steps=(*line.steps, new))), id
    return replace(tree, steps=(*tree.steps, new)), id


def _add_option(tree: Tree, id: str, after: str, inside: str) -> Tree:
    new = Option(id=id)
    if after:
        return _changed(tree, after, lambda all, place: (*all[: place + 1], new, *all[place + 1 :]))
    return _update(tree, inside, lambda line: replace(line, options=(*line.options, new)))


def change(tree: Tree, id: str, fields: dict[str, Any]) -> Tree:
    """Set fields of a line."""
    return _update(tree, id, lambda line: replace(line, **fields))


def remove(tree: Tree, id: str) -> Tree:
    """Take a line away with all that is under it. Steps that went to it then lead nowhere, which checking says."""
    return _changed(tree, id, lambda all, place: (*all[:place], *all[place + 1 :]))


def move(tree: Tree, id: str, by: int) -> Tree:
    """One place up (-1) or down (1). A step goes through choices on its way; a choice stays within its question."""
    line = _line(tree, id)
    if isinstance(line, Option):
        return _changed(tree, id, lambda all, place: _swapped(all, place, by))
    here = _slot_of(tree, id)
    without = remove(tree, id)
    slots = list(_slots("", without.steps))
    wanted = slots.index(here) + by
    return _insert(without, slots[wanted], line) if 0 <= wanted < len(slots) else tree


def _swapped(all: Siblings, place: int, by: int) -> Siblings:
    other = place + by
    if not 0 <= other < len(all):
        return all
    changed = list(all)
    changed[place], changed[other] = changed[other], changed[place]
    return tuple(changed)


def _slots(under: str, steps: Siblings) -> Iterator[Slot]:
    for place, node in enumerate(steps):
        yield under, place
        for inner in _homes(node):
            yield from _slots(inner.id, inner.steps)
    yield under, len(steps)


def _homes(node: Line) -> tuple[Option | When, ...]:
    if isinstance(node, Ask):
        return node.options
    return (node,) if isinstance(node, When) else ()


def _slot_of(tree: Tree, id: str) -> Slot:
    homes = [line for line, _depth in walk(tree.steps) if isinstance(line, Option | When)]
    for under, steps in [("", tree.steps), *((home.id, home.steps) for home in homes)]:
        for place, node in enumerate(steps):
            if node.id == id:
                return under, place
    raise NotFound(_("There is nothing here, or it is not yours to see."))


def _insert(tree: Tree, slot: Slot, line: Line) -> Tree:
    under, place = slot
    if not under:
        return replace(tree, steps=_with(tree.steps, place, line))
    return _update(tree, under, lambda home: replace(home, steps=_with(home.steps, place, line)))


def _with(all: Siblings, place: int, line: Line) -> Siblings:
    return (*all[:place], line, *all[place:])


def targets(tree: Tree, id: str) -> list[Line]:
    """Where a "go to" may lead: any step but itself."""
    return [line for line, _ in walk(tree.steps) if line.id != id and not isinstance(line, Option | GoTo)]


def depth_of(tree: Tree) -> int:
    """How far the deepest line is indented."""
    return max((depth for _line, depth in walk(tree.steps)), default=0)


def _line(tree: Tree, id: str) -> Line:
    found = find(tree, id)
    if found is None:
        raise NotFound(_("This step is no longer there; somebody else has taken it away."))
    return found


def _update(tree: Tree, id: str, change: Callable[[Any], Any]) -> Tree:
    return _changed(tree, id, lambda all, place: (*all[:place], change(all[place]), *all[place + 1 :]))


def _changed(tree: Tree, id: str, change: Callable[[Siblings, int], Siblings]) -> Tree:
    _line(tree, id)
    return replace(tree, steps=_within(tree.steps, id, change))


def _within(siblings: Siblings, id: str, change: Callable[[Siblings, int], Siblings]) -> Siblings:
    for place, each in enumerate(siblings):
        if each.id == id:
            return change(siblings, place)
        if children(each):
            field = "options" if isinstance(each, Ask) else "steps"
            inner = _within(getattr(each, field), id, change)
            if inner is not getattr(each, field):
                return (*siblings[:place], msgspec.structs.replace(each, **{field: inner}), *siblings[place + 1 :])
    return siblings
