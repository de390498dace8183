"""What is wrong with a menu, said at the line it concerns, and how many questions stand before a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from polydesk import N_, Text
from polydesk_menus import matching, shapes
from polydesk_menus.flow import Flow, prepare
from polydesk_menus.tree import Answer, Ask, Collect, GoTo, HandOver, Line, Option, Set, Tree, When, walk

MANY_CHOICES = 9
MANY_QUESTIONS = 6
_LONG_LABEL = 24


class Problem(msgspec.Struct, frozen=True):
    """Something to look at; an error keeps the menu from being published."""

    line: str
    weight: Literal["error", "warning"]
    words: Text


class Reach(msgspec.Struct, frozen=True):
    """How many questions a contact of a kind answers before a person, at least and at most."""

    kind: str
    fewest: int
    most: int


def check(tree: Tree, languages: Sequence[str], queues: Sequence[int]) -> list[Problem]:
    """Everything to look at, in reading order. `languages` are the market's, `queues` those one may wait in."""
    flow = prepare(tree)
    found = [] if tree.steps else [Problem("", "error", Text(N_("The menu is empty. Add a first step.")))]
    for line, _ in walk(tree.steps):
        found += [*_words(line, languages), *_line(line, flow, queues)]
    found += [*_circles(flow), *_beyond(flow)]
    longest = max((each.most for each in reach(tree, ("customer",))), default=0)
    if longest > MANY_QUESTIONS:
        many = Text(
            N_("On the longest way {count} questions are asked. Few people answer that many."), {"count": longest}
        )
        found.append(Problem("", "warning", many))
    return found


def _words(line: Line, languages: Sequence[str]) -> list[Problem]:
    if not hasattr(line, "words") or isinstance(line, HandOver):
        return []
    if not any(said.strip() for said in line.words.values()):
        return [Problem(line.id, "error", Text(N_("Write what the contact is to read.")))]
    lacking = [code for code in languages if not line.words.get(code, "").strip()]
    found = [
        Problem(line.id, "warning", Text(N_("There are no words in this language yet: {language}"), {"language": code}))
        for code in lacking
    ]
    if isinstance(line, Option) and any(len(said) > _LONG_LABEL for said in line.words.values()):
        long = Text(N_("Longer than {count} characters: some channels cut it short."), {"count": _LONG_LABEL})
        found.append(Problem(line.id, "warning", long))
    return found


def _line(line: Line, flow: Flow, queues: Sequence[int]) -> list[Problem]:
    def error(words: str) -> list[Problem]:
        return [Problem(line.id, "error", Text(words))]

    def warning(words: str) -> list[Problem]:
        return [Problem(line.id, "warning", Text(words))]

    match line:
        case Ask(options=()):
            return error(N_("A question needs at least one choice. Or ask for something to be typed."))
        case Ask() if len(line.options) > MANY_CHOICES:
            return warning(N_("Many choices: most channels show nine and a person."))
        case Collect(attribute=""):
            return error(N_("Say under which name the answer is kept."))
        case Collect() if not shapes.usable(line.shape):
            return error(N_("This pattern cannot be used. Use #, @ and * with +, at most three times each part."))
        case GoTo() if line.to not in flow.nodes:
            return error(N_("This leads nowhere. Choose a step to go on at."))
        case When(value=""):
            return error(N_("Say for whom these steps are."))
        case When(steps=()):
            return warning(N_("Nothing stands under this condition, so it changes nothing."))
        case Set(contact_kind="", language="", category="", tags=()):
            return warning(N_("Nothing is written down here."))
        case HandOver() if line.queue is not None and line.queue not in queues:
            return warning(N_("The queue is gone. Conversations go where they would go without it."))
    return []


def _circles(flow: Flow) -> list[Problem]:
    """Steps that lead back to themselves without anybody being asked."""
    words = Text(N_("From here one comes back here without a question. Put a question between."))
    found = []
    for node in flow.nodes.values():
        if not isinstance(node, GoTo):
            continue
        waiting, seen = [node.to], set[str]()
        while waiting:
            at = waiting.pop()
            step = flow.nodes.get(at)
            if step is None or at in seen or isinstance(step, Ask) or (isinstance(step, Answer) and step.asks):
                continue
            if at == node.id:
                found.append(Problem(node.id, "error", words))
                break
            seen.add(at)
            waiting += _onward(flow, at)
    return found


def _onward(flow: Flow, at: str) -> list[str]:
    """Where a step may lead without an answer. What is known already is not asked for again."""
    match flow.nodes[at]:
        case HandOver():
            return []
        case GoTo(to=to):
            return [to]
        case When(steps=(first, *_)):
            return [first.id, flow.after[at]]
    return [flow.after[at]]


def _beyond(flow: Flow) -> list[Problem]:
    """Steps nobody can come to."""
    reached, waiting = set[str](), [flow.first]
    while waiting:
        at = waiting.pop()
        if at in reached or at not in flow.nodes:
            continue
        reached.add(at)
        node = flow.nodes[at]
        waiting += [flow.under(option) for option in node.options] if isinstance(node, Ask) and node.options else []
        waiting += _onward(flow, at) if not (isinstance(node, Ask) and node.options) else []
    words = Text(N_("Nobody ever comes here: the step before always ends or leads elsewhere."))
    lost = [id for id in flow.nodes if id not in reached]
    inner = {line.id for id in lost for line, _ in walk((flow.nodes[id],)) if line.id != id}
    return [Problem(id, "warning", words) for id in lost if id not in inner]


def reach(tree: Tree, kinds: Sequence[str]) -> list[Reach]:
    """Fewest and most questions before a person, for each kind of contact, when nobody asks for one."""
    flow = prepare(tree)
    return [Reach(kind, *_between(flow, flow.first, kind, {})) for kind in kinds]


def _between(flow: Flow, at: str, kind: str, known: dict[tuple[str, str], tuple[int, int]]) -> tuple[int, int]:
    """Questions from a step to a person; going back to a step one has seen adds none."""
    node = flow.nodes.get(at)
    if node is None or isinstance(node, HandOver):
        return 0, 0
    if (at, kind) in known:
        return known[at, kind]
    known[at, kind] = (0, 0)
    match node:
        case Ask() if node.options:
            ways = [(flow.under(option), kind) for option in node.options]
            cost = 1
        case When(know="kind", steps=(first, *_)):
            ways = [(first.id if kind in matching.split(node.value) else flow.after[at], kind)]
            cost = 0
        case Set(contact_kind=named) if named:
            ways, cost = [(flow.after[at], named)], 0
        case _:
            ways = [(to, kind) for to in _onward(flow, at)]
            cost = 1 if isinstance(node, Collect) or (isinstance(node, Answer) and node.asks) else 0
    found = [_between(flow, to, as_kind, known) for to, as_kind in ways]
    known[at, kind] = cost + min(few for few, _ in found), cost + max(many for _, many in found)
    return known[at, kind]
