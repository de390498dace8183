"""Indexes of sms, as they were when this migration was written."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from polydesk.db.migrations import run_statements

ID = "2026-11-22T21:31:36:691795"
VERSION = "1"
DESCRIPTION = "indexes"

STATEMENTS = ("CREATE UNIQUE INDEX IF NOT EXISTS sms_consent_once ON sms_consent (client, phone)",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="sms", description=DESCRIPTION)

    async def indexes() -> None:
        await run_statements(STATEMENTS)

    manager.add_raw(indexes)
    return manager
