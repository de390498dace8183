"""The four kinds of hook, read off a specification's signature, and what an implementation must keep of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal, get_args

from polydesk import hooks

Kind = Literal["contribution", "event", "question", "decision"]


def kind_of(spec: Callable[..., Any]) -> Kind:
    """Which kind a specification is; `TypeError` when its signature is none of the four."""
    answer = str(spec.__annotations__.get("return", ""))
    if not inspect.iscoroutinefunction(spec):
        if answer.startswith("list["):
            return "contribution"
        raise TypeError(f"{spec.__name__}: a hook that is not async must return a list (contribution)")
    if answer == "None":
        return "event"
    if answer.endswith("| None"):
        return "decision"
    if answer:
        return "question"
    raise TypeError(f"{spec.__name__}: an async hook must state what it returns")


def specifications() -> dict[str, Callable[..., Any]]:
    """Every hook specification by name, in the order of `hooks.py`."""
    return {name: spec for name, spec in vars(hooks).items() if name.startswith("polydesk_") and callable(spec)}


def element_type(spec: Callable[..., Any]) -> type[Any]:
    """What a contribution's list holds."""
    import click
    from litestar import Router

    from polydesk.channel import Channel
    from polydesk.simulator import Simulator
    from polydesk.strategy import Strategy

    names = {"Channel": Channel, "Simulator": Simulator, "Strategy": Strategy, "Router": Router, "click": click}
    hint = inspect.get_annotations(spec, globals={**vars(hooks), **names}, eval_str=True)["return"]
    (element,) = get_args(hint)
    return element if isinstance(element, type) else type


def why_unfit(spec: Callable[..., Any], implementation: Callable[..., Any]) -> str:
    """Why an implementation cannot serve this specification, as a sentence; "" when it can."""
    name = spec.__name__
    kind = kind_of(spec)
    is_async = inspect.iscoroutinefunction(implementation)
    if kind == "contribution" and is_async:
        return f"{name} is collected once at start and must be a plain function, not async."
    if kind != "contribution" and not is_async:
        return (
            f"{name} is an {kind} hook and must be declared with async def."
            if kind == "event"
            else (f"{name} is a {kind} hook and must be declared with async def.")
        )
    allowed = set(inspect.signature(spec).parameters)
    for parameter in inspect.signature(implementation).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            return f"{name} may not take *args or **kwargs: name the arguments it uses."
        if parameter.name not in allowed:
            return f"{name} has no argument “{parameter.name}”; it has: {', '.join(sorted(allowed)) or 'none'}."
    return ""


def deprecation_of(spec: Callable[..., Any]) -> hooks.Deprecation | None:
    """Since when and until when a hook is still there, if it will go."""
    return getattr(spec, "polydesk_deprecated", None)
