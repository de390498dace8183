"""The commands of plugins, a group for each; they refuse while the plugin is off in the whole desk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import click

from polydesk.cli.running import command, settings
from polydesk.errors import PolydeskError


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        """Look first whether the plugin is on; who asks for help gets it in any case."""
        if {"-h", "--help"}.isdisjoint(sys.argv):
            _must_be_on(str(self.name))
        return super().invoke(ctx)


def found() -> dict[str, click.Command]:
    """By the name of the plugin."""
    from polydesk import hooks
    from polydesk import plugins as registry
    from polydesk.plugins import finding

    wanted = Counter(entry.name for entry in finding.found())
    logging.disable(logging.WARNING)
    try:
        # Whose a name is that two want, the desk itself knows.
        registry.load(elders=asyncio.run(_elders()) if max(wanted.values(), default=0) > 1 else {})
    finally:
        logging.disable(logging.NOTSET)
    groups: dict[str, click.Command] = {}
    for plugin, entry in registry.collect(hooks.polydesk_commands):
        label = f"Commands of the plugin {plugin.name}."
        group = groups.setdefault(plugin.name, _Group(plugin.name, help=label))
        if isinstance(group, click.Group):
            group.add_command(entry)
    return groups


@asynccontextmanager
async def _asked() -> AsyncIterator[bool]:
    """With the database open, if there is one that answers: without, there is nothing to be asked."""
    from polydesk import db, desk

    given = settings()
    if given.dialect == "sqlite" and not given.sqlite_path.exists():
        yield False  # Opening it would make it.
        return
    try:
        await desk.connect(given, patience=2.0)
    except PolydeskError:
        yield False
        return
    try:
        yield True
    finally:
        await db.close()


async def _elders() -> dict[str, str]:
    from polydesk.plugins import known

    with contextlib.suppress(PolydeskError):
        async with _asked() as there:
            return await known.elders() if there else {}
    return {}


@command
async def _must_be_on(plugin: str) -> None:
    from polydesk.scopes import switches
    from polydesk.scopes.tables import PluginSwitchRow

    async with _asked() as there:
        if not there or not await PluginSwitchRow.table_exists().run():
            return
        given = await switches.read([plugin])
        installed = next((on for cell, on in given.items() if cell.scope == (None, None)), True)
        if not installed and True not in given.values():
            raise PolydeskError(f"The plugin {plugin} is switched off everywhere (polydesk plugin switch {plugin} on).")
