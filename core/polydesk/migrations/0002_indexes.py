"""Indexes of polydesk, as they were when this migration was written."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from polydesk.db.migrations import run_statements

ID = "2026-11-22T19:25:13:902301"
VERSION = "1"
DESCRIPTION = "indexes"

STATEMENTS = (
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_market_code ON pd_market (client, code)",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_plugin_switch_scope ON pd_plugin_switch (plugin, COALESCE(client, 0), COALESCE(market, 0))",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_plugin_settings_scope ON pd_plugin_settings (plugin, COALESCE(client, 0), COALESCE(market, 0))",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_plugin_health_hook ON pd_plugin_health (plugin, hook)",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_membership_place ON pd_membership (person, client, COALESCE(market, 0))",
    "CREATE INDEX IF NOT EXISTS pd_membership_client ON pd_membership (client, person)",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_account_address ON pd_account (channel, address)",
    "CREATE INDEX IF NOT EXISTS pd_account_client ON pd_account (client, id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_identity_value ON pd_identity (client, kind, value)",
    "CREATE INDEX IF NOT EXISTS pd_contact_recent ON pd_contact (client, updated_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS pd_queue_place ON pd_queue (client, position, id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_queue_member_once ON pd_queue_member (queue, person)",
    "CREATE INDEX IF NOT EXISTS pd_conversation_list ON pd_conversation (client, status, last_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS pd_conversation_all ON pd_conversation (client, last_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS pd_conversation_mine ON pd_conversation (assignee, status, last_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS pd_conversation_free ON pd_conversation (client, status, last_at DESC, id DESC) WHERE assignee IS NULL",
    "CREATE INDEX IF NOT EXISTS pd_conversation_queue ON pd_conversation (queue, status, last_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS pd_conversation_waiting ON pd_conversation (queue, priority DESC, waiting_since, id) WHERE waiting_since IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS pd_conversation_contact ON pd_conversation (contact, last_at DESC)",
    "CREATE INDEX IF NOT EXISTS pd_conversation_snoozed ON pd_conversation (snoozed_until) WHERE snoozed_until IS NOT NULL",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_participant_once ON pd_participant (conversation, kind, value)",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_message_key_once ON pd_message_key (client, channel, fingerprint)",
    "CREATE INDEX IF NOT EXISTS pd_message_ref_find ON pd_message_ref (client, key)",
    "CREATE INDEX IF NOT EXISTS pd_attachment_item ON pd_attachment (item)",
    "CREATE INDEX IF NOT EXISTS pd_attachment_draft ON pd_attachment (conversation, person) WHERE item = 0",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_draft_once ON pd_draft (conversation, person)",
    "CREATE INDEX IF NOT EXISTS pd_item_conversation ON pd_item (conversation, id)",
    "CREATE INDEX IF NOT EXISTS pd_item_contact ON pd_item (contact, id)",
    "CREATE INDEX IF NOT EXISTS pd_item_kind ON pd_item (client, kind, occurred_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_arrival_once ON pd_arrival (account, external_id)",
    "CREATE INDEX IF NOT EXISTS pd_arrival_unsettled ON pd_arrival (client, state, id) WHERE state IN ('new', 'unreadable')",
    "CREATE INDEX IF NOT EXISTS pd_arrival_item ON pd_arrival (item)",
    "CREATE INDEX IF NOT EXISTS pd_job_due ON pd_job (run_at, id) WHERE state = 'queued'",
    "CREATE INDEX IF NOT EXISTS pd_job_leased ON pd_job (lease_until) WHERE state IN ('leased', 'running')",
    "CREATE INDEX IF NOT EXISTS pd_job_finished ON pd_job (finished_at) WHERE state = 'done'",
    "CREATE INDEX IF NOT EXISTS pd_job_trouble ON pd_job (state, id) WHERE state IN ('dead', 'waiting')",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="polydesk", description=DESCRIPTION)

    async def indexes() -> None:
        await run_statements(STATEMENTS)

    manager.add_raw(indexes)
    return manager
