"""How one setting reads and behaves in a form, in `Annotated[type, Field(...)]` on a msgspec.Struct."""

from __future__ import annotations

from typing import Literal, get_type_hints

from msgspec import Struct

from polydesk.types import Text

Input = Literal["text", "email", "password", "secret", "number", "checkbox", "select", "textarea", "host", "languages"]


class Choice(Struct, frozen=True):
    """One option of a select: the stored value and what the reader sees."""

    value: str
    label: Text


class Field(Struct, frozen=True, kw_only=True):
    """A field's label and help, the input that suits it, and how a browser may fill it in.

    A "secret" is encrypted at rest and never sent back to the browser: left empty, the stored one is kept. `group` is a
    heading; fields of the same group stand together. Bounds come from `msgspec.Meta` beside it.
    """

    label: Text
    help: Text | None = None
    input: Input = "text"
    choices: tuple[Choice, ...] = ()
    required: bool = True
    placeholder: str = ""
    autocomplete: str = ""
    group: Text | None = None


_described: dict[type[Struct], dict[str, Field]] = {}


def fields_of(settings: type[Struct]) -> dict[str, Field]:
    """The `Field` of every annotated setting, by name, in order."""
    if settings not in _described:
        hints = get_type_hints(settings, include_extras=True)
        _described[settings] = {
            name: extra
            for name, hint in hints.items()
            for extra in getattr(hint, "__metadata__", ())
            if isinstance(extra, Field)
        }
    return _described[settings]


def secret_names(settings: type[Struct]) -> frozenset[str]:
    """The settings that are encrypted at rest."""
    return frozenset(name for name, each in fields_of(settings).items() if each.input == "secret")
