"""`polydesk plugin switch | undo | forget`: where plugins are on, and what removed ones left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import click

from polydesk.cli.plugin import plugin
from polydesk.cli.running import command, settings
from polydesk.errors import PolydeskError
from polydesk.scopes.service import Client
from polydesk.types import Scope

FOR = click.option("--for", "place", default="", metavar="CLIENT[/MARKET]", help="A client, or one market of it.")
_STATES = {"on": True, "off": False, "inherit": None}


async def _open(act: Callable[[], Awaitable[None]]) -> None:
    """With the desk's plugins and switches known, and other processes within hearing."""
    from polydesk import desk, poke

    found = settings(log_level="error")
    async with desk.open(found, migrate=False):
        await act()
    poke.poke(found)


async def scope_of(place: str) -> Scope:
    """The place that `--for` names."""
    from polydesk.scopes import service as scopes

    if not place:
        return Scope()
    name, _slash, code = place.partition("/")
    client = _one(await scopes.list_clients(), name)
    if not code:
        return Scope(client.id)
    market = next((each for each in client.markets if code.lower() in (each.code.lower(), each.name.lower())), None)
    if market is None:
        known = ", ".join(each.code for each in client.markets) or "none"
        raise PolydeskError(f"{client.name} has no market {code}. It has: {known}.")
    return Scope(client.id, market.id)


def _one(clients: list[Client], name: str) -> Client:
    found = next((each for each in clients if name.lower() in (each.slug, each.name.lower())), None)
    if found is None:
        raise PolydeskError(
            f"There is no client {name}. There are: {', '.join(each.slug for each in clients) or 'none'}."
        )
    return found


@plugin.command()
@click.argument("name")
@click.argument("state", type=click.Choice(list(_STATES)))
@FOR
@command
async def switch(name: str, state: str, place: str) -> None:
    """Switch a plugin on or off, or back to what it inherits; every process follows at once."""
    from polydesk import plugins
    from polydesk.scopes import switching
    from polydesk.scopes.switches import Cell

    async def act() -> None:
        if name not in plugins.registry().plugins:
            raise PolydeskError(f"There is no plugin {name}. `polydesk plugin list` names them.")
        made = await switching.change({Cell(name, *await scope_of(place)): _STATES[state]}, None)
        if not made:
            click.echo("It was like that already.")
        else:
            click.echo(f"Done. `polydesk plugin undo {made}` takes it back.")

    await _open(act)


@plugin.command()
@click.argument("change", type=int)
@command
async def undo(change: int) -> None:
    """Put every switch of a change back as it was."""
    from polydesk.scopes import switching

    async def act() -> None:
        click.echo(f"{await switching.undo(change, None)} switches are as they were before.")

    await _open(act)


@plugin.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@command
async def forget(name: str, yes: bool) -> None:
    """Erase what a plugin that is no longer installed left behind: tables, settings, switches and work."""
    from polydesk.admin import service
    from polydesk.plugins import known
    from polydesk.staff import service as staff

    async def act() -> None:
        left = next((each for each in await known.removed() if each.name == name), None)
        if left is None:
            raise PolydeskError(f"{name} is installed, or never was: only what a removed plugin left can be erased.")
        tables = f": {', '.join(left.tables)}" if left.tables else ""
        click.echo(f"{left.rows} rows in {len(left.tables)} tables{tables}")
        click.echo(f"{left.settings} settings, {left.switches} switches, {left.jobs} waiting jobs")
        if not yes and not click.confirm("Erase all of it? This cannot be taken back."):
            return
        await service.erase_plugin(await staff.console(), name)
        click.echo("Erased. What it wrote into timelines stays.")

    await _open(act)
