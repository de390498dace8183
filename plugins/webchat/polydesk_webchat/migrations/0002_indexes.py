"""Indexes of webchat, as they were when this migration was written."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from polydesk.db.migrations import run_statements

ID = "2026-11-22T21:13:36:180344"
VERSION = "1"
DESCRIPTION = "indexes"

STATEMENTS = (
    "CREATE UNIQUE INDEX IF NOT EXISTS webchat_visitor_handle ON webchat_visitor (account, handle)",
    "CREATE UNIQUE INDEX IF NOT EXISTS webchat_visitor_person ON webchat_visitor (account, person) WHERE person <> ''",
    "CREATE INDEX IF NOT EXISTS webchat_visitor_conversation ON webchat_visitor (conversation)",
    "CREATE INDEX IF NOT EXISTS webchat_visitor_address ON webchat_visitor (account, address) WHERE blocked",
    "CREATE INDEX IF NOT EXISTS webchat_message_visitor ON webchat_message (visitor, id)",
    "CREATE INDEX IF NOT EXISTS webchat_message_unseen ON webchat_message (account, created_at) WHERE direction = 'out' AND seen_at IS NULL AND mailed_at IS NULL",
    "CREATE INDEX IF NOT EXISTS webchat_file_visitor ON webchat_file (visitor, created_at)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="webchat", description=DESCRIPTION)

    async def indexes() -> None:
        await run_statements(STATEMENTS)

    manager.add_raw(indexes)
    return manager
