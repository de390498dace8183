"""Conversations, what is attached to them, and the keys that thread messages and count them once."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from polydesk.contacts.tables import ContactRow
from polydesk.scopes.tables import ClientRow, MarketRow
from polydesk.staff.tables import PersonRow
from polydesk.timeline.tables import ItemRow


class ConversationRow(Table, tablename="pd_conversation"):
    """One matter. The columns are the present; how it came to be is in the timeline."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    market = ForeignKey(MarketRow, null=True)
    contact = ForeignKey(ContactRow, null=False)
    status = Varchar(length=20, default="open")
    queue = BigInt(null=True, default=None)
    assignee = ForeignKey(PersonRow, null=True)
    priority = Integer(default=0, help_text="-1 low, 0 normal, 1 high, 2 urgent")
    subject = Varchar(length=500, default="")
    preview = Varchar(length=300, default="")
    category = Varchar(length=100, default="")
    tags = Varchar(length=500, default="", help_text="Space separated, no spaces inside.")
    language = Varchar(length=20, default="")
    channel = Varchar(length=60, default="")
    account = BigInt(null=True, default=None)
    attributes = Text(default="{}", help_text="JSON: what was learned in it (an order number…).")
    asking = Boolean(default=False, help_text="A plugin is asking the contact; no agent is looked for yet.")
    messages = Integer(default=0)
    awaits_reply = Boolean(default=False, help_text="The last message came from the contact.")
    has_failure = Boolean(default=False, help_text="A message of ours could not be delivered.")
    opened_at = Timestamptz(default=TimestamptzNow())
    last_at = Timestamptz(default=TimestamptzNow())
    waiting_since = Timestamptz(null=True, default=None)
    snoozed_until = Timestamptz(null=True, default=None)
    solved_at = Timestamptz(null=True, default=None)


class ParticipantRow(Table, tablename="pd_participant"):
    """Someone who takes part in a conversation besides its contact; unverified until an agent says otherwise."""

    id = BigSerial(primary_key=True)
    conversation = ForeignKey(ConversationRow, null=False)
    kind = Varchar(length=40)
    value = Varchar(length=400)
    name = Varchar(length=300, default="")
    verified = Boolean(default=True)


class ReachRow(Table, tablename="pd_reach"):
    """Where a contact was last in touch on an account of a chat: by which handle, when, and about what."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    contact = ForeignKey(ContactRow, null=False)
    account = BigInt()
    kind = Varchar(length=40)
    value = Varchar(length=400)
    name = Varchar(length=300, default="")
    conversation = BigInt()
    last_in_at = Timestamptz(null=True, default=None, help_text="When they last wrote, by the service's clock.")
    last_external_id = Varchar(length=300, default="")


class MessageKeyRow(Table, tablename="pd_message_key"):
    """Counts a message once: the fingerprint's hash is unique within a client and channel."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    channel = Varchar(length=60)
    fingerprint = Varchar(length=64)
    arrival = BigInt(help_text="The arrival that counted.")


class MessageRefRow(Table, tablename="pd_message_ref"):
    """An external id seen in a conversation: a message's own (`own`), or one that a message referred to."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    key = Varchar(length=64, help_text="sha256 of the external id, hex")
    conversation = ForeignKey(ConversationRow, null=False, index=True)
    item = BigInt()
    own = Boolean(default=True)


class AttachmentRow(Table, tablename="pd_attachment"):
    """A file of an item, or of a draft not sent yet (item 0)."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    conversation = ForeignKey(ConversationRow, null=False)
    item = BigInt(default=0)
    person = BigInt(default=0, help_text="Who uploaded it to a draft.")
    name = Varchar(length=300)
    media_type = Varchar(length=200)
    size = BigInt()
    storage_key = Varchar(length=64)
    content_id = Varchar(length=300, default="")
    inline = Boolean(default=False)


class DraftRow(Table, tablename="pd_draft"):
    """What a person was writing; kept until sent."""

    id = BigSerial(primary_key=True)
    conversation = ForeignKey(ConversationRow, null=False)
    person = ForeignKey(PersonRow, null=False)
    kind = Varchar(length=10, default="reply")
    text = Text(default="")
    saved_at = Timestamptz(default=TimestamptzNow())


class DeliveryRow(Table, tablename="pd_delivery"):
    """How far a message of ours has come. The timeline has each step; this is the present state."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    conversation = ForeignKey(ConversationRow, null=False)
    item = ForeignKey(ItemRow, null=False, unique=True)
    account = BigInt()
    state = Varchar(length=20, default="queued")
    attempts = Integer(default=0)
    reason = Text(default="")
    external_id = Varchar(length=300, default="")
    first_tried_at = Timestamptz(null=True, default=None)
    changed_at = Timestamptz(default=TimestamptzNow())


INDEXES = (
    "CREATE INDEX IF NOT EXISTS pd_conversation_list ON pd_conversation (client, status, last_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS pd_conversation_all ON pd_conversation (client, last_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS pd_conversation_mine ON pd_conversation (assignee, status, last_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS pd_conversation_free ON pd_conversation (client, status, last_at DESC, id DESC) "
    "WHERE assignee IS NULL",
    "CREATE INDEX IF NOT EXISTS pd_conversation_queue ON pd_conversation (queue, status, last_at DESC, id DESC)",
    "CREATE INDEX IF NOT EXISTS pd_conversation_waiting ON pd_conversation (queue, priority DESC, waiting_since, id) "
    "WHERE waiting_since IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS pd_conversation_contact ON pd_conversation (contact, last_at DESC)",
    "CREATE INDEX IF NOT EXISTS pd_conversation_snoozed ON pd_conversation (snoozed_until) "
    "WHERE snoozed_until IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS pd_conversation_asking ON pd_conversation (last_at) WHERE asking",
    "CREATE INDEX IF NOT EXISTS pd_attachment_key ON pd_attachment (storage_key) WHERE storage_key <> ''",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_participant_once ON pd_participant (conversation, kind, value)",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_reach_once ON pd_reach (account, kind, value)",
    "CREATE INDEX IF NOT EXISTS pd_reach_contact ON pd_reach (contact, account)",
    "CREATE INDEX IF NOT EXISTS pd_delivery_unsettled ON pd_delivery (account, state) "
    "WHERE state IN ('queued', 'sending', 'failed')",
    "CREATE INDEX IF NOT EXISTS pd_delivery_conversation ON pd_delivery (conversation, item)",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_message_key_once ON pd_message_key (client, channel, fingerprint)",
    "CREATE INDEX IF NOT EXISTS pd_message_ref_find ON pd_message_ref (client, key)",
    "CREATE INDEX IF NOT EXISTS pd_attachment_item ON pd_attachment (item)",
    "CREATE INDEX IF NOT EXISTS pd_attachment_draft ON pd_attachment (conversation, person) WHERE item = 0",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_draft_once ON pd_draft (conversation, person)",
)
