"""What every command shares: it runs a coroutine, reads the settings, opens the database and stops when asked."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec

import click
import msgspec
import uvloop

from polydesk import settings as configuration
from polydesk.errors import PolydeskError, SettingsError
from polydesk.settings import Settings

P = ParamSpec("P")
WRONG_CONFIGURATION = 78
Command = Callable[P, Coroutine[Any, Any, None]]


def command(run: Command[P]) -> Callable[P, None]:
    """Run a coroutine as a command: a deliberate error becomes one sentence and an exit code, never a traceback."""

    @functools.wraps(run)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(run(*args, **kwargs))
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
    # These say every query, every job and every address asked at "info".
    for name in ("arq", "asyncio", "httpcore", "httpx", "piccolo", "uvicorn"):
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


async def opened(found: Settings, act: Callable[[], Awaitable[None]]) -> None:
    """Do something with the database alone."""
    from polydesk import db, desk

    await desk.connect(found, patience=5.0)
    try:
        await act()
    finally:
        await db.close()
