"""Indexes of voice, as they were when this migration was written."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from polydesk.db.migrations import run_statements

ID = "2026-11-23T03:45:50:765429"
VERSION = "1"
DESCRIPTION = "indexes"

STATEMENTS = (
    "CREATE UNIQUE INDEX IF NOT EXISTS voice_leg_name ON voice_leg (account, name) WHERE name <> ''",
    "CREATE INDEX IF NOT EXISTS voice_leg_living ON voice_leg (account, state) WHERE state <> 'ended'",
    "CREATE INDEX IF NOT EXISTS voice_call_living ON voice_call (client, state) WHERE state <> 'ended'",
    "CREATE INDEX IF NOT EXISTS voice_call_began ON voice_call (client, began_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS voice_seen_once ON voice_seen (account, key)",
    "CREATE INDEX IF NOT EXISTS voice_seen_at ON voice_seen (at)",
    "CREATE INDEX IF NOT EXISTS voice_phone_call ON voice_phone (call) WHERE call IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS voice_agent_time_person ON voice_agent_time (person, began_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS voice_prompt_once ON voice_prompt (client, language, key)",
    "CREATE INDEX IF NOT EXISTS voice_prompt_token ON voice_prompt (token)",
    "CREATE INDEX IF NOT EXISTS voice_diversion_now ON voice_diversion (client) WHERE undone_at IS NULL",
    "CREATE UNIQUE INDEX IF NOT EXISTS voice_recording_once ON voice_recording (account, reference)",
    "CREATE INDEX IF NOT EXISTS voice_recording_list ON voice_recording (client, began_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS voice_recording_person ON voice_recording (client, person, began_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS voice_recording_queue ON voice_recording (client, queue, began_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS voice_recording_topic ON voice_recording (client, topic, began_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS voice_recording_contact ON voice_recording (contact, began_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS voice_recording_conversation ON voice_recording (conversation)",
    "CREATE INDEX IF NOT EXISTS voice_recording_living ON voice_recording (client, began_at) WHERE state <> 'erased'",
    "CREATE INDEX IF NOT EXISTS voice_recording_key ON voice_recording (storage_key) WHERE storage_key <> ''",
    "-- postgres\nALTER TABLE voice_recording ADD COLUMN IF NOT EXISTS sought tsvector GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED",
    "-- postgres\nCREATE INDEX IF NOT EXISTS voice_recording_sought ON voice_recording USING GIN (sought)",
    "-- sqlite\nCREATE VIRTUAL TABLE IF NOT EXISTS voice_recording_words USING fts5(words, content='voice_recording', content_rowid='id', tokenize='unicode61')",
    "-- sqlite\nCREATE TRIGGER IF NOT EXISTS voice_recording_words_in AFTER INSERT ON voice_recording BEGIN INSERT INTO voice_recording_words (rowid, words) VALUES (new.id, new.words); END",
    "-- sqlite\nCREATE TRIGGER IF NOT EXISTS voice_recording_words_out AFTER DELETE ON voice_recording BEGIN INSERT INTO voice_recording_words (voice_recording_words, rowid, words) VALUES ('delete', old.id, old.words); END",
    "-- sqlite\nCREATE TRIGGER IF NOT EXISTS voice_recording_words_on AFTER UPDATE OF words ON voice_recording BEGIN INSERT INTO voice_recording_words (voice_recording_words, rowid, words) VALUES ('delete', old.id, old.words); INSERT INTO voice_recording_words (rowid, words) VALUES (new.id, new.words); END",
    "CREATE INDEX IF NOT EXISTS voice_listening_recent ON voice_listening (recording, person, at)",
    "CREATE INDEX IF NOT EXISTS voice_playlist_place ON voice_playlist (client, id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS voice_list_entry_once ON voice_list_entry (list, phone)",
    "CREATE INDEX IF NOT EXISTS voice_list_entry_due ON voice_list_entry (list, state, promised, due_at, id)",
    "CREATE INDEX IF NOT EXISTS voice_list_entry_held ON voice_list_entry (held_by) WHERE held_by IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS voice_list_entry_phone ON voice_list_entry (phone)",
    "CREATE INDEX IF NOT EXISTS voice_list_entry_contact ON voice_list_entry (contact) WHERE contact IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS voice_list_place ON voice_list (client, id)",
    "CREATE INDEX IF NOT EXISTS voice_list_attempt_list ON voice_list_attempt (list, at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS voice_list_attempt_call ON voice_list_attempt (call) WHERE call IS NOT NULL",
    "CREATE UNIQUE INDEX IF NOT EXISTS voice_do_not_call_once ON voice_do_not_call (client, phone)",
    "CREATE INDEX IF NOT EXISTS voice_item ON pd_item (client, occurred_at) WHERE kind LIKE 'call.%'",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="voice", description=DESCRIPTION)

    async def indexes() -> None:
        await run_statements(STATEMENTS)

    manager.add_raw(indexes)
    return manager
