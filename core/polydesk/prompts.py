"""Prompts where nothing can be pressed: choices become numbers, and a number or its words become the choice."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from polydesk.types import Choice, Prompt


def as_text(prompt: Prompt) -> str:
    """The question with its choices numbered, one a line."""
    lines = [f"{number}. {_label(choice)}" for number, choice in enumerate(prompt.choices, 1)]
    return "\n".join([prompt.text, "", *lines]) if lines else prompt.text


def keys_of(prompt: Prompt) -> list[tuple[str, Choice]]:
    """Which key of a telephone picks which choice: 1 to 9, then 0; what comes after those has no key.

    Where a number is to be entered, only 0 alone is none.
    """
    return list(zip("0" if prompt.open else "1234567890", prompt.choices, strict=False))


def match(choices: Sequence[Choice], text: str) -> str | None:
    """The value somebody meant: by number (in any script's digits), by label or by value; None when it is none."""
    said = _plain(text)
    number = "".join(str(unicodedata.digit(each)) for each in said.rstrip(".)") if each.isdecimal())
    if number and len(number) == len(said.rstrip(".)")) and 1 <= int(number) <= len(choices):
        return choices[int(number) - 1].value
    return next((each.value for each in choices if said and said in (_plain(each.label), _plain(each.value))), None)


def _label(choice: Choice) -> str:
    return f"{choice.label} – {choice.description}" if choice.description else choice.label


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(each for each in folded if not unicodedata.combining(each)).split()).strip(" .!?…")
