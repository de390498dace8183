"""The command `polydesk`. Exit codes: 0 well, 1 failed, 2 wrong usage, 78 wrong configuration."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec

import click
import msgspec

from polydesk import __version__
from polydesk import settings as configuration
from polydesk.errors import PolydeskError, SettingsError
from polydesk.settings import Settings

P = ParamSpec("P")
WRONG_CONFIGURATION = 78
Command = Callable[P, Coroutine[Any, Any, None]]


class Commands(click.Group):
    """Ours, then a group for each plugin that adds commands, named like the plugin."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names shown by --help."""
        return [*super().list_commands(ctx), *_plugin_commands()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Ours win; plugins are loaded only when the name is not ours."""
        return super().get_command(ctx, cmd_name) or _plugin_commands().get(cmd_name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="polydesk")
def main() -> None:
    """Polydesk: one support desk for every channel, language and client.

    Settings are environment variables named POLYDESK_…: DATA_DIR, DATABASE_URL, REDIS_URL, HOST, PORT, BASE_URL,
    SECRET_KEY, LOG_LEVEL. Without any, everything lives in ./data and one process does all the work:

    \b
        polydesk demo      fill an empty desk with believable work
        polydesk serve     open it on http://127.0.0.1:8000
    """


def command(run: Command[P]) -> Callable[P, None]:
    """Run a coroutine as a command: a deliberate error becomes one sentence and an exit code, never a traceback."""

    @functools.wraps(run)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            asyncio.run(run(*args, **kwargs))
        except SettingsError as error:
            click.secho(str(error), err=True)
            sys.exit(WRONG_CONFIGURATION)
        except PolydeskError as error:
            click.secho(str(error), err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(130)

    return wrapped


def settings(**changes: Any) -> Settings:
    """What the environment says, with what the command line says on top; logging follows it."""
    found = configuration.load(os.environ)
    found = msgspec.structs.replace(found, **{name: value for name, value in changes.items() if value is not None})
    logging.basicConfig(
        level=found.log_level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr
    )
    # These say every query and every job at "info".
    for name in ("arq", "asyncio", "piccolo", "uvicorn"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    configuration.use(found)
    return found


def until_signal() -> asyncio.Event:
    """Set by Ctrl-C or SIGTERM; a second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def asked() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked)
    return stop


@main.command()
@click.option("--host", help="Address to listen on (POLYDESK_HOST, 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (POLYDESK_PORT, 8000).")
@click.option(
    "--no-jobs", is_flag=True, help="Leave jobs and mailboxes to `polydesk worker` (needs POLYDESK_REDIS_URL)."
)
@command
async def serve(host: str | None, port: int | None, no_jobs: bool) -> None:
    """Serve the desk; without Redis, this one process does everything."""
    # Before anything slow: who asks to stop while we start is not to be answered by a sudden death.
    stop = until_signal()
    from polydesk import serving
    from polydesk.staff import people

    found = settings(host=host, port=port)
    if no_jobs and found.embedded:
        raise SettingsError("--no-jobs needs POLYDESK_REDIS_URL: without Redis there is no other process for them.")

    async def ready() -> None:
        click.echo(f"Polydesk {__version__} is open on {found.address}")
        if await people.needs_owner():
            click.echo(f"Nobody works here yet: the first to open {found.address} becomes the owner.")
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


@main.command()
@command
async def migrate() -> None:
    """Bring the database up to date (serve and worker do it too)."""
    from polydesk import db

    found = settings()
    await opened(found, db.migrate)
    click.echo("The database is up to date.")


async def opened(found: Settings, act: Callable[[], Awaitable[None]]) -> None:
    """Do something with the database alone."""
    from polydesk import db, desk

    await desk.connect(found, patience=5.0)
    try:
        await act()
    finally:
        await db.close()


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
@click.option("--name", help="Your name.")
@click.option("--email", help="Your e-mail address; you sign in with it.")
@click.option("--company", help="The company whose customers write; it becomes the first client.")
@click.option("--link", is_flag=True, help="Print a link that signs the owner in, once, within an hour.")
@click.option("--reset", is_flag=True, help="Print a link with which the owner chooses a new password.")
@command
async def owner(name: str | None, email: str | None, company: str | None, link: bool, reset: bool) -> None:
    """Create the first owner, or help one back in."""
    from polydesk import db, desk
    from polydesk.staff import people
    from polydesk.staff import service as staff

    found = settings()
    async with desk.open(found, patience=5.0):
        if link or reset:
            where = "WHERE is_owner = {} AND active = {}" + ("" if email is None else " AND lower(email) = lower({})")
            owners = await db.fetch(
                f"SELECT id, email FROM pd_person {where} ORDER BY id LIMIT 1", True, True, *([email] if email else [])
            )
            if not owners:
                raise PolydeskError("There is no such owner. `polydesk owner` creates the first one.")
            purpose, place = ("invite", "invite") if reset else ("sign-in", "sign-in/link")
            token = await staff.new_link(owners[0]["id"], purpose, 1.0)
            click.echo(f"For {owners[0]['email']}, once, within an hour:\n{found.address}/{place}/{token}")
            return
        if not await people.needs_owner():
            raise PolydeskError("There is an owner already. --link signs them in, --reset gives a new password.")
        name = name or click.prompt("Your name")
        email = email or click.prompt("Your e-mail address")
        company = company or click.prompt("Your company")
        password = secrets.token_urlsafe(12)
        await people.create_owner(name=name, email=email, password=password, company=company)
        click.echo(f"{email} owns this desk.\nPassword: {password}\nSign in on {found.address}/sign-in")


@main.command()
@command
async def plugins() -> None:
    """List what is installed, and what is wrong with what does not work."""
    from polydesk import plugins as registry

    settings(log_level="error")
    for plugin in registry.load().plugins.values():
        state = "ok  " if plugin.available else "fail"
        label = str(plugin.info.label) if plugin.info else ""
        click.echo(f"{state}  {plugin.name:12} {plugin.version or '-':9} {label}")
        if plugin.unavailable:
            click.echo(f"      {plugin.unavailable}")


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
                why = "its plugin is not installed" if state == "waiting" else job.reason
                click.echo(f"{state:8} {job.id:>8}  {job.name}, attempt {job.attempts}: {why}")

    await opened(settings(), act)


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


def _plugin_commands() -> dict[str, click.Command]:
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
        group = groups.setdefault(plugin.name, click.Group(plugin.name, help=label))
        if isinstance(group, click.Group):
            group.add_command(entry)
    return groups
