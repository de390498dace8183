"""Call hooks by kind, where plugins are on, each within its time budget and apart from the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, ParamSpec, TypeVar

from polydesk.plugins import health
from polydesk.plugins.finding import Implementation, Plugin, registry
from polydesk.scopes.switches import enabled
from polydesk.types import Scope

P = ParamSpec("P")
T = TypeVar("T")
BUDGET_SECONDS = 2.0


class Answered(Generic[T]):
    """One plugin's answer, or the reason it has none."""

    __slots__ = ("failure", "plugin", "value")

    def __init__(self, plugin: Plugin, value: T | None, failure: str = "") -> None:
        self.plugin, self.value, self.failure = plugin, value, failure


def collect(spec: Callable[[], list[T]], scope: Scope | None = None) -> list[tuple[Plugin, T]]:
    """What plugins contributed at start, with whose it is; with a scope, only of plugins that are on there."""
    found: list[tuple[Plugin, T]] = registry().contributions.get(spec.__name__, [])
    if scope is None:
        return list(found)
    on = enabled(scope)
    return [pair for pair in found if pair[0].name in on]


def contributor(spec: Callable[[], list[T]], name: str) -> tuple[Plugin, T] | None:
    """The contribution of this name, if some plugin made it."""
    for plugin, entry in registry().contributions.get(spec.__name__, ()):
        if getattr(entry, "name", None) == name:
            return plugin, entry
    return None


def listeners(scope: Scope, spec: Callable[..., Any]) -> bool:
    """Would anyone hear this here?"""
    return bool(_implementations(scope, spec))


async def tell(scope: Scope, spec: Callable[P, Awaitable[None]], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """Tell an event to everyone, one after another; who fails is recorded, the others still hear it."""
    for implementation in _implementations(scope, spec):
        await _call(implementation, spec.__name__, kwargs)


async def ask(scope: Scope, spec: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> list[Answered[T]]:
    """Every plugin's answer; one that fails or is late has a `failure` instead of a value."""
    return list(
        await asyncio.gather(
            *(_call(implementation, spec.__name__, kwargs) for implementation in _implementations(scope, spec))
        )
    )


async def decide(
    scope: Scope, spec: Callable[P, Awaitable[T | None]], /, *args: P.args, **kwargs: P.kwargs
) -> Answered[T] | None:
    """The first answer that is not None; one that fails is passed over."""
    for implementation in _implementations(scope, spec):
        answer: Answered[T] = await _call(implementation, spec.__name__, kwargs)
        if answer.value is not None:
            return answer
    return None


async def call_quickly(plugin: Plugin, what: str, function: Callable[..., T], *args: Any) -> T | None:
    """Run a plain function of a plugin's contribution; None, and a record, when it raises or the plugin rests."""
    if health.resting(plugin.name):
        return None
    try:
        return function(*args)
    except Exception as error:
        await health.failed(plugin.name, what, f"{type(error).__name__}: {error}")
        return None


def _implementations(scope: Scope, spec: Callable[..., Any]) -> tuple[Implementation, ...]:
    return registry().implementations(spec.__name__, enabled(scope))


async def _call(implementation: Implementation, hook: str, arguments: dict[str, Any]) -> Answered[Any]:
    plugin = implementation.plugin
    if health.resting(plugin.name):
        return Answered(plugin, None, health.status(plugin.name))
    given = {name: arguments[name] for name in implementation.arguments if name in arguments}
    try:
        async with asyncio.timeout(BUDGET_SECONDS):
            value = await implementation.function(**given)
    except TimeoutError:
        reason = f"It took longer than {BUDGET_SECONDS:g} s."
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        health.succeeded(plugin.name)
        return Answered(plugin, value)
    await health.failed(plugin.name, hook, reason)
    return Answered(plugin, None, reason)
