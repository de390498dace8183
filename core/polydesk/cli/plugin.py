"""`polydesk plugin …`: begin a plugin of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from polydesk.cli.groups import main
from polydesk.cli.running import command


@main.group()
def plugin() -> None:
    """Plugins: begin one of your own, see what is installed and where it is on, switch it, erase what one left."""


@plugin.command()
@click.argument("name", required=False)
@click.option("--kind", help="channel, strategy, connector, scorecard, screen or theme.")
@click.option("--label", default="", help="What people call it; made of the name if left out.")
@click.option("--into", type=click.Path(path_type=Path), help="The folder to make (./polydesk-NAME).")
@command
async def new(name: str | None, kind: str | None, label: str, into: Path | None) -> None:
    """Write a small package that installs, runs in the desk and passes its contract as it stands."""
    from polydesk import scaffold

    name = name or click.prompt("Name (small letters and digits)")
    kind = kind or click.prompt("Kind", type=click.Choice(scaffold.KINDS), default="channel")
    folder = into or Path(f"polydesk-{name}")
    written = scaffold.make(scaffold.Order(name=name, kind=kind, label=label), folder)
    click.echo(f"{len(written)} files in {folder}. What to do next:\n")
    click.echo(f"    pip install -e '{folder}[dev]'    into the environment of your desk")
    click.echo(f"    pytest {folder}")
    click.echo("    polydesk plugin list          names it, and says why if it cannot be used\n")
    click.echo(f"Read {folder / 'README.md'}.")
