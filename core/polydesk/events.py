"""Events reach plugins at least once: the announcement commits with what it announces, and a job tells it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, get_type_hints

import msgspec

from polydesk import hooks, jobs, plugins
from polydesk.types import JobKind, Scope

P = ParamSpec("P")


async def announce(scope: Scope, spec: Callable[P, Awaitable[None]], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """Have every plugin that is on in this scope told, after the transaction at hand has committed."""
    if plugins.listeners(scope, spec, getattr(kwargs.get("conversation"), "channel", None)):
        payload = {name: msgspec.to_builtins(value) for name, value in kwargs.items()}
        await jobs.enqueue("events.tell", {"hook": spec.__name__, "scope": list(scope), "payload": payload})


async def _tell(job: jobs.Job) -> None:
    spec: Callable[..., Awaitable[None]] = getattr(hooks, job.args["hook"])
    wanted: dict[str, Any] = get_type_hints(spec)
    payload = {name: msgspec.convert(value, wanted[name]) for name, value in job.args["payload"].items()}
    await plugins.tell(Scope(*job.args["scope"]), spec, **payload)


JOBS = (JobKind(name="events.tell", handler=_tell),)
