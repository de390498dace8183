"""Open a desk: everything the server, a worker, a command, a test or the bench needs before it begins."""

from __future__ import annotations

import asyncio
import fcntl
import importlib
import importlib.util
import logging
import os
import pkgutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from polydesk import __version__, db, hooks, http, jobs, live, plugins, secrets, storage
from polydesk import settings as configuration
from polydesk.db.postgres import holding
from polydesk.errors import PolydeskError, SettingsError
from polydesk.plugins import known, reasons
from polydesk.scopes.watching import watching
from polydesk.settings import Settings

log = logging.getLogger("polydesk.desk")
# Rooms that have work for later; each may name it in JOBS and SCHEDULES.
ROOMS = (
    "staff",
    "channels",
    "contacts",
    "queues",
    "conversations",
    "events",
    "inbound",
    "outbound",
    "pacing",
    "timeline",
)


def _keys_changed(_signal: live.Signal) -> None:
    secrets.read_again()


live.on("keys", _keys_changed)
live.on("resync", _keys_changed)


class Busy(PolydeskError):
    """Another process works on this data directory, and without Redis there may be only one."""


class Unreachable(PolydeskError):
    """The database does not answer."""


class Desk(msgspec.Struct, frozen=True):
    """An open desk."""

    settings: Settings


@asynccontextmanager
async def open(settings: Settings, *, migrate: bool = True, patience: float = 0.0) -> AsyncIterator[Desk]:
    """Database up to date, plugins loaded, their jobs and schedules known, storage and live updates on.

    `patience` is how many seconds a database server may need to come up.
    """
    configuration.use(settings)
    make_data_dir(settings)
    secrets.open(configuration.keys(settings), lambda: configuration.keys(settings))
    await connect(settings, patience)
    try:
        registry = plugins.load(safe_mode=settings.safe_mode, elders=await known.elders())
        # What cannot be loaded is not to be imported a second time for the sake of its tables.
        db.leave_out(registry.out_of_use)
        if migrate:
            if settings.dialect == "sqlite":
                await db.before_migrating(settings.sqlite_path, __version__)
            for name, error in (await db.migrate()).items():
                plugin = registry.plugins[name]
                registry.leave_out(plugin, reasons.tables_failed(plugin.package, error))
        await known.remember(registry)
        jobs.forget_plugins()
        introduce_jobs()
        await jobs.plant_schedules()
        storage.open(settings.data_dir / "files")
        await live.open(settings.redis_url)
        try:
            async with watching(frozenset(name for name, plugin in registry.plugins.items() if plugin.available)):
                yield Desk(settings)
        finally:
            await live.close()
    finally:
        await http.close()
        await db.close()


def introduce_jobs() -> None:
    """Make known what core's rooms and the plugins do later."""
    for module in _rooms():
        jobs.register(*getattr(module, "JOBS", ()))
        jobs.schedule(*getattr(module, "SCHEDULES", ()))
    for plugin, kind in plugins.collect(hooks.polydesk_jobs):
        jobs.register(kind, plugin=plugin.name)
    jobs.schedule(*(entry for _, entry in plugins.collect(hooks.polydesk_schedules)))


@asynccontextmanager
async def alone(settings: Settings) -> AsyncIterator[None]:
    """Hold the data directory, and the Postgres database if there is one, while this lasts.

    Needed by whoever runs jobs without Redis: the first thing they do is to take every job for unfinished.
    """
    make_data_dir(settings)
    with (settings.data_dir / "process.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                f"Another Polydesk runs on {settings.data_dir}. Without POLYDESK_REDIS_URL there can be one only:"
                " stop it first, or give this one its own POLYDESK_DATA_DIR."
            ) from None
        if settings.dialect == "sqlite":
            yield
            return
        async with holding(settings.database_url) as held:
            if not held:
                raise Busy(
                    "Another Polydesk works on the database of POLYDESK_DATABASE_URL. Without POLYDESK_REDIS_URL there"
                    " can be one only: stop it first, or give both the same POLYDESK_REDIS_URL."
                )
            yield


async def reachable(settings: Settings, patience: float) -> None:
    """Return when the database answers; told in one sentence when it does not within `patience` seconds."""
    make_data_dir(settings)
    await connect(settings, patience)
    await db.close()


def make_data_dir(settings: Settings) -> None:
    """Everything in it, mail and database, is for the desk's own user alone."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if settings.data_dir.stat().st_uid == os.getuid():
            settings.data_dir.chmod(0o700)
        (settings.data_dir / "writable").touch()
        (settings.data_dir / "writable").unlink()
    except OSError as error:
        raise SettingsError(f"POLYDESK_DATA_DIR cannot be used: {settings.data_dir}: {error.strerror}.") from error


async def connect(settings: Settings, patience: float) -> None:
    """Open the database alone; told in one sentence when that fails for `patience` seconds.

    Only a server is waited for: a file that cannot be opened now will not be opened later.
    """
    deadline = time.monotonic() + (patience if settings.dialect == "postgres" else 0.0)
    said = False
    while True:
        try:
            await db.open(settings)
            return
        except SettingsError:
            raise
        except Exception as error:
            if time.monotonic() >= deadline:
                where = "POLYDESK_DATABASE_URL" if settings.database_url else str(settings.sqlite_path)
                raise Unreachable(f"The database ({where}) cannot be opened: {error}") from error
            if not said:
                said = True
                log.warning("waiting for the database: %s", error)
            await asyncio.sleep(0.5)


def _rooms() -> Iterator[Any]:
    for room in ROOMS:
        if importlib.util.find_spec(f"polydesk.{room}") is None:
            continue
        module = importlib.import_module(f"polydesk.{room}")
        yield module
        for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
            if found.name != "screens":
                yield importlib.import_module(f"{module.__name__}.{found.name}")
