"""Whether everything works."""

from __future__ import annotations

import logging
import sys

import click

from polydesk.cli.groups import main
from polydesk.cli.running import command, settings


@main.command()
@command
async def doctor() -> None:
    """Check everything this desk needs, and say what to do about what is missing."""
    from polydesk import doctor as examination

    logging.disable(logging.WARNING)
    worst = 0
    async for finding in examination.examine(settings()):
        colour = {"ok": "green", "warn": "yellow", "fail": "red"}[finding.state]
        click.echo(f"{click.style(f'{finding.state:4}', fg=colour)}  {finding.what}")
        if finding.advice:
            click.echo(f"      {finding.advice}")
        worst = max(worst, int(finding.state == "fail"))
    if worst:
        sys.exit(1)
