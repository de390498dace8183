"""Write migrations: `python -m polydesk.db.authoring APP [--initial]` compares tables with what migrations make.

Two files come out: one with tables and columns, by Piccolo, and one with the INDEXES of the tables' modules that no
earlier migration has, frozen as text. `--initial` deletes what is there first: only before the first release.
"""

from __future__ import annotations

import asyncio
import importlib
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import click
from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.commands.new import NoChanges, _create_new_migration
from piccolo.conf.apps import AppConfig, Finder

import polydesk.db  # noqa: F401  tells Piccolo where the engine is

_TEMPLATE = '''"""Indexes of {app}, as they were when this migration was written."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from polydesk.db.migrations import run_statements

ID = "{id}"
VERSION = "1"
DESCRIPTION = "indexes"

STATEMENTS = (
{statements})


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="{app}", description=DESCRIPTION)

    async def indexes() -> None:
        await run_statements(STATEMENTS)

    manager.add_raw(indexes)
    return manager
'''


@click.command()
@click.argument("app")
@click.option("--initial", is_flag=True, help="Delete the app's migrations and write a first one.")
def main(app: str, initial: bool) -> None:
    """Write what is missing, and name the files."""
    config = Finder().get_app_config(app)
    folder = Path(config.resolved_migrations_folder_path)
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    if initial:
        for path in folder.glob("*.py"):
            if path.name != "__init__.py":
                path.unlink()
    for line in _write(config, folder):
        click.echo(line)
    if ruff := shutil.which("ruff", path=str(Path(sys.executable).parent)):
        subprocess.run([ruff, "format", "-q", str(folder)], check=True)  # noqa: S603 our own tool on our own files


def _write(config: AppConfig, folder: Path) -> list[str]:
    number = len(list(folder.glob("[0-9]*.py"))) + 1
    written = []
    try:
        meta = asyncio.run(_create_new_migration(config, auto=True))
        target = folder / f"{number:04}_tables.py"
        made = Path(meta.migration_path)
        words = made.read_text().replace("async def forwards():", "async def forwards() -> MigrationManager:")
        target.write_text(words)
        made.unlink()
        written.append(str(target))
        number += 1
    except NoChanges:
        written.append("no change of tables")
    statements = [each for each in wanted(config) if each not in present(folder)]
    if statements:
        target = folder / f"{number:04}_indexes.py"
        # Piccolo's ids are the local time: this one must sort after the tables written just now.
        id = datetime.now().strftime("%Y-%m-%dT%H:%M:%S:%f")
        lines = "".join(f"    {each!r},\n" for each in statements)
        target.write_text(_TEMPLATE.format(app=config.app_name, id=id, statements=lines))
        written.append(str(target))
    return written


def wanted(config: AppConfig) -> list[str]:
    """The INDEXES of every module that holds a table of this app."""
    modules = dict.fromkeys(table.__module__ for table in config.table_classes)
    return [each for name in modules for each in getattr(importlib.import_module(name), "INDEXES", ())]


def present(folder: Path) -> set[str]:
    """Statements that migrations apply already."""
    modules = BaseMigrationManager().get_migration_modules(str(folder))
    return {each for module in modules.values() for each in getattr(module, "STATEMENTS", ())}


if __name__ == "__main__":
    sys.exit(main())
