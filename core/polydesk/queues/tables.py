"""Queues and who works in them."""

from __future__ import annotations

from piccolo.columns import BigSerial, Boolean, ForeignKey, Integer, Text, Varchar
from piccolo.table import Table

from polydesk.scopes.tables import ClientRow, MarketRow
from polydesk.staff.tables import PersonRow


class QueueRow(Table, tablename="pd_queue"):
    """A place to wait. Without members, everyone who reaches its scope works in it."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    market = ForeignKey(MarketRow, null=True)
    name = Varchar(length=200)
    position = Integer(default=0)
    assigns = Boolean(default=True, help_text="Conversations are given to agents; otherwise agents take them.")
    weights = Text(default="{}", help_text="JSON: strategy name to weight; a strategy not named weighs 1, 0 is off.")


class QueueMemberRow(Table, tablename="pd_queue_member"):
    """A person who works in a queue."""

    id = BigSerial(primary_key=True)
    queue = ForeignKey(QueueRow, null=False)
    person = ForeignKey(PersonRow, null=False, index=True)


INDEXES = (
    "CREATE INDEX IF NOT EXISTS pd_queue_place ON pd_queue (client, position, id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_queue_member_once ON pd_queue_member (queue, person)",
)
