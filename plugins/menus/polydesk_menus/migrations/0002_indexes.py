"""Indexes of menus, as they were when this migration was written."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from polydesk.db.migrations import run_statements

ID = "2026-11-22T21:02:30:844242"
VERSION = "1"
DESCRIPTION = "indexes"

STATEMENTS = (
    "CREATE UNIQUE INDEX IF NOT EXISTS menus_menu_place ON menus_menu (COALESCE(client, 0), COALESCE(market, 0))",
    "CREATE UNIQUE INDEX IF NOT EXISTS menus_version_number ON menus_version (menu, number)",
    "CREATE INDEX IF NOT EXISTS menus_publication_menu ON menus_publication (menu, id)",
    "CREATE INDEX IF NOT EXISTS menus_session_version ON menus_session (version, started_at)",
    "CREATE INDEX IF NOT EXISTS menus_answered_version ON menus_answered (version, at)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="menus", description=DESCRIPTION)

    async def indexes() -> None:
        await run_statements(STATEMENTS)

    manager.add_raw(indexes)
    return manager
