"""Which plugins were ever installed, and what they left behind: their data stays until somebody asks for it to go."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta

import msgspec

from polydesk import db, i18n, live
from polydesk.plugins.finding import NAME, RESERVED, Plugin, Registry, found
from polydesk.scopes.tables import PluginKnownRow

_SEEN_EVERY = timedelta(hours=12)


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin that is no longer installed, and what of it is kept."""

    name: str
    label: str
    package: str
    version: str
    last_seen_at: datetime
    tables: tuple[str, ...]
    rows: int
    settings: int
    switches: int
    jobs: int


async def elders() -> dict[str, str]:
    """Every plugin this desk has known, the oldest first, and its package; none where there are no tables yet."""
    if not await PluginKnownRow.table_exists().run():
        return {}
    rows = await db.fetch("SELECT plugin, distribution FROM pd_plugin_known ORDER BY id")
    return {str(row["plugin"]): str(row["distribution"]) for row in rows}


async def remember(registry: Registry) -> None:
    """Write down what is installed; a write only when something is new, or half a day later."""
    now = datetime.now(UTC)
    rows = {row["plugin"]: row for row in await db.fetch("SELECT * FROM pd_plugin_known")}
    for plugin in registry.plugins.values():
        if not NAME.fullmatch(plugin.name) or plugin.name in RESERVED:
            continue
        row = rows.get(plugin.name)
        if row is None and not plugin.available and not await _has_tables(plugin.name):
            continue  # it never ran here: its name is nobody's yet
        tables = _tables(plugin) if plugin.available else msgspec.json.decode(row["tables"]) if row else []
        label = i18n.keep(plugin.info.label) if plugin.info else (row["label"] if row else plugin.name)
        package = row["distribution"] if row and not plugin.available else plugin.distribution
        said = (label[:200], package[:200], plugin.version[:60], msgspec.json.encode(tables).decode())
        before = (row["label"], row["distribution"], row["version"], row["tables"]) if row is not None else None
        if row is not None and said == before and now - row["last_seen_at"] < _SEEN_EVERY:
            continue
        await db.fetch(
            "INSERT INTO pd_plugin_known (plugin, label, distribution, version, tables, last_seen_at) "
            "VALUES ({}, {}, {}, {}, {}, {}) ON CONFLICT (plugin) DO UPDATE SET label = EXCLUDED.label, "
            "distribution = EXCLUDED.distribution, version = EXCLUDED.version, tables = EXCLUDED.tables, "
            "last_seen_at = EXCLUDED.last_seen_at",
            plugin.name,
            *said,
            now,
        )


async def _has_tables(name: str) -> bool:
    return bool(await db.fetch("SELECT 1 AS yes FROM migration WHERE app_name = {} LIMIT 1", name))


def _tables(plugin: Plugin) -> list[str]:
    package = plugin.module_name.rpartition(".")[0]
    if not package:
        return []
    try:
        config = importlib.import_module(f"{package}.piccolo_app").APP_CONFIG
    except (ImportError, AttributeError):
        return []
    return sorted(table._meta.tablename for table in config.table_classes)


async def removed() -> list[Left]:
    """Plugins that were here and are not installed any more."""
    installed = {entry.name for entry in found()}
    left = []
    rows = await db.fetch("SELECT * FROM pd_plugin_known ORDER BY plugin")
    names = installed | {row["plugin"] for row in rows}
    for row in rows:
        if row["plugin"] in installed:
            continue
        tables = await _standing(row["plugin"], names)
        left.append(
            Left(
                name=row["plugin"],
                label=i18n.kept(row["label"]) or row["plugin"],
                package=row["distribution"],
                version=row["version"],
                last_seen_at=row["last_seen_at"],
                tables=tuple(tables),
                rows=sum([await _count(f'SELECT COUNT(*) AS n FROM "{table}"') for table in tables]),
                settings=await _count("SELECT COUNT(*) AS n FROM pd_plugin_settings WHERE plugin = {}", row["plugin"]),
                switches=await _count("SELECT COUNT(*) AS n FROM pd_plugin_switch WHERE plugin = {}", row["plugin"]),
                jobs=await _count(
                    "SELECT COUNT(*) AS n FROM pd_job WHERE substr(name, 1, {}) = {} AND state <> 'done'",
                    len(row["plugin"]) + 1,
                    f"{row['plugin']}.",
                ),
            )
        )
    return left


async def forget(name: str) -> Left:
    """Erase everything a removed plugin left: tables, settings, switches, schedules, jobs. `LookupError` for others.

    What it wrote into timelines stays, and reads by its words; so do files, which the clean-up of files takes.
    """
    left = next((each for each in await removed() if each.name == name), None)
    if left is None:
        raise LookupError(name)
    async with db.transaction():
        await _drop(list(left.tables))
        await db.fetch("DELETE FROM migration WHERE app_name = {}", name)
        for table in ("pd_plugin_settings", "pd_plugin_switch", "pd_plugin_health", "pd_plugin_known"):
            await db.fetch(f"DELETE FROM {table} WHERE plugin = {{}}", name)
        await db.fetch("DELETE FROM pd_job WHERE substr(name, 1, {}) = {}", len(name) + 1, f"{name}.")
        live.signal(0, "plugins")
        live.signal(0, "health")
    return left


async def _standing(plugin: str, others: set[str]) -> list[str]:
    """Its tables that are there: all that bear its name, and none that bears another's that begins the same."""
    if not NAME.fullmatch(plugin) or plugin in RESERVED:
        return []
    if db.dialect() == "postgres":
        query = "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    names = [str(row["name"]) for row in await db.fetch(query)]
    longer = tuple(f"{other}_" for other in others if other.startswith(f"{plugin}_"))
    return sorted(each for each in names if each.startswith(f"{plugin}_") and not each.startswith(longer))


async def _drop(tables: list[str]) -> None:
    if not tables:
        return
    if db.dialect() == "postgres":
        names = ", ".join(f'"{each}"' for each in tables)
        await db.fetch(f"DROP TABLE {names} CASCADE")
        return
    # SQLite empties a table before it drops it, and then rows that point at it are in the way: those go first.
    waiting = list(tables)
    while waiting:
        pointed = {
            each["table"]
            for table in waiting
            for each in await db.fetch(f'PRAGMA foreign_key_list("{table}")')
            if each["table"] != table
        }
        free = [table for table in waiting if table not in pointed] or waiting[:1]
        for table in free:
            await db.fetch(f'DROP TABLE "{table}"')
            waiting.remove(table)


async def _count(sql: str, *args: object) -> int:
    return int((await db.fetch(sql, *args))[0]["n"])
