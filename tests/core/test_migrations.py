"""Starting is safe: any number of processes may bring the same database up to date at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from polydesk import db
from polydesk.db.authoring import present, wanted
from polydesk.piccolo_app import APP_CONFIG
from polydesk.settings import Settings
from polydesk.testing.fixtures import TestDesk, new_database


def environment(settings: Settings) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POLYDESK_")}
    return clean | {
        "POLYDESK_DATA_DIR": str(settings.data_dir),
        "POLYDESK_DATABASE_URL": settings.database_url,
        "POLYDESK_SECRET_KEY": settings.secret_key,
    }


async def test_three_processes_may_start_on_an_empty_database_at_once(test_settings: Settings, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(test_settings, data_dir=tmp_path / "empty")
    async with new_database(settings) as empty:
        started = [
            subprocess.Popen(
                [sys.executable, "-m", "polydesk", "migrate"], env=environment(empty), stderr=subprocess.PIPE
            )
            for _ in range(3)
        ]
        for process in started:
            _, said = process.communicate(timeout=60)
            assert process.returncode == 0, said.decode()
        await db.open(empty)
        assert await db.pending() == []
        await db.close()


async def test_migrations_make_what_the_tables_say(desk: TestDesk) -> None:
    for table in APP_CONFIG.table_classes:
        await table.select().limit(1)
    missing = [
        each for each in wanted(APP_CONFIG) if each not in present(Path(APP_CONFIG.resolved_migrations_folder_path))
    ]
    assert missing == [], "run `make migration app=polydesk`"
