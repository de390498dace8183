"""A form is a msgspec.Struct whose fields carry `polydesk.fields.Field`: it is drawn, read and checked from that."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from polydesk.errors import Invalid
from polydesk.fields import Choice, Field
from polydesk.i18n import _, render
from polydesk.types import Text

T = TypeVar("T", bound=msgspec.Struct)
Typed = Mapping[str, Any]


def whole(text: object) -> int | None:
    """A whole number as a form or a URL has it, if it is one that fits the database (64 bits); else None."""
    words = str(text)
    if not re.fullmatch(r"-?[0-9]{1,19}", words) or not -(2**63) <= int(words) < 2**63:
        return None
    return int(words)


EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Input(msgspec.Struct, kw_only=True):
    """One field as the page draws it. A secret's `value` is always ""."""

    name: str
    id: str
    field: Field
    value: str = ""
    values: tuple[str, ...] = ()
    checked: bool = False
    error: str = ""
    required: bool = False
    kept: bool = False
    attributes: dict[str, str] = {}
    choices: tuple[Choice, ...] = ()


class _Spec(msgspec.Struct):
    name: str
    type: Any
    base: Any
    field: Field
    meta: msgspec.Meta
    default: Any
    optional: bool


def specs(form: type[msgspec.Struct]) -> list[_Spec]:
    """What is known of each field of a form's class."""
    hints = get_type_hints(form, include_extras=True)
    found = []
    for info in msgspec.structs.fields(form):
        hint = hints[info.name]
        extras: Sequence[Any] = ()
        if get_origin(hint) is Annotated:
            hint, *extras = get_args(hint)
        field = next((extra for extra in extras if isinstance(extra, Field)), None)
        if field is None:
            continue
        inner = [arg for arg in get_args(hint) if arg is not NoneType]
        optional = get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint)
        base = inner[0] if optional else hint
        if get_origin(base) is Annotated:
            base, *more = get_args(base)
            extras = [*extras, *more]
        meta = next((extra for extra in extras if isinstance(extra, msgspec.Meta)), msgspec.Meta())
        default = info.default if info.default is not msgspec.NODEFAULT else msgspec.NODEFAULT
        if info.default_factory is not msgspec.NODEFAULT:
            default = info.default_factory()
        found.append(_Spec(info.name, hint, base, field, meta, default, optional))
    return found


class Form(Generic[T]):
    """A form as it stands: what was typed, what is wrong with it, and once it is right, `value`.

    With `only`, just those fields are read: `given` holds them by name, and there is no `value`.
    """

    def __init__(
        self,
        kind: type[T],
        typed: Typed | None = None,
        stored: T | None = None,
        *,
        prefix: str = "",
        choices: Mapping[str, Sequence[Choice]] | None = None,
        keeps_secrets: bool | None = None,
        only: Collection[str] | None = None,
    ) -> None:
        self.kind, self.stored, self.prefix = kind, stored, prefix
        self.typed = typed
        # Whoever stores the settings may not tell us the secrets, and keeps those that come back empty.
        self.keeps_secrets = stored is not None if keeps_secrets is None else keeps_secrets
        self.choices = {name: tuple(some) for name, some in (choices or {}).items()}
        self.errors: dict[str, str] = {}
        self.message = ""
        self.value: T | None = None
        self.only, self.given = only, dict[str, Any]()
        self.specs = specs(kind)
        if typed is not None:
            self._read(typed)

    @property
    def valid(self) -> bool:
        """Was something typed, and is all of it usable?"""
        return self.value is not None and not self.errors and not self.message

    def refuse(self, error: Invalid) -> None:
        """Take in what a service found wrong: beside the field where the form has it, else above the form."""
        known = {spec.name for spec in self.specs}
        self.errors |= {name: words for name, words in error.fields.items() if name in known}
        rest = [words for name, words in error.fields.items() if name not in known]
        self.message = " ".join(rest) or ("" if error.fields else str(error))

    def inputs(self) -> Iterator[Input]:
        """Every field, ready to draw."""
        for spec in self.specs:
            yield self._input(spec)

    def groups(self) -> list[tuple[Text | None, list[Input]]]:
        """The fields under their headings, in order."""
        grouped: list[tuple[Text | None, list[Input]]] = []
        for entry in self.inputs():
            if not grouped or grouped[-1][0] != entry.field.group:
                grouped.append((entry.field.group, []))
            grouped[-1][1].append(entry)
        return grouped

    def __getitem__(self, name: str) -> Input:
        return next(self._input(spec) for spec in self.specs if spec.name == name)

    # --- drawing

    def _choices(self, spec: _Spec) -> tuple[Choice, ...]:
        given = self.choices.get(spec.name) or spec.field.choices
        if not given and get_origin(spec.base) is Literal:
            return tuple(Choice(str(value), Text(str(value))) for value in get_args(spec.base))
        return given

    def _input(self, spec: _Spec) -> Input:
        current = self._current(spec)
        secret = spec.field.input in ("secret", "password")
        meta = spec.meta
        bounds = {
            "min": meta.ge if meta.ge is not None else meta.gt,
            "max": meta.le if meta.le is not None else meta.lt,
            "minlength": meta.min_length,
            "maxlength": meta.max_length,
        }
        attributes = {name: str(bound) for name, bound in bounds.items() if bound is not None}
        if get_origin(spec.base) in (tuple, list) or spec.base in (tuple, list):
            attributes = {}
        if spec.field.autocomplete:
            attributes["autocomplete"] = spec.field.autocomplete
        kept = spec.field.input == "secret" and self.keeps_secrets
        return Input(
            name=self.prefix + spec.name,
            id=f"field-{self.prefix}{spec.name}",
            field=spec.field,
            value="" if secret else _shown(current),
            values=tuple(str(one) for one in current) if isinstance(current, tuple | list) else (),
            checked=current is True or (spec.field.input == "checkbox" and current in ("on", "true", "1")),
            error=self.errors.get(spec.name, ""),
            required=self._required(spec) and not kept,
            kept=kept,
            attributes=attributes,
            choices=self._choices(spec),
        )

    def _current(self, spec: _Spec) -> Any:
        if self.typed is not None:
            many = spec.field.input == "languages"
            return _all(self.typed, self.prefix + spec.name) if many else self.typed.get(self.prefix + spec.name, "")
        if self.stored is not None:
            return getattr(self.stored, spec.name)
        return "" if spec.default is msgspec.NODEFAULT else spec.default

    # --- reading

    def _required(self, spec: _Spec) -> bool:
        return spec.field.required and not spec.optional and spec.field.input not in ("checkbox", "languages")

    def _read(self, typed: Typed) -> None:
        values: dict[str, Any] = {}
        for spec in self.specs:
            if self.only is not None and spec.name not in self.only:
                continue
            try:
                values[spec.name] = self._one(spec, typed)
            except Invalid as problem:
                self.errors[spec.name] = str(problem)
        self.given = values
        if self.errors or self.only is not None:
            return
        untouched = {
            info.name: getattr(self.stored, info.name)
            for info in msgspec.structs.fields(self.kind)
            if self.stored is not None and info.name not in values
        }
        try:
            self.value = self.kind(**untouched, **values)
        except Invalid as problem:
            self.refuse(problem)
        except ValueError as problem:
            self.message = str(problem)

    def _one(self, spec: _Spec, typed: Typed) -> Any:
        name = self.prefix + spec.name
        if spec.field.input == "checkbox":
            return str(typed.get(name, "")) in ("on", "true", "1")
        if spec.field.input == "languages":
            return msgspec.convert(_all(typed, name), spec.type, strict=False)
        raw = str(typed.get(name) or "").replace("\x00", "")
        text = raw if spec.field.input in ("password", "secret") else raw.replace("\r\n", "\n").strip()
        if not text:
            return self._empty(spec)
        choices = self._choices(spec)
        if spec.field.input == "select" and choices and text not in {choice.value for choice in choices}:
            raise Invalid(message=_("Choose one of the options."))
        if spec.field.input == "email" and not EMAIL.fullmatch(text):
            raise Invalid(message=_("Enter an email address such as ana@example.com."))
        self._bounds(spec, text)
        many = get_origin(spec.base) in (tuple, list)
        given: Any = [part for part in re.split(r"[\s,]+", text) if part] if many else text
        try:
            return msgspec.convert(given, spec.type, strict=False)
        except msgspec.ValidationError:
            raise Invalid(message=_not_a(spec)) from None

    def _empty(self, spec: _Spec) -> Any:
        if spec.field.input == "secret" and self.keeps_secrets:
            return getattr(self.stored, spec.name, "")
        if self._required(spec):
            raise Invalid(message=_("Fill this in."))
        if spec.optional:
            return None
        if spec.base is str:
            return ""
        if get_origin(spec.base) in (tuple, list):
            return get_origin(spec.base)()
        if spec.default is not msgspec.NODEFAULT:
            return spec.default
        raise Invalid(message=_("Fill this in."))

    def _bounds(self, spec: _Spec, text: str) -> None:
        meta = spec.meta
        if meta.min_length is not None and len(text) < meta.min_length:
            raise Invalid(message=_("Use at least %(count)s characters.", count=meta.min_length))
        if meta.max_length is not None and len(text) > meta.max_length:
            raise Invalid(message=_("Use at most %(count)s characters.", count=meta.max_length))
        if spec.base not in (int, float):
            return
        try:
            number = spec.base(text)
        except ValueError:
            raise Invalid(message=_not_a(spec)) from None
        low, high = (meta.ge if meta.ge is not None else meta.gt), (meta.le if meta.le is not None else meta.lt)
        if (low is not None and number < low) or (meta.gt is not None and number <= meta.gt):
            raise Invalid(message=_("Enter a number that is at least %(low)s.", low=low))
        if (high is not None and number > high) or (meta.lt is not None and number >= meta.lt):
            raise Invalid(message=_("Enter a number that is at most %(high)s.", high=high))


def _not_a(spec: _Spec) -> str:
    return _("Enter a whole number.") if spec.base is int else _("This cannot be used here.")


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(str(one) for one in value)
    return render(value) if isinstance(value, Text) else str(value)


def _all(typed: Typed, name: str) -> list[str]:
    if hasattr(typed, "getall"):
        return [str(one) for one in typed.getall(name, [])]
    found = typed.get(name, [])
    return [str(one) for one in found] if isinstance(found, list | tuple) else [str(found)]
