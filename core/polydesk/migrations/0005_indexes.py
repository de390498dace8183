"""Indexes of polydesk, as they were when this migration was written."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from polydesk.db.migrations import run_statements

ID = "2026-11-23T00:34:53:487946"
VERSION = "1"
DESCRIPTION = "indexes"

STATEMENTS = (
    "CREATE INDEX IF NOT EXISTS pd_attachment_key ON pd_attachment (storage_key) WHERE storage_key <> ''",
    "CREATE INDEX IF NOT EXISTS pd_arrival_key ON pd_arrival (storage_key) WHERE storage_key <> ''",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="polydesk", description=DESCRIPTION)

    async def indexes() -> None:
        await run_statements(STATEMENTS)

    manager.add_raw(indexes)
    return manager
