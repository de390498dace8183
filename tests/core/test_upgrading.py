"""An upgrade is played through on a copy before anything changes; on SQLite the database as it was is kept."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, redirect_stdout
from io import StringIO
from types import SimpleNamespace

import pytest
from packaging.version import Version
from piccolo.apps.migrations.commands.forwards import run_forwards

from polydesk import PolydeskError, __version__, db, desk, hooks, plugins
from polydesk import settings as configuration
from polydesk.cli.upgrade import migrated
from polydesk.db import backup
from polydesk.db.transaction import Transaction
from polydesk.plugins.kinds import deprecation_of, specifications
from polydesk.settings import Settings
from polydesk.testing.fixtures import new_database
from polydesk.upgrading.rehearsal import rehearse

BEFORE = "2026-11-23T00:34:53:487946"
"""The last migration of the version that knew no market packs."""


@asynccontextmanager
async def at(settings: Settings) -> AsyncIterator[None]:
    configuration.use(settings)
    await db.open(settings)
    try:
        yield
    finally:
        await db.close()


@pytest.fixture
async def older(test_settings: Settings) -> AsyncIterator[Settings]:
    """A desk of an earlier version, with a client."""
    if test_settings.dialect == "sqlite":
        test_settings.sqlite_path.unlink()
    async with new_database(test_settings) as settings:
        async with at(settings):
            async with Transaction(db.engine.database):
                with redirect_stdout(StringIO()):
                    result = await run_forwards("polydesk", BEFORE)
                assert result.success
            await db.fetch(
                "INSERT INTO pd_client (name, slug, languages, time_zone) VALUES ('Parcel Post', 'parcel', 'en', 'UTC')"
            )
        yield settings


async def has_packs(settings: Settings) -> bool:
    async with at(settings):
        if settings.dialect == "sqlite":
            return bool(await db.fetch("SELECT name FROM sqlite_master WHERE name = 'pd_pack_template'"))
        return bool(await db.fetch("SELECT tablename FROM pg_tables WHERE tablename = 'pd_pack_template'"))


async def test_a_rehearsal_says_what_would_change_and_changes_nothing(older: Settings) -> None:
    report = await rehearse(older, lambda _words: None)
    assert report.breaks == []
    assert any(step.startswith("polydesk: ") for step in report.pending)
    assert any(step.startswith("voice: ") for step in report.pending)
    assert not await has_packs(older)
    assert not list(older.data_dir.glob("rehearsal-*"))
    if older.dialect == "postgres":
        async with at(older):
            left = await db.fetch("SELECT datname FROM pg_database WHERE datname LIKE {}", "%_rehearsal_%")
        assert [row for row in left if row["datname"].startswith(older.database_url.rpartition("/")[2])] == []


async def test_an_upgrade_keeps_the_database_as_it_was(older: Settings) -> None:
    await migrated(older)
    assert await has_packs(older)
    copies = list((older.data_dir / "backups").glob("*")) if (older.data_dir / "backups").exists() else []
    if older.dialect == "postgres":
        assert copies == []
        return
    (copy,) = copies
    assert copy.stat().st_mode & 0o077 == 0
    line = sqlite3.connect(copy)
    try:
        assert line.execute("SELECT name FROM pd_client").fetchall() == [("Parcel Post",)]
        assert line.execute("SELECT name FROM sqlite_master WHERE name = 'pd_pack_template'").fetchall() == []
    finally:
        line.close()
    await migrated(older)
    assert len(list(copy.parent.glob("*"))) == 1, "nothing was to be migrated, so there is nothing to keep"


async def test_what_this_version_would_break_is_named(test_settings: Settings) -> None:
    async with desk.open(test_settings):
        await db.fetch(
            "INSERT INTO pd_client (name, slug, languages, time_zone) VALUES ('Parcel Post', 'parcel', 'en', 'UTC')"
        )
        await db.fetch(
            "INSERT INTO pd_account (client, channel, name, address, settings) "
            "SELECT id, 'carrier_pigeon', 'Loft', 'loft', {} FROM pd_client",
            "{}",
        )
        await db.fetch(
            'INSERT INTO pd_plugin_settings (plugin, client, market, "values") '
            "SELECT 'stranger', id, NULL, {} FROM pd_client",
            '{"limit":"many"}',
        )
        await db.fetch("INSERT INTO pd_plugin_known (plugin, label, version) VALUES ('pigeons', 'Pigeons', '2.0')")
    report = await rehearse(test_settings, lambda _words: None)
    assert any("Loft" in words and "carrier_pigeon" in words for words in report.breaks)
    assert any("settings of plugin stranger: limit" in words for words in report.breaks)
    assert any("pigeons 2.0" in words for words in report.remarks)


@pytest.fixture
def going() -> Iterator[None]:
    """A hook that will go."""
    hooks.deprecated(since="0.1", until="0.3", instead="polydesk_schedules")(hooks.polydesk_metrics)
    yield
    del hooks.polydesk_metrics.__dict__["polydesk_deprecated"]


async def test_a_plugin_that_uses_what_will_go_is_named(test_settings: Settings, going: None) -> None:
    report = await rehearse(test_settings, lambda _words: None)
    assert any("plugin stranger uses polydesk_metrics" in words and "0.3" in words for words in report.remarks)
    assert plugins.registry().plugins["stranger"].available


def test_no_hook_is_still_here_after_it_was_to_go() -> None:
    late = {
        name: deprecation.until
        for name, spec in specifications().items()
        if (deprecation := deprecation_of(spec)) is not None and Version(deprecation.until) <= Version(__version__)
    }
    assert late == {}


def test_without_room_for_a_copy_nothing_is_begun(older: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    if older.dialect == "postgres":
        pytest.skip("Postgres keeps its own backups")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=1000))
    with pytest.raises(PolydeskError, match="Make room"):
        backup.copy(older.sqlite_path, older.data_dir / "copy.sqlite3")
    assert not (older.data_dir / "copy.sqlite3").exists()
