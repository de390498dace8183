"""Calls, their parties, the agents' phones, and how queues and places treat calls."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class CallRow(Table, tablename="voice_call"):
    """One call. The columns are the present; how it came to be is in the timeline."""

    id = BigSerial(primary_key=True)
    client = BigInt()
    market = BigInt(null=True, default=None)
    account = BigInt()
    conversation = BigInt(index=True)
    contact = BigInt()
    direction = Varchar(length=3, help_text="in or out")
    state = Varchar(
        length=12, help_text="menu, queued, ringing, talking, held, message, dialling, ended: as the contact sees it"
    )
    outcome = Varchar(length=20, default="")
    caller = Varchar(length=100, default="")
    called = Varchar(length=100, default="")
    language = Varchar(length=20, default="")
    queue = BigInt(null=True, default=None)
    person = BigInt(null=True, default=None, help_text="The agent whose call it is, ringing or talking.")
    room = Varchar(length=60, default="")
    prompt = Text(default="", help_text="JSON: what was asked last, to read the answer by.")
    misses = Integer(default=0)
    records = Boolean(default=False)
    paused = Boolean(default=False, help_text="The recording is paused (card data).")
    callback = Varchar(length=12, default="", help_text="asked, wanted, dialling, done: a place kept in the queue")
    why = Varchar(length=20, default="", help_text="Why it left the queue, while what follows is under way.")
    list_entry = BigInt(null=True, default=None, help_text="Whom of a dialling list this calls.")
    began_at = Timestamptz(default=TimestamptzNow())
    queued_at = Timestamptz(null=True, default=None)
    entered_at = Timestamptz(null=True, default=None, help_text="When it came into this queue; the wait may be older.")
    said_at = Timestamptz(null=True, default=None, help_text="When position and wait were last announced.")
    answered_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    details = Text(default="{}")


class LegRow(Table, tablename="voice_leg"):
    """One party of a call."""

    id = BigSerial(primary_key=True)
    call = BigInt(index=True)
    account = BigInt()
    role = Varchar(length=10, help_text="contact, agent, other, listener")
    person = BigInt(null=True, default=None)
    endpoint = Varchar(length=300, default="")
    name = Varchar(length=120, default="", help_text="What the provider calls it.")
    token = Varchar(length=64, unique=True)
    state = Varchar(length=10, default="new", help_text="new, dialling, ringing, up, ended")
    plan = Text(default="[]")
    turns = Integer(default=0, help_text="How often its plan was changed from outside.")
    sequence = Integer(default=-1)
    mode = Varchar(length=10, default="talk", help_text="What a listener does: listen, whisper, talk.")
    way = Varchar(length=12, default="", help_text="Why they are there: queue, blind, warm, conference, call, monitor")
    accepted = Boolean(default=False, help_text="They pressed the key that proves that a person answered.")
    looked_at = Timestamptz(null=True, default=None, help_text="When the provider was last asked how it is.")
    met = BigInt(default=-1, help_text="Orders what is told of coming into the room and leaving it.")
    inside = Boolean(default=False, help_text="In the call's room.")
    muted = Boolean(default=False)
    held_at = Timestamptz(null=True, default=None)
    held_seconds = Integer(default=0)
    queue = BigInt(null=True, default=None, help_text="The queue an agent's part came from.")
    began_at = Timestamptz(default=TimestamptzNow())
    answered_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    reason = Varchar(length=300, default="")


class SeenRow(Table, tablename="voice_seen"):
    """What was told already: counts a happening once."""

    id = BigSerial(primary_key=True)
    account = BigInt()
    key = Varchar(length=200)
    at = Timestamptz(default=TimestamptzNow())


class PhoneRow(Table, tablename="voice_phone"):
    """Where an agent answers calls, and what they are doing there."""

    person = BigInt(primary_key=True)
    endpoint = Varchar(length=300, default="", help_text="number:, sip: or client: and the address.")
    call = BigInt(null=True, default=None, help_text="The call that has this agent.")
    state = Varchar(length=12, default="idle", help_text="idle, ringing, talking, wrapping_up")
    since = Timestamptz(default=TimestamptzNow())
    wrap_up_until = Timestamptz(null=True, default=None)


class AgentTimeRow(Table, tablename="voice_agent_time"):
    """What an agent was doing from when to when: ready, away, ringing, talking, wrapping_up. `ended_at` null is now."""

    id = BigSerial(primary_key=True)
    person = BigInt()
    state = Varchar(length=12)
    call = BigInt(null=True, default=None)
    began_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)


class QueueRow(Table, tablename="voice_queue"):
    """How a queue treats calls: `settings` is the JSON of `queueing.settings.QueueSettings`."""

    queue = BigInt(primary_key=True)
    settings = Text(default="{}")


class PromptRow(Table, tablename="voice_prompt"):
    """Words spoken to callers, and their recording where somebody made one."""

    id = BigSerial(primary_key=True)
    client = BigInt()
    language = Varchar(length=20)
    key = Varchar(length=64, help_text="sha256 of the words, hex")
    text = Text()
    storage_key = Varchar(length=64, default="")
    media_type = Varchar(length=100, default="")
    token = Varchar(length=64, default="", help_text="Names the recording in addresses providers fetch.")
    last_said_at = Timestamptz(default=TimestamptzNow())


class DiversionRow(Table, tablename="voice_diversion"):
    """Calls of a place, number or queue sent elsewhere for a while."""

    id = BigSerial(primary_key=True)
    client = BigInt()
    market = BigInt(null=True, default=None)
    kind = Varchar(length=10, help_text="place, account or queue: what is moved")
    subject = BigInt(help_text="The market's (0: whole client), account's or queue's id.")
    target = Varchar(length=10, help_text="queue, number or message")
    target_queue = BigInt(null=True, default=None)
    target_number = Varchar(length=100, default="")
    reason = Varchar(length=300, default="")
    person = BigInt()
    began_at = Timestamptz(default=TimestamptzNow())
    until = Timestamptz(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)
    undone_by = BigInt(null=True, default=None)


class RecordingRow(Table, tablename="voice_recording"):
    """The sound of a call: ours once `storage_key` is set."""

    id = BigSerial(primary_key=True)
    client = BigInt()
    market = BigInt(null=True, default=None)
    account = BigInt()
    call = BigInt(index=True)
    conversation = BigInt()
    contact = BigInt()
    queue = BigInt(null=True, default=None)
    person = BigInt(null=True, default=None)
    kind = Varchar(length=10, help_text="call or message")
    reference = Varchar(length=300)
    state = Varchar(length=10, default="awaited", help_text="awaited, kept, missing, erased")
    reason = Varchar(length=500, default="")
    storage_key = Varchar(length=64, default="")
    media_type = Varchar(length=100, default="")
    seconds = Integer(default=0)
    channels = Integer(default=1)
    peaks = Text(default="", help_text="The waveform: JSON, 0 to 100, one row per channel.")
    topic = Varchar(length=100, default="")
    tags = Varchar(length=500, default="", help_text="Space separated, one at each end too.")
    outcome = Varchar(length=20, default="")
    words = Text(default="", help_text="What can be searched, folded.")
    began_at = Timestamptz(default=TimestamptzNow())
    settled_at = Timestamptz(null=True, default=None, help_text="When it became ours, or was given up.")


class ListeningRow(Table, tablename="voice_listening"):
    """Who listened to a recording, when, and from where in it."""

    id = BigSerial(primary_key=True)
    recording = BigInt(index=True)
    person = BigInt()
    at = Timestamptz(default=TimestamptzNow())
    playlist = BigInt(null=True, default=None)


class PlaylistRow(Table, tablename="voice_playlist"):
    """Recordings put together for a listening session."""

    id = BigSerial(primary_key=True)
    client = BigInt()
    market = BigInt(null=True, default=None)
    name = Varchar(length=200)
    person = BigInt()
    made_at = Timestamptz(default=TimestamptzNow())


class PlaylistEntryRow(Table, tablename="voice_playlist_entry"):
    """A recording's place in a playlist, with a word on why."""

    id = BigSerial(primary_key=True)
    playlist = BigInt(index=True)
    recording = BigInt()
    position = Integer(default=0)
    remark = Varchar(length=500, default="")


class ListRow(Table, tablename="voice_list"):
    """People to be called: `settings` is the JSON of `lists.settings.ListSettings`."""

    id = BigSerial(primary_key=True)
    client = BigInt()
    market = BigInt(null=True, default=None)
    account = BigInt()
    queue = BigInt()
    name = Varchar(length=200)
    state = Varchar(length=10, default="draft", help_text="draft, running, paused, done")
    settings = Text(default="{}")
    person = BigInt()
    made_at = Timestamptz(default=TimestamptzNow())


class EntryRow(Table, tablename="voice_list_entry"):
    """Somebody on a dialling list."""

    id = BigSerial(primary_key=True)
    list = BigInt()
    contact = BigInt(null=True, default=None)
    name = Varchar(length=300, default="")
    phone = Varchar(length=40)
    language = Varchar(length=20, default="")
    time_zones = Varchar(length=300, default="", help_text="Where the number may be, space separated.")
    facts = Text(default="{}", help_text="JSON: the other columns of the file.")
    state = Varchar(length=10, default="waiting", help_text="waiting, calling, done, never")
    attempts = Integer(default=0)
    outcome = Varchar(length=20, default="", help_text="How the last attempt ended.")
    result = Varchar(length=60, default="", help_text="What the agent chose: the key of a `lists.settings.Result`.")
    promised = Boolean(default=False, help_text="`due_at` was promised to them.")
    due_at = Timestamptz(default=TimestamptzNow())
    person = BigInt(null=True, default=None, help_text="Who promised to call them again.")
    held_by = BigInt(null=True, default=None, help_text="Who has it before them (preview).")
    held_until = Timestamptz(null=True, default=None)
    call = BigInt(null=True, default=None)
    last_at = Timestamptz(null=True, default=None)


class AttemptRow(Table, tablename="voice_list_attempt"):
    """One time somebody of a list was called, or skipped (then there is no call)."""

    id = BigSerial(primary_key=True)
    list = BigInt()
    entry = BigInt(index=True)
    call = BigInt(null=True, default=None)
    person = BigInt(null=True, default=None)
    outcome = Varchar(length=20, default="", help_text="As of call.ended, or skipped; empty while it lasts.")
    result = Varchar(length=60, default="")
    remark = Varchar(length=300, default="")
    at = Timestamptz(default=TimestamptzNow())


class ImportRow(Table, tablename="voice_import"):
    """A file on its way into a list: read, mapped, tried, taken."""

    id = BigSerial(primary_key=True)
    list = BigInt(index=True)
    client = BigInt()
    name = Varchar(length=300)
    storage_key = Varchar(length=64)
    mapping = Text(default="{}")
    state = Varchar(length=10, default="mapping", help_text="mapping, trying, tried, taking, taken, failed")
    report = Text(default="{}")
    done = Integer(default=0)
    total = Integer(default=0)
    person = BigInt()
    made_at = Timestamptz(default=TimestamptzNow())


class DoNotCallRow(Table, tablename="voice_do_not_call"):
    """Numbers nobody of a client may dial."""

    id = BigSerial(primary_key=True)
    client = BigInt()
    phone = Varchar(length=40)
    reason = Varchar(length=300, default="")
    person = BigInt(null=True, default=None)
    at = Timestamptz(default=TimestamptzNow())


INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS voice_leg_name ON voice_leg (account, name) WHERE name <> ''",
    "CREATE INDEX IF NOT EXISTS voice_leg_living ON voice_leg (account, state) WHERE state <> 'ended'",
    "CREATE INDEX IF NOT EXISTS voice_call_living ON voice_call (client, state) WHERE state <> 'ended'",
    "CREATE INDEX IF NOT EXISTS voice_call_callback ON voice_call (callback)",
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
    "-- postgres\nALTER TABLE voice_recording ADD COLUMN IF NOT EXISTS sought tsvector "
    "GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED",
    "-- postgres\nCREATE INDEX IF NOT EXISTS voice_recording_sought ON voice_recording USING GIN (sought)",
    "-- sqlite\nCREATE VIRTUAL TABLE IF NOT EXISTS voice_recording_words USING fts5("
    "words, content='voice_recording', content_rowid='id', tokenize='unicode61')",
    "-- sqlite\nCREATE TRIGGER IF NOT EXISTS voice_recording_words_in AFTER INSERT ON voice_recording BEGIN "
    "INSERT INTO voice_recording_words (rowid, words) VALUES (new.id, new.words); END",
    "-- sqlite\nCREATE TRIGGER IF NOT EXISTS voice_recording_words_out AFTER DELETE ON voice_recording BEGIN "
    "INSERT INTO voice_recording_words (voice_recording_words, rowid, words) VALUES ('delete', old.id, old.words); END",
    "-- sqlite\nCREATE TRIGGER IF NOT EXISTS voice_recording_words_on AFTER UPDATE OF words ON voice_recording BEGIN "
    "INSERT INTO voice_recording_words (voice_recording_words, rowid, words) VALUES ('delete', old.id, old.words); "
    "INSERT INTO voice_recording_words (rowid, words) VALUES (new.id, new.words); END",
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
