"""A copy of the whole database to try things on, gone afterwards."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
import msgspec

from polydesk.db import backup
from polydesk.errors import PolydeskError
from polydesk.settings import Settings


class CannotCopy(PolydeskError):
    """There is no way to copy the database from here."""


@asynccontextmanager
async def copied(settings: Settings) -> AsyncIterator[Settings]:
    """These settings on a copy, with a data directory of its own; the files of messages are not copied.

    What an earlier one left that was killed goes first.
    """
    for old in settings.data_dir.glob("rehearsal-*"):
        shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="rehearsal-", dir=settings.data_dir) as name:
        aside = Path(name)
        if (key := settings.data_dir / "secret.key").exists():
            shutil.copy(key, aside)
        there = msgspec.structs.replace(settings, data_dir=aside, redis_url="")
        if settings.dialect == "sqlite":
            if not settings.sqlite_path.exists():
                raise CannotCopy(f"There is no database yet: {settings.sqlite_path}.")
            await asyncio.to_thread(backup.copy, settings.sqlite_path, aside / "copy.sqlite3")
            yield msgspec.structs.replace(there, database_url=f"sqlite://{aside / 'copy.sqlite3'}")
            return
        async with _postgres(settings.database_url) as url:
            yield msgspec.structs.replace(there, database_url=url)


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[str]:
    """With pg_dump, which copies a database that is in use; beside it on the same server."""
    for program in ("pg_dump", "psql"):
        if shutil.which(program) is None:
            raise CannotCopy(f"{program} is not installed here: install Debian's postgresql-client, then try again.")
    parts = urlsplit(url)
    name = f"{unquote(parts.path.lstrip('/'))}_rehearsal_{secrets.token_hex(4)}"
    try:
        line = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise CannotCopy(f"The database does not answer: {error}") from error
    try:
        mark = name.rpartition("_")[0] + "_"
        for row in await line.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", mark):
            await line.execute(f'DROP DATABASE IF EXISTS "{row["datname"]}" WITH (FORCE)')
        await line.execute(f'CREATE DATABASE "{name}"')
    except asyncpg.PostgresError as error:
        raise CannotCopy(
            f"A database for the copy cannot be made: {error}. The user needs the right CREATEDB."
        ) from None
    finally:
        await line.close()
    try:
        there = urlunsplit(parts._replace(path=f"/{name}"))
        await _pour(url, there)
        yield there
    finally:
        line = await asyncpg.connect(url)
        try:
            await line.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await line.close()


def _apart(url: str) -> tuple[str, dict[str, str]]:
    """The address without its password, which others could read in the list of processes, and that for the program."""
    parts = urlsplit(url)
    if parts.password is None:
        return url, {**os.environ}
    host = parts.netloc.rpartition("@")[2]
    plain = urlunsplit(parts._replace(netloc=f"{parts.username or ''}@{host}"))
    return plain, {**os.environ, "PGPASSWORD": unquote(parts.password)}


async def _pour(source: str, target: str) -> None:
    read, write = os.pipe()
    (source, theirs), (target, ours) = _apart(source), _apart(target)
    dump = await asyncio.create_subprocess_exec(
        "pg_dump", "--no-owner", "--no-privileges", "--dbname", source,
        stdout=write, stderr=asyncio.subprocess.PIPE, env=theirs,
    )  # fmt: skip
    load = await asyncio.create_subprocess_exec(
        "psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--dbname", target,
        stdin=read, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, env=ours,
    )  # fmt: skip
    os.close(read)
    os.close(write)
    for process, (_out, said) in zip(
        (dump, load), await asyncio.gather(dump.communicate(), load.communicate()), strict=True
    ):
        if process.returncode:
            words = said.decode(errors="replace").strip()
            raise CannotCopy(f"The database could not be copied: {words[-500:]}")
