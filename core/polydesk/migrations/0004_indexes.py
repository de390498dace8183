"""Indexes of polydesk, as they were when this migration was written."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from polydesk.db.migrations import run_statements

ID = "2026-11-22T21:54:56:533684"
VERSION = "1"
DESCRIPTION = "indexes"

STATEMENTS = (
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_reach_once ON pd_reach (account, kind, value)",
    "CREATE INDEX IF NOT EXISTS pd_reach_contact ON pd_reach (contact, account)",
    "CREATE INDEX IF NOT EXISTS pd_delivery_unsettled ON pd_delivery (account, state) WHERE state IN ('queued', 'sending', 'failed')",
    "CREATE INDEX IF NOT EXISTS pd_delivery_conversation ON pd_delivery (conversation, item)",
    "CREATE INDEX IF NOT EXISTS pd_pace_due ON pd_pace (due)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="polydesk", description=DESCRIPTION)

    async def indexes() -> None:
        await run_statements(STATEMENTS)

    manager.add_raw(indexes)
    return manager
