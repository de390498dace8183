"""What changed between two versions, line by line, as one would tell it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any, Literal

import msgspec

from polydesk.i18n import _, language_name
from polydesk_menus import wording
from polydesk_menus.tree import Line, Tree, children, kind_of, walk


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One line that came, went, moved or changed; `changes` are (what, before, after)."""

    how: Literal["added", "removed", "moved", "changed"]
    kind: str
    words: str
    changes: tuple[tuple[str, str, str], ...] = ()


def compare(old: Tree, new: Tree, languages: tuple[str, ...], queues: Mapping[int, str]) -> list[Difference]:
    """Differences in the order of the newer one, what is gone last."""
    before = {line.id: line for line, _depth in walk(old.steps)}
    after = {line.id: line for line, _depth in walk(new.steps)}
    moved = _moved(old, new)
    found = []
    for id, line in after.items():
        if id not in before:
            found.append(_one("added", line, new, languages, queues))
            continue
        changes = _changes(before[id], line)
        if changes:
            found.append(_one("changed", line, new, languages, queues, changes))
        elif id in moved:
            found.append(_one("moved", line, new, languages, queues))
    found += [_one("removed", line, old, languages, queues) for id, line in before.items() if id not in after]
    return found


def _one(
    how: Literal["added", "removed", "moved", "changed"],
    line: Line,
    tree: Tree,
    languages: tuple[str, ...],
    queues: Mapping[int, str],
    changes: tuple[tuple[str, str, str], ...] = (),
) -> Difference:
    words = wording.sentence(line, tree, languages, queues)
    return Difference(how=how, kind=kind_of(line), words=words, changes=changes)


def _changes(old: Line, new: Line) -> tuple[tuple[str, str, str], ...]:
    found: list[tuple[str, str, str]] = []
    for name in old.__struct_fields__:
        before, after = getattr(old, name), getattr(new, name, None)
        if name in ("id", "steps", "options") or before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            for code in dict.fromkeys((*before, *after)):
                if before.get(code, "") != after.get(code, ""):
                    where = language_name(code) if name == "words" else f"{_field(name)}, {language_name(code)}"
                    found.append((where, before.get(code, ""), after.get(code, "")))
        else:
            found.append((_field(name), _plain(before), _plain(after)))
    return tuple(found)


def _field(name: str) -> str:
    names = {
        "also": _("Other words"),
        "attribute": _("Kept as"),
        "shape": _("Pattern"),
        "retries": _("More tries"),
        "asks": _("Asks whether it helped"),
        "contact_kind": _("Contact type"),
        "language": _("Language"),
        "category": _("Topic"),
        "tags": _("Tags"),
        "know": _("Depends on"),
        "value": _("Value"),
        "to": _("Goes to"),
        "queue": _("Queue"),
        "reason": _("Reason"),
    }
    return names.get(name, name)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def _moved(old: Tree, new: Tree) -> set[str]:
    """Lines that stand under another one than before, or elsewhere among those beside them."""
    homes_before, homes_after = _homes(old), _homes(new)
    parent_before = {id: home for home, ids in homes_before.items() for id in ids}
    found = set()
    for home, ids in homes_after.items():
        known = [id for id in ids if id in parent_before]
        found |= {id for id in known if parent_before[id] != home}
        stayed = [id for id in known if parent_before[id] == home]
        earlier = [id for id in homes_before.get(home, []) if id in stayed]
        kept = {stayed[block.b + k] for block in SequenceMatcher(None, earlier, stayed, autojunk=False)
                .get_matching_blocks() for k in range(block.size)}  # fmt: skip
        found |= set(stayed) - kept
    return found


def _homes(tree: Tree) -> dict[str, list[str]]:
    found = {"": [line.id for line in tree.steps]}
    for line, _depth in walk(tree.steps):
        found[line.id] = [child.id for child in children(line)]
    return found
