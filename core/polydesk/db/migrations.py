"""Bring the tables of the core and of every plugin up to date; one plugin's trouble is its own."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import logging
from collections.abc import Collection
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import AppConfig, Finder

from polydesk import guarded
from polydesk.db.queries import engine, lock
from polydesk.db.transaction import Transaction
from polydesk.errors import PolydeskError

log = logging.getLogger(__name__)
CORE = "polydesk.piccolo_app"


class MigrationError(PolydeskError):
    """The tables could not be brought up to date; nothing was changed."""


class Unfit(PolydeskError):
    """A plugin's tables are not its own to make."""


_left_out: frozenset[str] = frozenset()


def leave_out(plugins: Collection[str]) -> None:
    """Do not look at the tables of these: they could not be loaded, or nobody may import them (safe mode).

    A plugin's name, or the module of one that wanted another's name.
    """
    global _left_out  # noqa: PLW0603 - one set of plugins per process
    _left_out = frozenset(plugins)


def apps() -> list[str]:
    """The Piccolo apps: ours, then `<package>.piccolo_app` beside the module of each plugin that has one."""
    return [CORE, *plugin_apps().values()]


def plugin_apps(broken: dict[str, str] | None = None) -> dict[str, str]:
    """The app of each plugin that has one and is fit for use; why the others are not is put into `broken`."""
    found: dict[str, str] = {}
    for entry in sorted(entry_points(group="polydesk"), key=lambda entry: entry.name):
        if entry.name in _left_out or entry.value in _left_out or entry.name in found:
            continue
        package = entry.value.split(":")[0].rpartition(".")[0]
        name = f"{package}.piccolo_app" if package else "piccolo_app"
        try:
            if package and guarded.run(lambda name=name: importlib.util.find_spec(name)) is not None:  # type: ignore[misc]
                config = guarded.run(lambda name=name: importlib.import_module(name)).APP_CONFIG  # type: ignore[misc]
                _own(entry.name, config)
                found[entry.name] = name
        except (Exception, SystemExit) as error:
            log.warning("the tables of plugin %s are left as they are: %s", entry.name, error)
            if broken is not None:
                broken[entry.name] = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return found


def _own(plugin: str, config: AppConfig) -> None:
    if config.app_name != plugin:
        raise Unfit(f"its app is called {config.app_name}, not {plugin}")
    for table in config.table_classes:
        if not table._meta.tablename.startswith(f"{plugin}_"):
            raise Unfit(f"its table {table._meta.tablename} must be called {plugin}_…")


async def migrate() -> dict[str, str]:
    """Apply what is missing: all of core's or, if that fails, nothing; then each plugin's in the same way.

    Answers which plugins' tables could not be brought up to date, and why; theirs are as they were. Two processes may
    start at once: the second waits, then finds nothing to do.
    """
    broken: dict[str, str] = {}
    plugins = plugin_apps(broken)
    try:
        await _forwards("polydesk")
    except MigrationError:
        raise
    except Exception as error:
        raise MigrationError(f"The database could not be brought up to date: {error}") from error
    for name in plugins:
        try:
            await _forwards(name)
        except Exception as error:
            log.warning("the tables of plugin %s could not be brought up to date", name, exc_info=True)
            broken[name] = str(error) or type(error).__name__
    if engine.engine_type == "sqlite":
        await engine.run("PRAGMA optimize")
    return broken


async def _forwards(app: str) -> None:
    async with Transaction(engine.database):
        await lock("polydesk migrations")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            result = await run_forwards(app)
        if not result.success:
            raise MigrationError(f"The database could not be brought up to date: {result.message or said.getvalue()}")


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
