"""Bring the tables of the core and of every plugin up to date: all of them or, if one fails, none."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import Finder

from polydesk.db.queries import engine, lock
from polydesk.db.transaction import Transaction
from polydesk.errors import PolydeskError

log = logging.getLogger(__name__)
CORE = "polydesk.piccolo_app"


class MigrationError(PolydeskError):
    """The tables could not be brought up to date; nothing was changed."""


def apps() -> list[str]:
    """The Piccolo apps: ours, then `<package>.piccolo_app` beside the module of each plugin that has one."""
    found = [CORE]
    for entry in sorted(entry_points(group="polydesk"), key=lambda entry: entry.name):
        name = f"{entry.value.split(':')[0].rpartition('.')[0]}.piccolo_app"
        try:
            if importlib.util.find_spec(name) is not None:
                found.append(name)
        except Exception:
            # The plugin list says what is wrong with it; its tables stay as they are.
            log.debug("plugin %s cannot be imported, so its tables are not migrated", entry.name)
    return found


async def migrate() -> None:
    """Apply what is missing. Two processes may start at once: the second waits, then finds nothing to do."""
    async with Transaction(engine.database):
        await lock("polydesk migrations")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            result = await run_forwards("all")
        if not result.success:
            raise MigrationError(f"The database could not be brought up to date: {result.message or said.getvalue()}")
    if engine.engine_type == "sqlite":
        await engine.run("PRAGMA optimize")


async def run_statements(statements: tuple[str, ...]) -> None:
    """Run SQL as it stands; one that begins with `-- sqlite` or `-- postgres` is for that database alone."""
    for statement in statements:
        first = statement.split(None, 2)[:2]
        if first[0] != "--" or first[1] == engine.engine_type:
            await engine.run(statement)


async def pending() -> list[str]:
    """Migrations that were not applied yet, as "app: migration"."""
    table = await Migration.table_exists().run()
    done = {(row["app_name"], row["name"]) for row in await Migration.select()} if table else set()
    missing = []
    for config in Finder().get_app_configs():
        modules = BaseMigrationManager().get_migration_modules(config.resolved_migrations_folder_path)
        missing += [f"{config.app_name}: {name}" for name in sorted(modules) if (config.app_name, name) not in done]
    return missing


def _modules(self: BaseMigrationManager, folder_path: str) -> dict[str, ModuleType]:
    """Migrations by path: Piccolo imports them by bare file name, so that two apps could run each other's."""
    found = {}
    for path in sorted(Path(folder_path).glob("*.py")):
        if path.stem == "__init__":
            continue
        spec = importlib.util.spec_from_file_location(f"_polydesk_migration_{abs(hash(path))}_{path.stem}", path)
        if spec is None or spec.loader is None:
            raise MigrationError(f"{path} cannot be loaded.")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if name := getattr(module, "ID", None):
            found[name] = module
    return found


BaseMigrationManager.get_migration_modules = _modules  # type: ignore[method-assign, assignment]
