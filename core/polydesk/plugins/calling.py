"""Call hooks by kind, where plugins are on, each within its time budget and apart from the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, ParamSpec, TypeVar

from polydesk.i18n import N_, render
from polydesk.plugins import health
from polydesk.plugins.checking import misfit, promised
from polydesk.plugins.finding import Implementation, Plugin, registry
from polydesk.plugins.watchdog import at_work
from polydesk.scopes.switches import enabled
from polydesk.types import Scope, Text

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


def listeners(scope: Scope, spec: Callable[..., Any], channel: str | None = None) -> bool:
    """Would anyone hear this here? With a channel: about a conversation that is on it."""
    return any(_concerns(each, channel) for each in _implementations(scope, spec))


def listening(scope: Scope, spec: Callable[..., Any]) -> frozenset[str]:
    """The names of the plugins that implement a hook here."""
    return frozenset(each.plugin.name for each in _implementations(scope, spec))


async def tell(scope: Scope, spec: Callable[P, Awaitable[None]], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """Tell an event to everyone, one after another; who fails is recorded, the others still hear it."""
    channel = getattr(kwargs.get("conversation"), "channel", None)
    for implementation in _implementations(scope, spec):
        if _concerns(implementation, channel):
            await _call(implementation, spec, kwargs)


async def ask(scope: Scope, spec: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> list[Answered[T]]:
    """Every plugin's answer; one that fails or is late has a `failure` instead of a value."""
    return list(
        await asyncio.gather(*(_call(implementation, spec, kwargs) for implementation in _implementations(scope, spec)))
    )


async def decide(
    scope: Scope, spec: Callable[P, Awaitable[T | None]], /, *args: P.args, **kwargs: P.kwargs
) -> Answered[T] | None:
    """The first answer that is not None; one that fails is passed over."""
    for implementation in _implementations(scope, spec):
        answer: Answered[T] = await _call(implementation, spec, kwargs)
        if answer.value is not None:
            return answer
    return None


async def call_quickly(plugin: Plugin, what: str, function: Callable[..., T], *args: Any) -> T | None:
    """Run a plain function of a plugin's contribution; None, and a record, when it raises or the plugin rests."""
    if health.resting(plugin.name, what):
        return None
    try:
        with at_work(plugin.name, what):
            return function(*args)
    except Exception as error:
        await health.failed(plugin.name, what, f"{type(error).__name__}: {error}")
        return None


def _implementations(scope: Scope, spec: Callable[..., Any]) -> tuple[Implementation, ...]:
    return registry().implementations(spec.__name__, enabled(scope))


def _concerns(implementation: Implementation, channel: str | None) -> bool:
    wanted: frozenset[str] | None = getattr(implementation.function, "polydesk_only", None)
    return wanted is None or channel is None or channel in wanted


async def _call(implementation: Implementation, spec: Callable[..., Any], arguments: dict[str, Any]) -> Answered[Any]:
    plugin, hook = implementation.plugin, spec.__name__
    if health.resting(plugin.name, hook):
        return Answered(plugin, None, health.status(plugin.name))
    given = {name: arguments[name] for name in implementation.arguments if name in arguments}
    reason: str | Text
    try:
        async with asyncio.timeout(BUDGET_SECONDS):
            with at_work(plugin.name, hook):
                value = await implementation.function(**given)
    except TimeoutError:
        reason = Text(N_("It took longer than {seconds} s."), {"seconds": f"{BUDGET_SECONDS:g}"})
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        words = misfit(value, promised(spec))
        if not words:
            health.succeeded(plugin.name, hook)
            return Answered(plugin, value)
        reason = Text(N_("Its answer {words}."), {"words": words})
    await health.failed(plugin.name, hook, reason)
    return Answered(plugin, None, render(reason))
