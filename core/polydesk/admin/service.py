"""What an admin reads and switches that belongs to no domain: plugins and background work."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from polydesk import jobs, live, plugins
from polydesk.errors import Forbidden, NotFound
from polydesk.i18n import _
from polydesk.plugins import Failure
from polydesk.scopes import switches
from polydesk.staff.access import Viewer
from polydesk.types import Scope, Text


class PluginView(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin as the health screen shows it. `resting` is why its calls are paused now, "" when they are not."""

    name: str
    label: Text
    description: Text
    version: str
    distribution: str
    module: str
    hooks: tuple[str, ...]
    unavailable: str
    resting: str
    on: bool
    failures: tuple[Failure, ...]


async def list_plugins(viewer: Viewer) -> list[PluginView]:
    """Every installed plugin, those with trouble first."""
    viewer.require("plugin.manage")
    failures = await plugins.recorded()
    views = [
        PluginView(
            name=plugin.name,
            label=plugin.info.label if plugin.info else Text(plugin.name),
            description=plugin.info.description if plugin.info else Text(""),
            version=plugin.version,
            distribution=plugin.distribution,
            module=plugin.module_name,
            hooks=plugin.hooks,
            unavailable=plugin.unavailable,
            resting=plugins.status(plugin.name),
            on=switches.is_on(plugin.name, Scope()),
            failures=tuple(failure for failure in failures if failure.plugin == plugin.name),
        )
        for plugin in plugins.registry().plugins.values()
    ]
    return sorted(views, key=lambda view: (not view.unavailable, not view.failures, view.name))


async def switch_plugin(viewer: Viewer, plugin: str, on: bool, scope: Scope | None = None) -> None:
    """Turn a plugin on or off at a scope, in every process at once. The installation's switch belongs to owners."""
    scope = scope or Scope()
    viewer.require("plugin.manage", scope.client, scope.market)
    if plugin not in plugins.registry().plugins or (scope.client is None and not viewer.is_owner):
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    await switches.switch(plugin, scope, on)
    await switches.reload(switches.installed())
    live.signal(0, "plugins")
    live.signal(0, "health")


async def forget_failures(viewer: Viewer, plugin: str) -> None:
    """Clear a plugin's record after a fix, and let it work again at once."""
    viewer.require("plugin.manage")
    await plugins.forget(plugin)
    live.signal(0, "health")


async def list_jobs(viewer: Viewer, state: jobs.State) -> Sequence[jobs.Listed]:
    """Background work of the viewer's clients (owners: all) in a state."""
    viewer.require("job.manage")
    listed = await jobs.listing(state)
    return [job for job in listed if viewer.is_owner or job.client in viewer.clients]


async def retry_job(viewer: Viewer, job: int) -> None:
    """Run failed work again now."""
    viewer.require("job.manage")
    if not viewer.is_owner:
        raise Forbidden(_("Only an owner may do this."))
    await jobs.retry(job)
