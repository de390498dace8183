"""Values as a person wrote them into a file, made into one of our shapes or refused by field."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from polydesk.errors import Invalid
from polydesk.i18n import _

T = TypeVar("T")
_AT = re.compile(r"(.+) - at `\$\.?(.*)`$")
_FIELD = re.compile(r"`(\w+)`")


def shape(values: Any, kind: type[T]) -> T:
    """The values as `kind`; `Invalid` names the field otherwise. Fields nobody knows are refused, not lost."""
    if issubclass(kind, msgspec.Struct):
        known = {field.encode_name for field in msgspec.structs.fields(kind)}
        if not isinstance(values, dict):
            raise Invalid(message=_("This must be names with values."))
        if unknown := next((name for name in values if name not in known), None):
            raise Invalid({unknown: _("There is no such field.")})
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        said = _AT.fullmatch(str(error))
        words, field = (said[1], said[2]) if said else (str(error), "")
        if not field and (named := _FIELD.search(words)):
            field = named[1]
        raise Invalid({field or "values": words}) from None
