"""What runs later."""

from __future__ import annotations

import click

from polydesk.cli.groups import main
from polydesk.cli.running import command, opened, settings
from polydesk.errors import PolydeskError


@main.command()
@click.option("--retry", type=int, metavar="ID", help="Try this dead or failing job again now.")
@command
async def jobs(retry: int | None) -> None:
    """Show what runs later: how much waits, and what failed with its reason."""
    from polydesk import jobs as work

    async def act() -> None:
        if retry is not None:
            if not await work.retry(retry):
                raise PolydeskError(f"Job {retry} is neither dead nor failing.")
            click.echo(f"Job {retry} is queued again.")
            return
        click.echo("  ".join(f"{state}: {count}" for state, count in (await work.counts()).items()))
        for state in ("dead", "failing", "waiting"):
            for job in await work.listing(state, limit=20):
                why = job.reason
                if state == "waiting":
                    why = "its plugin is switched off there" if job.off else "its plugin is not installed"
                click.echo(f"{state:8} {job.id:>8}  {job.name}, attempt {job.attempts}: {why}")

    await opened(settings(), act)
