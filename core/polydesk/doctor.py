"""What a healthy desk needs, looked at one by one; each finding says what to do."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import redis.asyncio as redis_client
from redis.exceptions import RedisError

from polydesk import db, desk, jobs, plugins
from polydesk.errors import PolydeskError
from polydesk.i18n import kept
from polydesk.plugins import known
from polydesk.settings import Settings

LITTLE_SPACE, NO_SPACE = 2_000_000_000, 200_000_000
LATE = timedelta(minutes=2)
CLOCK_SLACK = timedelta(seconds=5)


class Finding(msgspec.Struct, frozen=True):
    """One line: "ok", "warn" (it works, but not for long or not well) or "fail"; `advice` is "" when all is well."""

    state: Literal["ok", "warn", "fail"]
    what: str
    advice: str = ""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Findings in the order in which they matter; what needs a database is left out when there is none."""
    yield _folder(settings)
    yield _space(settings)
    yield _key(settings)
    if settings.redis_url:
        yield await _redis(settings)
    try:
        await desk.connect(settings, patience=2.0)
    except PolydeskError as error:
        yield Finding("fail", str(error), "Is the server running, and are name and password in the URL right?")
        for finding in _plugins({}):
            yield finding
        return
    try:
        for finding in _plugins(await known.elders()):
            yield finding
        async for finding in _database(settings):
            yield finding
    finally:
        await db.close()


def _plugins(elders: dict[str, str]) -> Iterator[Finding]:
    for plugin in plugins.load(elders=elders).plugins.values():
        if plugin.reason is not None:
            yield Finding("fail", f"Plugin {plugin.name}: {plugin.reason.words}", str(plugin.reason.advice))


def _folder(settings: Settings) -> Finding:
    folder = settings.data_dir.resolve()
    if not folder.is_dir():
        return Finding("warn", f"Data directory {folder} does not exist yet", "It is made when the desk first opens.")
    if not os.access(folder, os.W_OK):
        return Finding("fail", f"Data directory {folder} cannot be written", f"chown it to user {os.getuid()}.")
    return Finding("ok", f"Data directory {folder}")


def _space(settings: Settings) -> Finding:
    folder = settings.data_dir.resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    what = f"{free / 1e9:.1f} GB free for the data directory"
    if free < NO_SPACE:
        return Finding("fail", what, "Free some space now: mail cannot be stored, and waits in the mailbox.")
    if free < LITTLE_SPACE:
        return Finding("warn", what, "Free some space soon.")
    return Finding("ok", what)


def _key(settings: Settings) -> Finding:
    path = settings.data_dir / "secret.key"
    if settings.secret_key:
        return Finding("ok", "Secret key from POLYDESK_SECRET_KEY")
    if not path.exists():
        return Finding(
            "warn", "No secret key yet", "It is made when the desk first opens; keep a copy with your backups."
        )
    loose = stat.S_IMODE(path.stat().st_mode) & 0o077
    if loose:
        return Finding("fail", f"Others on this machine can read {path}", f"chmod 600 {path}")
    return Finding("ok", f"Secret key in {path}, readable by its owner alone")


async def _redis(settings: Settings) -> Finding:
    client = redis_client.Redis.from_url(settings.redis_url, socket_connect_timeout=2)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        return Finding(
            "fail", f"Redis (POLYDESK_REDIS_URL) does not answer: {error}", "Start it; nothing is lost meanwhile."
        )
    finally:
        await client.aclose()
    return Finding("ok", "Redis answers")


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    if db.dialect() == "sqlite":
        yield Finding("ok", f"SQLite in {settings.sqlite_path}")
    else:
        version = (await db.fetch("SHOW server_version"))[0]["server_version"]
        yield Finding("ok", f"PostgreSQL {version}")
        theirs = db.moment((await db.fetch("SELECT now() AS now"))[0]["now"])
        if theirs is not None and abs(theirs - datetime.now(UTC)) > CLOCK_SLACK:
            yield Finding("fail", "This machine's clock and the database's differ", "Let both be set by NTP.")
        else:
            yield Finding("ok", "The clock agrees with the database's")
    missing = await db.pending()
    if missing:
        yield Finding("fail", f"{len(missing)} migrations are not applied: {', '.join(missing)}", "polydesk migrate")
        return
    yield Finding("ok", "Migrations are applied")
    if db.dialect() == "sqlite":
        yield await _clock()
    yield await _jobs()
    if settings.dialect == "sqlite":
        worst = (await db.fetch("PRAGMA quick_check(1)"))[0]["quick_check"]
        ok = worst == "ok"
        yield Finding("ok" if ok else "fail", f"Database file: {worst}", "" if ok else "Restore the latest backup.")
    for row in await db.fetch("SELECT name, address, enabled, trouble FROM pd_account ORDER BY id"):
        who = f"{row['name']} <{row['address']}>"
        if not row["enabled"]:
            yield Finding("warn", f"{who} is switched off", "Messages wait at the service until it is switched on.")
        elif row["trouble"]:
            yield Finding(
                "fail", f"{who}: {kept(row['trouble'])}", "See the account's page; “Test connection” tells more."
            )
        else:
            yield Finding("ok", f"{who} works")


async def _clock() -> Finding:
    newest = db.moment((await db.fetch("SELECT max(recorded_at) AS newest FROM pd_item"))[0]["newest"])
    if newest is not None and newest - datetime.now(UTC) > CLOCK_SLACK:
        return Finding(
            "fail", f"The clock went back: the newest entry is of {newest:%Y-%m-%d %H:%M:%S} UTC", "Set it by NTP."
        )
    return Finding("ok", "The clock has not gone back")


async def _jobs() -> Finding:
    counts = await jobs.counts()
    oldest = await db.fetch("SELECT min(run_at) AS since FROM pd_job WHERE state = 'queued' AND every = 0")
    since = db.moment(oldest[0]["since"])
    if since is not None and datetime.now(UTC) - since > LATE:
        minutes = int((datetime.now(UTC) - since).total_seconds() / 60)
        return Finding(
            "fail", f"Jobs wait since {minutes} minutes", "Is `polydesk serve` (or a `polydesk worker`) running?"
        )
    if counts["dead"] or counts["waiting"]:
        what = f"{counts['dead']} jobs failed for good, {counts['waiting']} wait for their plugin"
        return Finding("warn", what, "`polydesk jobs` lists them, `polydesk jobs --retry ID` tries again.")
    return Finding("ok", f"Jobs: {counts['queued']} queued, {counts['failing']} to be tried again")
