"""Indexes of menus, as they were when this migration was written."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from polydesk.db.migrations import run_statements

ID = "2026-11-22T21:56:26:612968"
VERSION = "1"
DESCRIPTION = "indexes"

STATEMENTS = ("CREATE INDEX IF NOT EXISTS menus_session_open ON menus_session (id) WHERE outcome = ''",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="menus", description=DESCRIPTION)

    async def indexes() -> None:
        await run_statements(STATEMENTS)

    manager.add_raw(indexes)
    return manager
