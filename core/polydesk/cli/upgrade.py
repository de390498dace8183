"""Go to this version, or see what that would do."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import click

from polydesk import __version__
from polydesk.cli.groups import main
from polydesk.cli.running import command, opened, settings
from polydesk.settings import Settings


@main.command()
@click.option("--rehearse", is_flag=True, help="Only on a copy of the database; nothing of the desk changes.")
@command
async def upgrade(rehearse: bool) -> None:
    """Rehearse this version on a copy of the database; if nothing breaks, bring the database up to date."""
    from polydesk.upgrading.rehearsal import rehearse as play

    found = settings()
    # Asked to stop, the copy goes first: it holds everything.
    mine = asyncio.current_task()
    assert mine is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, mine.cancel)
    report = await play(found, click.echo)
    for title, lines in (("To migrate:", report.pending), ("Would break:", report.breaks), ("Note:", report.remarks)):
        if lines:
            click.echo(title)
            for line in lines:
                click.echo(f"  {line}")
    if report.breaks:
        click.secho(
            f"Polydesk {__version__} would break {len(report.breaks)} things here. Nothing was changed.", err=True
        )
        sys.exit(1)
    click.echo(f"Rehearsed in {report.seconds:.0f} s: Polydesk {__version__} breaks nothing here.")
    if not rehearse:
        await migrated(found)


@main.command()
@command
async def migrate() -> None:
    """Bring the database up to date (serve and worker do it too); on SQLite a copy is kept beside it."""
    await migrated(settings())


async def migrated(found: Settings) -> None:
    """Back up, migrate, and say so."""
    from polydesk import db

    kept: list[Path] = []

    async def act() -> None:
        if found.dialect == "sqlite" and (copy := await db.before_migrating(found.sqlite_path, __version__)):
            kept.append(copy)
        for name, error in (await db.migrate()).items():
            click.secho(f"The tables of plugin {name} could not be brought up to date: {error}", err=True)

    await opened(found, act)
    for copy in kept:
        click.echo(f"As it was, the database is kept in {copy}.")
    click.echo("The database is up to date.")
