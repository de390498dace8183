"""`polydesk plugin list`: what is installed, whether it can be used, and where it is on.

Somebody asks it whose desk does not start: it writes nothing, and needs no database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import click

from polydesk.cli.plugin import plugin
from polydesk.cli.running import command, settings
from polydesk.cli.switching import FOR, scope_of
from polydesk.errors import PolydeskError
from polydesk.plugins import Plugin
from polydesk.settings import Settings
from polydesk.types import Scope


@plugin.command("list")
@FOR
@click.option("--hooks", is_flag=True, help="Also what each implements.")
@command
async def listing(place: str, hooks: bool) -> None:
    """Show what is installed, what is wrong with it, and what is on: in the installation, a client or a market."""
    from polydesk import plugins
    from polydesk.plugins import known

    async with _loaded(settings(log_level="error")) as trouble:
        if trouble and place:
            raise PolydeskError(f"Where plugins are on cannot be told: {trouble}")
        states = {} if trouble else await _states(place)
        left = [] if trouble else await known.removed()
    for name, found in sorted(plugins.registry().plugins.items()):
        state, why = states.get(name, ("ok", ""))
        _say(found, state, why, hooks)
    for gone in left:
        click.echo(f"gone  {gone.name:14} {gone.version or '-':9} {gone.label}")
        click.echo(f"      It was removed, its data is kept: {gone.rows} rows in {len(gone.tables)} tables.")
        click.echo(f"      polydesk plugin forget {gone.name}")
    if trouble:
        click.echo(f"Where they are on cannot be told: {trouble}", err=True)


def _say(plugin: Plugin, state: str, why: str, hooks: bool) -> None:
    label = str(plugin.info.label) if plugin.info else ""
    if plugin.reason is not None:
        state, why = "fail", ""
    click.echo(f"{state:4}  {plugin.name:14} {plugin.version or '-':9} {label:24} {why}".rstrip())
    if plugin.reason is not None:
        click.echo(f"      {plugin.reason.words}")
        click.echo(f"      {plugin.reason.advice}")
    for hook in plugin.hooks if hooks else ():
        click.echo(f"      {hook}")


@asynccontextmanager
async def _loaded(found: Settings) -> AsyncIterator[str]:
    """With the plugins loaded as the desk would, and the database open; why there is none to be asked, or ""."""
    from polydesk import db, desk, plugins
    from polydesk.plugins import known

    try:
        if found.dialect == "sqlite" and not found.sqlite_path.exists():
            # Opening it would make it.
            raise PolydeskError("there is no database yet.")
        await desk.connect(found, patience=2.0)
    except PolydeskError as error:
        plugins.load(safe_mode=found.safe_mode)
        yield str(error)
        return
    try:
        registry = plugins.load(safe_mode=found.safe_mode, elders=await known.elders())
        db.leave_out(registry.out_of_use)
        late = any(each.startswith("polydesk:") for each in await db.pending())
        yield "the database is not up to date (polydesk migrate)." if late else ""
    finally:
        await db.close()


async def _states(place: str) -> dict[str, tuple[str, str]]:
    """Of each plugin: on or off there, and what says so."""
    from polydesk import plugins
    from polydesk.scopes import service as scopes
    from polydesk.scopes import switches

    scope = await scope_of(place)
    clients = {each.id: each.name for each in await scopes.list_clients()}
    await switches.reload(frozenset(each.name for each in plugins.registry().plugins.values() if each.available))
    states = {}
    for name in plugins.registry().plugins:
        given = switches.given(name)
        on, source = switches.resolve(given, scope)
        if source is None:
            why = "as installed"
        elif source == tuple(scope):
            why = "switched here"
        else:
            why = f"from {clients.get(source[0], '?') if source[0] else 'the installation'}"
        own = sum(each != switches.INSTALLATION for each in given)
        more = f", {own} switches at clients and markets" if own and scope == Scope() else ""
        states[name] = ("on" if on else "off", why + more)
    return states
