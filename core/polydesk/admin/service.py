"""What an admin reads and switches that belongs to no domain: plugins and background work."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from polydesk import db, i18n, jobs, live, plugins
from polydesk.audit import service as audit
from polydesk.errors import Forbidden, NotFound
from polydesk.i18n import _
from polydesk.plugins import Failure, known
from polydesk.scopes import switches, switching, watching
from polydesk.scopes.switches import Cell
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
    unavailable: Text | None
    advice: Text | None
    resting: str
    on: bool
    failures: tuple[Failure, ...]
    catalogue: str = ""
    deprecated: tuple[str, ...] = ()


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
            advice=plugin.reason.advice if plugin.reason else None,
            resting=plugins.status(plugin.name) if viewer.is_owner else "",
            on=switches.is_on(plugin.name, Scope()),
            deprecated=plugin.deprecated,
            catalogue=i18n.broken.get(f"polydesk_{plugin.name}", ""),
            failures=tuple(
                # An error may quote what belongs to any client.
                failure if viewer.is_owner else msgspec.structs.replace(failure, reason="")
                for failure in failures
                if failure.plugin == plugin.name
            ),
        )
        for plugin in plugins.registry().plugins.values()
    ]
    return sorted(views, key=lambda view: (not view.unavailable, not view.failures, view.name))


async def switch_plugin(viewer: Viewer, plugin: str, on: bool | None, scope: Scope | None = None) -> None:
    """Turn a plugin on or off at a scope (None: as inherited), at once. The installation's is its owners'."""
    scope = scope or Scope()
    viewer.require("plugin.manage", scope.client, scope.market)
    if plugin not in plugins.registry().plugins or (scope.client is None and not viewer.is_owner):
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    await switching.change({Cell(plugin, *scope): on}, viewer.id)


async def forget_failures(viewer: Viewer, plugin: str) -> None:
    """Clear a plugin's record after a fix, and let it work again at once; for all clients, so for owners."""
    viewer.require("plugin.manage")
    if not viewer.is_owner:
        raise Forbidden(_("Only an owner may do this."))
    await plugins.forget(plugin)
    live.signal(0, "health")


async def removed_plugins(viewer: Viewer) -> list[known.Left]:
    """Plugins that are not installed any more, and what of them is kept; for owners."""
    viewer.require("plugin.manage")
    return await known.removed() if viewer.is_owner else []


async def erase_plugin(viewer: Viewer, name: str) -> known.Left:
    """Erase what a removed plugin left; an owner's decision, written into the book."""
    viewer.require("plugin.manage")
    if not viewer.is_owner:
        raise Forbidden(_("Only an owner may do this."))
    try:
        async with db.transaction():
            left = await known.forget(name)
            gone = {"plugin": name, "tables": list(left.tables), "rows": left.rows}
            await audit.record("plugin.forgotten", Scope(), viewer.id or None, gone)
    except LookupError:
        raise NotFound(_("There is nothing here, or it is not yours to see.")) from None
    await watching.look()
    return left


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
