"""Read what strangers send: whatever is wrong with it, it is unreadable, in words, and nothing worse."""

from __future__ import annotations

from typing import Any, TypeVar, overload

import msgspec

from polydesk.errors import Unreadable
from polydesk.i18n import N_
from polydesk.types import Text

T = TypeVar("T")


@overload
def json(raw: bytes) -> Any: ...
@overload
def json(raw: bytes, kind: type[T]) -> T: ...
def json(raw: bytes, kind: Any = Any) -> Any:
    """JSON of this shape; `Unreadable` for all else: bytes that are no text, nesting without end, another shape."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(Text(N_("This is not what was expected here: {error}"), {"error": str(error)})) from None
