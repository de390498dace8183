"""YAML for people and from strangers: no aliases, no tags, no surprises such as `no` that means false."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import yaml

from polydesk.errors import Invalid
from polydesk.i18n import _

_DEEPEST = 40
_MOST_NODES = 50_000
_UNREADABLE = re.compile(r"[ \t]\n|[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ufeff]")


_PLAIN: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"true|false"), lambda text: text == "true"),
    (re.compile(r"null|~|"), lambda _text: None),
    (re.compile(r"-?(0|[1-9][0-9]{0,17})"), int),
    (re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+(e[-+]?[0-9]{1,2})?"), float),
)
"""What is no text though it stands without quotes: only what JSON has."""


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as they are read, lists indented under their name."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """A list stands further in than its name."""
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        """Everything is written out."""
        return True


def _text(dumper: yaml.SafeDumper, words: str) -> yaml.ScalarNode:
    style = '"' if _UNREADABLE.search(words) else "|" if "\n" in words else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", words, style=style)


_Dumper.add_representer(str, _text)


def dump(values: Any) -> str:
    """The same values give the same text, in the order they have."""
    return str(yaml.dump(values, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110))


def load(text: str) -> Any:
    """What a file says. Raises `Invalid` with the line when it cannot be trusted or read."""
    try:
        return _build(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Invalid(message=_("line %(line)s: %(problem)s", line=line, problem=error.problem or "")) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Invalid(message=str(error)) from None


def _build(text: str) -> Any:
    """Straight from the events: what would grow or run is refused while it is small, and nothing else is made of it."""
    found: list[Any] = []
    open_: list[_Open] = []
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for nodes, event in enumerate(yaml.parse(text, Loader=loader)):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused(event, _("references (& and *) are not allowed here"))
        if getattr(event, "tag", None):
            raise _refused(event, _("tags (!) are not allowed here"))
        if nodes > _MOST_NODES or len(open_) > _DEEPEST or len(found) > 1:
            raise _refused(event, _("there is too much in it"))
        if isinstance(event, yaml.MappingStartEvent):
            open_.append(_Open(event, {}))
        elif isinstance(event, yaml.SequenceStartEvent):
            open_.append(_Open(event, []))
        elif isinstance(event, yaml.CollectionEndEvent):
            _put(open_.pop().value, event, open_, found)
        elif isinstance(event, yaml.ScalarEvent):
            naming = bool(open_) and isinstance(open_[-1].value, dict) and open_[-1].name is None
            _put(event.value if naming else _scalar(event), event, open_, found)
    return found[0] if found else None


class _Open:
    """A map or list that is being filled; `name` is whose value comes next."""

    __slots__ = ("event", "name", "value")

    def __init__(self, event: yaml.Event, value: dict[str, Any] | list[Any]) -> None:
        self.event, self.value = event, value
        self.name: str | None = None


def _put(value: Any, event: yaml.Event, open_: list[_Open], found: list[Any]) -> None:
    if not open_:
        found.append(value)
        return
    inside = open_[-1]
    if isinstance(inside.value, list):
        inside.value.append(value)
    elif inside.name is not None:
        inside.value[inside.name], inside.name = value, None
    elif not isinstance(value, str) or value in inside.value:
        raise _refused(event, _("“%(name)s” is there twice", name=value if isinstance(value, str) else ""))
    else:
        inside.name = value


def _scalar(event: yaml.ScalarEvent) -> Any:
    if not event.implicit[0]:
        return event.value
    return next((make(event.value) for plain, make in _PLAIN if plain.fullmatch(event.value)), event.value)


def _refused(event: yaml.Event, why: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=why, problem_mark=cast(Any, event.start_mark))
