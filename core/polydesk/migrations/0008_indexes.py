"""Indexes of polydesk, as they were when this migration was written."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from polydesk.db.migrations import run_statements

ID = "2026-11-23T08:15:11:730780"
VERSION = "1"
DESCRIPTION = "indexes"

STATEMENTS = ("CREATE INDEX IF NOT EXISTS pd_conversation_asking ON pd_conversation (last_at) WHERE asking",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="polydesk", description=DESCRIPTION)

    async def indexes() -> None:
        await run_statements(STATEMENTS)

    manager.add_raw(indexes)
    return manager
