"""The processes of a desk: web with or without jobs, and workers."""

from __future__ import annotations

import click

from polydesk import __version__
from polydesk.cli.groups import main
from polydesk.cli.running import command, settings, until_signal
from polydesk.errors import SettingsError


@main.command()
@click.option("--host", help="Address to listen on (POLYDESK_HOST, 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (POLYDESK_PORT, 8000).")
@click.option(
    "--no-jobs", is_flag=True, help="Leave jobs and mailboxes to `polydesk worker` (needs POLYDESK_REDIS_URL)."
)
@click.option("--safe-mode", is_flag=True, help="Start with the core alone: no plugin is loaded, what arrives waits.")
@command
async def serve(host: str | None, port: int | None, no_jobs: bool, safe_mode: bool) -> None:
    """Serve the desk; without Redis, this one process does everything."""
    # Before anything slow: who asks to stop while we start is not to be answered by a sudden death.
    stop = until_signal()
    from polydesk import serving
    from polydesk.staff import people

    found = settings(host=host, port=port, safe_mode=safe_mode or None)
    if no_jobs and found.embedded:
        raise SettingsError("--no-jobs needs POLYDESK_REDIS_URL: without Redis there is no other process for them.")

    async def ready() -> None:
        click.echo(f"Polydesk {__version__} is open on {found.address}")
        if await people.needs_owner():
            click.echo(f"Nobody works here yet: the first to open {found.address} becomes the owner.")
        if found.safe_mode:
            click.echo("Safe mode: no plugin is loaded. Mail is not fetched; what waits goes on without --safe-mode.")
        click.echo("Ctrl-C stops it.")

    await serving.serve(found, stop, at=serving.bind(found), execute=not no_jobs, ready=ready)


@main.command()
@command
async def worker() -> None:
    """Run jobs and fetch mail beside web processes; start as many as you like."""
    stop = until_signal()
    from polydesk import serving

    found = settings()
    click.echo("Working. Ctrl-C stops it.")
    await serving.work(found, stop)
