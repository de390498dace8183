"""The commands of plugins, a group for each; they refuse while the plugin is off in the whole desk."""

from __future__ import annotations

import logging
from typing import Any

import click

from polydesk.cli.running import command, settings
from polydesk.errors import PolydeskError


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        """Look first whether the plugin is on."""
        _must_be_on(str(self.name))
        return super().invoke(ctx)


def found() -> dict[str, click.Command]:
    """By the name of the plugin."""
    from polydesk import hooks
    from polydesk import plugins as registry

    logging.disable(logging.WARNING)
    try:
        registry.load()
    finally:
        logging.disable(logging.NOTSET)
    groups: dict[str, click.Command] = {}
    for plugin, entry in registry.collect(hooks.polydesk_commands):
        label = f"Commands of the plugin {plugin.name}."
        group = groups.setdefault(plugin.name, _Group(plugin.name, help=label))
        if isinstance(group, click.Group):
            group.add_command(entry)
    return groups


@command
async def _must_be_on(plugin: str) -> None:
    from polydesk import db, desk
    from polydesk.scopes import switches
    from polydesk.scopes.tables import PluginSwitchRow

    asked = settings()
    if asked.dialect == "sqlite" and not asked.sqlite_path.exists():
        return  # Opening it would make it; what is nowhere is not switched off either.
    await desk.connect(asked, patience=2.0)
    try:
        if not await PluginSwitchRow.table_exists().run():
            return
        await switches.reload(frozenset({plugin}))
        if not switches.on_somewhere(plugin):
            raise PolydeskError(f"The plugin {plugin} is switched off everywhere (polydesk plugin switch {plugin} on).")
    finally:
        await db.close()
