"""pytest fixtures: a fresh desk for each test, on SQLite or, with POLYDESK_TEST_DATABASE=postgres, on Postgres.

`pytest_plugins = ["polydesk.testing.fixtures"]` in a conftest.py makes them known. POLYDESK_TEST_DATABASE may also be
the URL of a Postgres server on which databases may be created.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import msgspec
import pytest
from argon2 import PasswordHasher
from litestar import Litestar

from polydesk import db, hooks, jobs, plugins, serving
from polydesk import desk as desks
from polydesk import settings as configuration
from polydesk.settings import Settings
from polydesk.staff import passwords
from polydesk.staff import service as staff
from polydesk.web.app import create_app
from polydesk.web.security import SESSION

KEY = "a key for tests only, of more than thirty-two characters"
LOCAL_POSTGRES = "postgres://root@127.0.0.1:5432/postgres"
LOCAL_REDIS = "redis://127.0.0.1:6379"


class TestDesk(msgspec.Struct, frozen=True):
    """An open desk in this event loop. Jobs wait until `work()`."""

    __test__ = False
    settings: Settings

    async def work(self, ahead: float = 0.0) -> int:
        """Run every job that is due, or will be within `ahead` seconds, and what those bring about."""
        return await jobs.run_due(ahead=ahead)


class LiveDesk(msgspec.Struct, frozen=True):
    """A desk served on a real port, with jobs and listeners running."""

    settings: Settings
    url: str

    async def until(self, sql: str, *args: object, seconds: float = 30.0) -> list[dict[str, object]]:
        """Ask the database again and again until rows come back; a failure says what never came."""
        try:
            async with asyncio.timeout(seconds):
                while not (found := await db.fetch(sql, *args)):  # noqa: ASYNC110 another process may write it
                    await asyncio.sleep(0.02)
                return found
        except TimeoutError:
            raise AssertionError(f"nothing came of {sql} {args} in {seconds} s") from None


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A migrated database: on SQLite every test gets a copy, on Postgres it is emptied after each test."""
    passwords.hash_with(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    wanted = os.environ.get("POLYDESK_TEST_DATABASE", "")
    base = Settings(
        data_dir=tmp_path_factory.mktemp("template"), secret_key=KEY, synchronous="normal", pool=6, redis_url=_redis()
    )
    if wanted in ("", "sqlite"):
        asyncio.run(_migrate(base))
        yield base
        return
    server = LOCAL_POSTGRES if wanted == "postgres" else wanted
    name = f"polydesk_test_{os.getpid()}"
    asyncio.run(_on(server, f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}"'))
    settings = msgspec.structs.replace(base, database_url=urlunsplit(urlsplit(server)._replace(path=f"/{name}")))
    try:
        asyncio.run(_migrate(settings))
        yield settings
    finally:
        asyncio.run(_on(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture
async def test_settings(fresh_database: Settings, tmp_path: Path) -> AsyncIterator[Settings]:
    """Settings of a database without a row, and a data directory of its own."""
    settings = msgspec.structs.replace(fresh_database, data_dir=tmp_path / "data", port=free_port())
    settings.data_dir.mkdir()
    if settings.dialect == "sqlite":
        shutil.copy(fresh_database.sqlite_path, settings.sqlite_path)
    yield settings
    if settings.dialect == "postgres":
        await _empty(settings)


@pytest.fixture
async def desk(test_settings: Settings) -> AsyncIterator[TestDesk]:
    """See `TestDesk`."""
    async with desks.open(test_settings, migrate=False):
        yield TestDesk(test_settings)


@pytest.fixture
async def client(desk: TestDesk) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without JavaScript that nobody signed in; it stays at redirects."""
    async with browsing(desk.settings) as browser:
        yield browser


@asynccontextmanager
async def browsing(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The same as `client`, for a test that changes plugins first."""
    app = _application(settings)
    async with _alive(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=settings.address) as browser:
            yield browser


_made: dict[tuple[object, ...], Litestar] = {}


def _application(settings: Settings) -> Litestar:
    """Making it takes longer than most tests do: where the same plugins are loaded it is taken up again."""
    key = _what_it_is_made_of(settings)
    if (app := _made.get(key)) is None:
        app = create_app(settings)
        if key == _what_it_is_made_of(settings):
            _made.clear()
            _made[key] = app
    app.state.settings = settings
    return app


def _what_it_is_made_of(settings: Settings) -> tuple[object, ...]:
    loaded = ((each.name, each.module, each.available) for each in plugins.registry().plugins.values())
    worn = (repr(theme) for _plugin, theme in plugins.collect(hooks.polydesk_themes))
    return (settings.address.startswith("https://"), settings.safe_mode, *loaded, *worn)


@asynccontextmanager
async def _alive(app: Litestar) -> AsyncIterator[None]:
    """The app's lifespan in a task of its own: a fixture begins and ends in two, which its task group forbids."""
    up, end = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            up.set()
            await end.wait()

    task = asyncio.create_task(live())
    waiting = asyncio.create_task(up.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    try:
        yield
    finally:
        waiting.cancel()
        end.set()
        await task


@pytest.fixture
async def live_desk(test_settings: Settings) -> AsyncIterator[LiveDesk]:
    """See `LiveDesk`; the database may be asked from the test as well."""
    async with served(test_settings) as desk:
        yield desk


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[LiveDesk]:
    """Serve these settings in this event loop as long as the block lasts."""
    stop, up = asyncio.Event(), asyncio.Event()

    async def ready() -> None:
        up.set()

    server = asyncio.create_task(serving.serve(settings, stop, at=serving.bind(settings), ready=ready))
    waiting = asyncio.create_task(up.wait())
    try:
        await asyncio.wait([server, waiting], return_when=asyncio.FIRST_COMPLETED)
        if server.done():
            server.result()
        yield LiveDesk(settings, settings.address)
    finally:
        waiting.cancel()
        stop.set()
        await server


async def sign_in(browser: httpx.AsyncClient, person: int) -> str:
    """Make `browser` that person's; answers the session's token."""
    token = await staff.start_session(person)
    browser.cookies.set(SESSION, token)
    return token


@asynccontextmanager
async def new_database(settings: Settings) -> AsyncIterator[Settings]:
    """These settings on a database without any table, removed afterwards."""
    if settings.dialect == "sqlite":
        yield settings
        return
    parts = urlsplit(settings.database_url)
    name = f"{parts.path.lstrip('/')}_{secrets.token_hex(4)}"
    await _on(settings.database_url, f'CREATE DATABASE "{name}"')
    try:
        yield msgspec.structs.replace(settings, database_url=urlunsplit(parts._replace(path=f"/{name}")))
    finally:
        await _on(settings.database_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def free_port() -> int:
    """A port nobody uses at the moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _redis() -> str:
    """With POLYDESK_TEST_REDIS, a numbered database there for each process of pytest-xdist."""
    server = os.environ.get("POLYDESK_TEST_REDIS", "")
    number = 8 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    return f"{server}/{number}" if server else ""


async def _migrate(settings: Settings) -> None:
    configuration.use(settings)
    await db.open(settings)
    try:
        await db.migrate()
    finally:
        await db.close()


async def _on(server: str, *statements: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _empty(settings: Settings) -> None:
    connection = await asyncpg.connect(settings.database_url)
    try:
        # Most tests write to a few tables; TRUNCATE, which takes along what refers to one, would make all of them anew.
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration'"
        )
        names = [row[0] for row in tables]
        written = await connection.fetch(
            " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in names)
        )
        counted = await connection.fetch(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
            " AND sequencename <> 'migration_id_seq'"
        )
        statements = (
            "SET session_replication_role = replica",  # no foreign key is in the way
            *(f'DELETE FROM "{row[0]}"' for row in written),
            *(f'ALTER SEQUENCE "{row[0]}" RESTART' for row in counted),
        )
        try:
            await connection.execute(";".join(statements))
        except asyncpg.InsufficientPrivilegeError:  # foreign keys are out of the way for superusers alone
            listed = ", ".join(f'"{name}"' for name in names)
            await connection.execute(f"TRUNCATE {listed} RESTART IDENTITY CASCADE")
    finally:
        await connection.close()
