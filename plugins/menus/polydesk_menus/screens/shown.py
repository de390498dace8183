"""The outline as the page draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from polydesk import i18n
from polydesk_menus import wording
from polydesk_menus.checking import Problem
from polydesk_menus.tree import KINDS, Ask, Collect, HandOver, Line, Option, Tree, When, children, kind_of


class Row(msgspec.Struct, kw_only=True):
    """One line with those under it. `under` and `after` are the kinds of line that may be added there."""

    id: str
    kind: str
    name: str
    icon: str
    words: str
    remarks: list[str]
    problems: list[tuple[str, str]]
    rows: list[Row]
    under: tuple[str, ...]
    after: tuple[str, ...]
    ends: bool = False
    asked: int = 0
    dropped: int = 0

    @property
    def weight(self) -> str:
        """The weightiest of its problems."""
        return "error" if any(each[0] == "error" for each in self.problems) else "warning" if self.problems else ""


def rows(tree: Tree, problems: Sequence[Problem], languages: tuple[str, ...], queues: Mapping[int, str]) -> list[Row]:
    """The whole outline."""
    return [_row(line, tree, problems, languages, queues) for line in tree.steps]


def _row(
    line: Line, tree: Tree, problems: Sequence[Problem], languages: tuple[str, ...], queues: Mapping[int, str]
) -> Row:
    kind = kind_of(line)
    steps = tuple(KINDS)
    return Row(
        id=line.id,
        kind=kind,
        name=wording.kind_name(kind),
        icon=wording.ICONS[kind],
        words=wording.sentence(line, tree, languages, queues),
        remarks=wording.remarks(line, languages),
        problems=[(each.weight, i18n.render(each.words)) for each in problems if each.line == line.id],
        rows=[_row(each, tree, problems, languages, queues) for each in children(line)],
        under=("option",) if isinstance(line, Ask) else steps if isinstance(line, Option | When) else (),
        after=("option",) if isinstance(line, Option) else steps,
        ends=isinstance(line, HandOver),
    )


def waits(line: Line) -> bool:
    """Is somebody asked here?"""
    return isinstance(line, Ask | Collect) or getattr(line, "asks", False)
