"""A tree prepared for walking: what follows each step once it is done."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from polydesk_menus.tree import Ask, Node, Option, Tree, When, decode


class Flow(msgspec.Struct, frozen=True):
    """Steps and choices by id. `after` says what comes next; "" is the end of the document."""

    tree: Tree
    first: str
    nodes: dict[str, Node]
    options: dict[str, Option]
    question: dict[str, Ask]
    after: dict[str, str]

    def under(self, option: Option) -> str:
        """Where a choice leads."""
        return option.steps[0].id if option.steps else self.after[self.question[option.id].id]


def prepare(tree: Tree) -> Flow:
    """Compile a tree."""
    flow = Flow(tree, tree.steps[0].id if tree.steps else "", {}, {}, {}, {})
    _add(flow, tree.steps, "")
    return flow


def _add(flow: Flow, steps: tuple[Node, ...], beyond: str) -> None:
    for place, node in enumerate(steps):
        following = steps[place + 1].id if place + 1 < len(steps) else beyond
        flow.nodes[node.id] = node
        flow.after[node.id] = following
        if isinstance(node, Ask):
            for option in node.options:
                flow.options[option.id] = option
                flow.question[option.id] = node
                _add(flow, option.steps, following)
        elif isinstance(node, When):
            _add(flow, node.steps, following)


@lru_cache(maxsize=200)
def stored(tree: str) -> Flow:
    """The flow of a tree as it is stored; versions never change, so each is compiled once."""
    return prepare(decode(tree))
