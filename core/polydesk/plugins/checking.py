"""Is a value of the type that was promised? What a plugin answers is looked at before anybody uses it."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

# Declared `Any`, because their signatures are told in words; anything that can be called will do.
_CALLED = frozenset(("handler", "load", "tell", "export", "erase", "read", "write", "compute", "on_dead"))


def misfit(value: Any, hint: Any) -> str:
    """Why a value is not of this type, in few words; "" when it is."""
    if hint is Any or hint is object or isinstance(hint, str):
        return ""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        options = get_args(hint)
        if value is None and type(None) in options:
            return ""
        if any(not misfit(value, each) for each in options):
            return ""
        return _not(value, " or ".join(_called(each) for each in options))
    if origin is Literal:
        return "" if value in get_args(hint) else _not(value, " or ".join(map(repr, get_args(hint))))
    if hint is None or hint is type(None):
        return "" if value is None else _not(value, "None")
    if origin in (list, tuple, dict, set, frozenset):
        return _container(value, origin, get_args(hint))
    if origin is type:
        return "" if isinstance(value, type) else _not(value, "a class")
    if origin is not None:
        return ""
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return ""
    if isinstance(hint, type) and not isinstance(value, hint):
        return _not(value, _called(hint))
    if isinstance(value, bool) and hint is int:
        return _not(value, "int")
    return _inside(value) if isinstance(value, msgspec.Struct) else ""


def _container(value: Any, origin: type, args: tuple[Any, ...]) -> str:
    if not isinstance(value, origin):
        return _not(value, origin.__name__)
    held: Any = value
    pairs: Any
    if not args:
        return ""
    if origin is dict:
        pairs = [(each, args[at]) for one in held.items() for at, each in enumerate(one)]
    elif origin is tuple and not (len(args) == 2 and args[1] is Ellipsis):
        if len(held) != len(args):
            return _not(value, f"a tuple of {len(args)}")
        pairs = zip(held, args, strict=True)
    else:
        pairs = ((each, args[0]) for each in held)
    return next((words for each, hint in pairs if (words := misfit(each, hint))), "")


def _inside(value: msgspec.Struct) -> str:
    for name, hint in _hints(type(value)).items():
        found = getattr(value, name)
        if name in _CALLED:
            words = "" if found is None or callable(found) else _not(found, "a function")
        else:
            words = misfit(found, hint)
        if words:
            return f"{type(value).__name__}.{name} {words}"
    return ""


@lru_cache(maxsize=500)
def _hints(kind: type) -> dict[str, Any]:
    try:
        known = get_type_hints(kind)
    except Exception:
        # A class of the plugin's own with names that nothing knows: its fields are its own business.
        return {}
    return {name: hint for name, hint in known.items() if name in getattr(kind, "__struct_fields__", ())}


@lru_cache(maxsize=200)
def promised(spec: Callable[..., Any]) -> Any:
    """What a hook answers, by its specification."""
    from polydesk import hooks

    hint = inspect.get_annotations(spec).get("return", "Any")
    return eval(hint, vars(hooks)) if isinstance(hint, str) else hint  # noqa: S307 - our own annotations


def _called(hint: Any) -> str:
    return "None" if hint in (None, type(None)) else getattr(hint, "__name__", str(hint))


def _not(value: Any, wanted: str) -> str:
    try:
        shown = repr(value)
    except Exception:
        shown = "…"
    return f"is {type(value).__name__} {shown[:60]}, not {wanted}"
