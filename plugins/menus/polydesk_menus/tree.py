"""A menu as a document: steps in order, choices with steps of their own under them. Nothing here knows a channel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec
from msgspec import Struct

Words = dict[str, str]
"""Words by language code."""


class Option(Struct, frozen=True, kw_only=True):
    """A choice under a question. `also` are further words (comma separated, by language) that mean it."""

    id: str
    words: Words = {}
    also: Words = {}
    steps: tuple[Node, ...] = ()


class Ask(Struct, frozen=True, kw_only=True, tag="ask"):
    """A question with choices; when the steps of a choice are done, the menu goes on below the question."""

    id: str
    words: Words = {}
    options: tuple[Option, ...] = ()


class Collect(Struct, frozen=True, kw_only=True, tag="collect"):
    """Asks for something to be typed and keeps it with the conversation as `attribute`.

    `shape` says what it looks like (see `shapes`), "" is anything. After `retries` more tries a person takes over.
    """

    id: str
    words: Words = {}
    attribute: str = ""
    shape: str = ""
    retries: int = 2


class Answer(Struct, frozen=True, kw_only=True, tag="answer"):
    """Says something. With `asks`, it asks whether that helped: then the matter is solved, else the menu goes on."""

    id: str
    words: Words = {}
    asks: bool = True


class Set(Struct, frozen=True, kw_only=True, tag="set"):
    """Writes down what is now known; "" leaves what was there."""

    id: str
    contact_kind: str = ""
    language: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()


class When(Struct, frozen=True, kw_only=True, tag="when"):
    """Steps only for some: those whose type, language, known fact or opening words are `value`.

    For a fact `value` is its name, or "name=value"; opening words are comma separated.
    """

    id: str
    know: Literal["kind", "language", "attribute", "opening"] = "kind"
    value: str = ""
    steps: tuple[Node, ...] = ()


class GoTo(Struct, frozen=True, kw_only=True, tag="goto"):
    """Goes on at another step."""

    id: str
    to: str = ""


class HandOver(Struct, frozen=True, kw_only=True, tag="handover"):
    """A person takes over, in `queue` (None: where it would go anyway)."""

    id: str
    words: Words = {}
    queue: int | None = None
    reason: str = ""


Node = Ask | Collect | Answer | Set | When | GoTo | HandOver
Line = Node | Option
"""What stands on a line of its own in the document."""
KINDS: dict[str, type[Node]] = {
    "ask": Ask,
    "collect": Collect,
    "answer": Answer,
    "set": Set,
    "when": When,
    "goto": GoTo,
    "handover": HandOver,
}


class Tree(Struct, frozen=True, kw_only=True):
    """A whole menu. `counter` is the last id given out: ids are never used again, so versions can be compared.

    `patience` is after how many answers it could not understand a person takes over; `human` are words that ask for
    one besides those every menu knows.
    """

    steps: tuple[Node, ...] = ()
    counter: int = 0
    patience: int = 2
    human: Words = {}


def kind_of(line: Line) -> str:
    """The name of a line's kind."""
    return "option" if isinstance(line, Option) else next(name for name, kind in KINDS.items() if type(line) is kind)


def children(line: Line) -> tuple[Line, ...]:
    """What stands indented under a line."""
    if isinstance(line, Ask):
        return line.options
    return line.steps if isinstance(line, Option | When) else ()


def walk(lines: tuple[Line, ...], depth: int = 0) -> Iterator[tuple[Line, int]]:
    """Every line in the order one reads, with how far it is indented."""
    for line in lines:
        yield line, depth
        yield from walk(children(line), depth + 1)


def find(tree: Tree, id: str) -> Line | None:
    """The line with this id."""
    return next((line for line, _ in walk(tree.steps) if line.id == id), None)


def languages_of(tree: Tree) -> tuple[str, ...]:
    """Every language the menu has words in, in order of first use."""
    found = (code for line, _ in walk(tree.steps) for code, said in getattr(line, "words", {}).items() if said.strip())
    return tuple(dict.fromkeys(found))


def pick(words: Words, wanted: tuple[str, ...]) -> tuple[str, str]:
    """The words in the first of the wanted languages there are any in, and that language; else the first there are."""
    for code in wanted:
        for known in (code, re.split("[-_]", code)[0]):
            if words.get(known, "").strip():
                return words[known], known
    return next(((said, code) for code, said in words.items() if said.strip()), ("", ""))


def encode(tree: Tree) -> str:
    """As it is stored."""
    return msgspec.json.encode(tree).decode()


def decode(stored: str) -> Tree:
    """What was stored; `msgspec.DecodeError` when that is no tree."""
    return msgspec.json.decode(stored, type=Tree)
