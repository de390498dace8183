"""A line of a menu as one sentence, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from polydesk.contacts.kinds import KINDS
from polydesk.i18n import _, language_name, listing, pgettext, render
from polydesk_menus import matching, shapes
from polydesk_menus.tree import Answer, Ask, Collect, GoTo, HandOver, Line, Option, Set, Tree, When, find, pick

ICONS = {
    "ask": "list-check",
    "option": "corner-down-right",
    "collect": "edit",
    "answer": "message",
    "set": "tag",
    "when": "git-branch",
    "goto": "arrow-back-up",
    "handover": "user-check",
}


def kind_name(kind: str) -> str:
    """What a kind of line is called."""
    names = {
        "ask": pgettext("menu", "Question with choices"),
        "option": pgettext("menu", "Choice"),
        "collect": pgettext("menu", "Ask for something typed"),
        "answer": pgettext("menu", "Answer"),
        "set": pgettext("menu", "Write down"),
        "when": pgettext("menu", "Only if…"),
        "goto": pgettext("menu", "Go to"),
        "handover": pgettext("menu", "Hand over to a person"),
    }
    return names[kind]


def duration(seconds: float) -> str:
    """A time people waited, as exact as one wants to know it."""
    whole = round(seconds)
    if whole < 60:
        return _("%(seconds)s s", seconds=whole)
    if whole < 3600:
        return _("%(minutes)s min %(seconds)s s", minutes=whole // 60, seconds=whole % 60)
    return _("%(hours)s h %(minutes)s min", hours=whole // 3600, minutes=whole % 3600 // 60)


def contact_kind(kind: str) -> str:
    """What a type of contact is called."""
    return render(KINDS.get(kind, kind))


def sentence(line: Line, tree: Tree, languages: tuple[str, ...], queues: Mapping[int, str]) -> str:
    """The line itself: its own words where it has any, else what it does."""
    match line:
        case Ask() | Option() | Collect() | Answer():
            return pick(line.words, languages)[0].strip()
        case Set():
            return listing(_written(line))
        case When():
            return _condition(line)
        case GoTo():
            target = find(tree, line.to)
            return sentence(target, tree, languages, queues) if target is not None else ""
        case HandOver():
            queue = queues.get(line.queue or 0, _("a queue that is gone")) if line.queue else _("the usual queue")
            return _("A person takes over, in %(queue)s.", queue=queue)


def remarks(line: Line, languages: tuple[str, ...]) -> list[str]:
    """What else is worth seeing in the outline."""
    match line:
        case Collect():
            found = [_("kept as %(name)s", name=line.attribute)] if line.attribute else []
            return [*found, _("such as %(example)s", example=shapes.example(line.shape))] if line.shape else found
        case Answer(asks=True):
            return [_("asks whether it helped")]
        case HandOver():
            said = pick(line.words, languages)[0]
            return [each for each in (said, line.reason) if each.strip()]
    return []


def _written(line: Set) -> list[str]:
    found = [_("type: %(kind)s", kind=contact_kind(line.contact_kind))] if line.contact_kind else []
    found += [_("language: %(language)s", language=language_name(line.language))] if line.language else []
    found += [_("topic: %(topic)s", topic=line.category)] if line.category else []
    return found + ([_("tags: %(tags)s", tags=", ".join(line.tags))] if line.tags else [])


def _condition(line: When) -> str:
    given = matching.split(line.value)
    match line.know:
        case "kind":
            return _("Only if the contact is: %(kinds)s", kinds=listing([contact_kind(each) for each in given]))
        case "language":
            return _("Only in: %(languages)s", languages=listing([language_name(each) for each in given]))
        case "attribute":
            name, is_equal, value = line.value.partition("=")
            if is_equal:
                return _("Only if %(name)s is %(value)s", name=name.strip(), value=value.strip())
            return _("Only if %(name)s is known", name=name.strip())
        case "opening":
            return _("Only if the first message says: %(words)s", words=listing(given))
