"""Read scripts.txt: who writes what, and what they say to whatever is answered."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import msgspec

from polydesk.simulator import Persona

_HEAD = re.compile(r"@ (\w+) (\w+) \| (.+?) \| (.+)")


class Script(msgspec.Struct, frozen=True):
    """One person's side of a conversation: how it begins, then an answer to each answer."""

    persona: Persona
    order: str
    lines: tuple[str, ...]


@cache
def scripts() -> tuple[Script, ...]:
    """Every script, in the order of the file."""
    found: list[tuple[re.Match[str], list[str]]] = []
    for number, line in enumerate((files("polydesk.simulate") / "scripts.txt").read_text("utf-8").splitlines(), 1):
        if head := _HEAD.fullmatch(line):
            found.append((head, []))
        elif line.startswith("> ") and found:
            found[-1][1].append(line[2:])
        elif line and not line.startswith("#"):
            raise ValueError(f"scripts.txt, line {number}: {line}")
    return tuple(_script(number, head, lines) for number, (head, lines) in enumerate(found))


def _script(number: int, head: re.Match[str], lines: list[str]) -> Script:
    language, kind, name, order = head.groups()
    key = f"p{number:02d}"
    persona = Persona(
        key=key, name=name, language=language, kind=kind, email=f"{key}@people.example", phone=f"+9955550{number:05d}"
    )
    return Script(persona, order, tuple(lines))
