"""A desk that is filled, or written to, by people who do not exist."""

from __future__ import annotations

import click

from polydesk import __version__
from polydesk.cli.groups import main
from polydesk.cli.running import command, settings, until_signal
from polydesk.errors import PolydeskError, SettingsError


@main.command()
@click.option("--if-empty", is_flag=True, help="Do nothing when there is an owner already.")
@click.option("--quiet", is_flag=True, help="Say only how to sign in.")
@command
async def demo(if_empty: bool, quiet: bool) -> None:
    """Fill an empty desk: three clients, eight agents, sixty conversations in several languages."""
    from polydesk import demo as demonstration
    from polydesk import desk
    from polydesk.staff import people

    found = settings()
    await desk.reachable(found, 5.0)
    async with desk.alone(found), desk.open(found):
        if not await people.needs_owner():
            if if_empty:
                return
            raise PolydeskError("This desk is in use already; demo data goes into an empty one only.")
        await demonstration.load(found, (lambda _: None) if quiet else click.echo, click.echo)


@main.command()
@click.option("--host", help="Address to listen on (POLYDESK_HOST, 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (POLYDESK_PORT, 8000).")
@command
async def simulate(host: str | None, port: int | None) -> None:
    """Serve a demo desk on which people who do not exist write and call, by every channel and in 13 languages."""
    stop = until_signal()
    from polydesk import demo as demonstration
    from polydesk import desk, serving
    from polydesk.demo.post_office import is_demo
    from polydesk.staff import people

    found = settings(host=host, port=port)
    if not found.embedded:
        raise SettingsError("The simulation is for one process: unset POLYDESK_REDIS_URL.")
    at = serving.bind(found)
    await desk.reachable(found, 5.0)
    async with desk.alone(found), desk.open(found):
        if await people.needs_owner():
            await demonstration.load(found, lambda _: None, click.echo)
        elif not is_demo(found):
            raise PolydeskError("This desk has real work in it; make-believe people write to a demo desk only.")

    async def ready() -> None:
        click.echo(f"Polydesk {__version__} is open on {found.address}, and people begin to write. Ctrl-C stops it.")

    await serving.serve(found, stop, at=at, ready=ready, simulate=True)
