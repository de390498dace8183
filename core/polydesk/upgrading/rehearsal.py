"""The rehearsal itself: on a copy, tables are brought up to date and every plugin is held against this version."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from polydesk import db, desk, plugins, secrets
from polydesk import settings as configuration
from polydesk.channels import service as channels
from polydesk.plugin_settings import service as plugin_settings
from polydesk.plugins import known
from polydesk.plugins.finding import Registry
from polydesk.scopes import switches
from polydesk.settings import Settings
from polydesk.upgrading.copying import copied


class Report(msgspec.Struct, kw_only=True):
    """What the rehearsal found: what would be migrated, what would break, what deserves a look."""

    pending: list[str] = []
    breaks: list[str] = []
    remarks: list[str] = []
    seconds: float = 0.0


async def rehearse(settings: Settings, say: Callable[[str], None]) -> Report:
    """Play the upgrade to this version through on a copy; the desk's own database and files stay as they are."""
    report, begun = Report(), time.monotonic()
    desk.make_data_dir(settings)
    say("Copying the database …")
    async with copied(settings) as there:
        configuration.use(there)
        secrets.open(configuration.keys(there))
        await desk.connect(there, 5.0)
        try:
            await _play(report, say)
        finally:
            await db.close()
            configuration.use(settings)
    report.seconds = time.monotonic() - begun
    return report


async def _play(report: Report, say: Callable[[str], None]) -> None:
    say("Loading the plugins …")
    registry = plugins.load(elders=await known.elders())
    left_out = [name for name, plugin in registry.plugins.items() if not plugin.available]
    report.breaks += [f"plugin {name}: {registry.plugins[name].unavailable}" for name in left_out]
    db.leave_out(registry.out_of_use)
    report.pending = await db.pending()
    say(f"Migrating the copy: {len(report.pending)} steps …")
    for name, error in (await db.migrate()).items():
        report.breaks.append(f"plugin {name}: its tables cannot be brought up to date: {error}")
    await switches.reload(frozenset(name for name, plugin in registry.plugins.items() if plugin.available))
    _deprecated(registry, report)
    say("Reading what is stored …")
    await _settings(registry, report)
    await _accounts(report)
    for gone in await known.removed():
        report.remarks.append(f"plugin {gone.name} {gone.version} is not installed any more; its data is kept")


def _deprecated(registry: Registry, report: Report) -> None:
    for name, plugin in sorted(registry.plugins.items()):
        report.remarks += [f"plugin {name} uses {words}" for words in plugin.deprecated]


async def _settings(registry: Registry, report: Report) -> None:
    for name, plugin in sorted(registry.plugins.items()):
        if plugin.available and plugin_settings.kind_of(name) is not None:
            report.breaks += [f"settings of plugin {name}: {words}" for words in await plugin_settings.misfits(name)]


async def _accounts(report: Report) -> None:
    for row in await db.fetch("SELECT id, name, channel FROM pd_account ORDER BY id"):
        try:
            await channels.load(row["id"])
        except Exception as error:
            report.breaks.append(f"account {row['name']} ({row['channel']}): {error}")
