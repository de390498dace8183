"""Indexes of voice, as they were when this migration was written."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from polydesk.db.migrations import run_statements

ID = "2026-11-23T08:15:13:148905"
VERSION = "1"
DESCRIPTION = "indexes"

STATEMENTS = ("CREATE INDEX IF NOT EXISTS voice_call_callback ON voice_call (callback)",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="voice", description=DESCRIPTION)

    async def indexes() -> None:
        await run_statements(STATEMENTS)

    manager.add_raw(indexes)
    return manager
