"""What one may say of each kind of line; words by language stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from polydesk import N_, Choice, Field, Text
from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk_menus import matching, shapes
from polydesk_menus.tree import Line, Words, kind_of

_LONGEST = {"option": 80}
_LONGEST_TEXT = 2000


class Nothing(msgspec.Struct, kw_only=True):
    """A line that is only words."""


class Typed(msgspec.Struct, kw_only=True):
    """Something to be typed."""

    attribute: Annotated[
        str,
        Field(
            label=Text(N_("Keep it as")),
            help=Text(N_("The name agents see it under, such as order number.")),
            required=False,
        ),
    ] = ""
    shape: Annotated[
        str,
        Field(
            label=Text(N_("What it looks like")),
            help=Text(N_("# is a digit, @ a letter, * either, + one or more of them, | or. Empty takes anything.")),
            placeholder="AB-#####",
            required=False,
        ),
    ] = ""
    retries: Annotated[
        int, msgspec.Meta(ge=0, le=5), Field(label=Text(N_("More tries before a person takes over")), input="number")
    ] = 2

    def __post_init__(self) -> None:
        if not shapes.usable(self.shape):
            raise Invalid({"shape": _("This pattern cannot be used. Put a sign before each +, three + at most.")})


class Said(msgspec.Struct, kw_only=True):
    """An answer."""

    asks: Annotated[
        bool,
        Field(
            label=Text(N_("Ask whether this helped")),
            input="checkbox",
            help=Text(N_("If it did, the conversation is solved; otherwise the menu goes on below.")),
        ),
    ] = True


class Known(msgspec.Struct, kw_only=True):
    """What is written down."""

    contact_kind: Annotated[str, Field(label=Text(N_("Contact type")), input="select", required=False)] = ""
    language: Annotated[str, Field(label=Text(N_("Language")), input="select", required=False)] = ""
    category: Annotated[str, msgspec.Meta(max_length=100), Field(label=Text(N_("Topic")), required=False)] = ""
    tags: Annotated[
        str,
        msgspec.Meta(max_length=200),
        Field(label=Text(N_("Tags")), help=Text(N_("Parted by spaces.")), required=False),
    ] = ""


class Condition(msgspec.Struct, kw_only=True):
    """For whom."""

    know: Annotated[
        str,
        Field(
            label=Text(N_("It depends on")),
            input="select",
            choices=(
                Choice("kind", Text(N_("the contact type"))),
                Choice("language", Text(N_("the language"))),
                Choice("attribute", Text(N_("a known fact"))),
                Choice("opening", Text(N_("words of the first message"))),
            ),
        ),
    ] = "kind"
    value: Annotated[
        str,
        msgspec.Meta(max_length=500),
        Field(
            label=Text(N_("Which")),
            help=Text(
                N_("Types: courier, partner… Languages: fr, ar… A fact: its name, or name=value. Words: with commas.")
            ),
            required=False,
        ),
    ] = ""


class Target(msgspec.Struct, kw_only=True):
    """Where to go on."""

    to: Annotated[str, Field(label=Text(N_("Go on at")), input="select", required=False)] = ""


class Person(msgspec.Struct, kw_only=True):
    """Who takes over."""

    queue: Annotated[
        str,
        Field(
            label=Text(N_("Queue")),
            input="select",
            help=Text(N_("Without one, conversations go where they would go without a menu.")),
            required=False,
        ),
    ] = ""
    reason: Annotated[
        str,
        msgspec.Meta(max_length=200),
        Field(label=Text(N_("Reason")), help=Text(N_("Agents read it in the timeline.")), required=False),
    ] = ""


FORMS: dict[str, type[msgspec.Struct]] = {
    "ask": Nothing,
    "option": Nothing,
    "collect": Typed,
    "answer": Said,
    "set": Known,
    "when": Condition,
    "goto": Target,
    "handover": Person,
}


def stored(line: Line) -> msgspec.Struct:
    """The form's values as the line has them."""
    kind = FORMS[kind_of(line)]
    values = {name: getattr(line, name) for name in kind.__struct_fields__}
    if "tags" in values:
        values["tags"] = " ".join(values["tags"])
    if "queue" in values:
        values["queue"] = str(values["queue"] or "")
    return kind(**values)


def fields(line: Line, value: msgspec.Struct, typed: Mapping[str, Any], languages: tuple[str, ...]) -> dict[str, Any]:
    """What the form changes in the line."""
    found: dict[str, Any] = msgspec.structs.asdict(value)
    if "tags" in found:
        found["tags"] = tuple(found["tags"].split())
    if "queue" in found:
        found["queue"] = int(found["queue"]) if found["queue"] else None
    if "value" in found and found.get("know") in ("kind", "language"):
        found["value"] = ", ".join(matching.split(found["value"]))
    for name in ("words", "also"):
        if hasattr(line, name):
            found[name] = _words(
                getattr(line, name), name, typed, languages, _LONGEST.get(kind_of(line), _LONGEST_TEXT)
            )
    return found


def _words(before: Words, name: str, typed: Mapping[str, Any], languages: tuple[str, ...], longest: int) -> Words:
    words = dict(before)
    for code in languages:
        given = typed.get(f"{name}-{code}")
        if given is not None:
            words[code] = str(given).replace("\r\n", "\n").replace("\x00", "").strip()[:longest]
    return {code: said for code, said in words.items() if said}
