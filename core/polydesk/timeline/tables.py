"""The spine's table. Rows are only ever added."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from polydesk.scopes.tables import ClientRow


class ItemRow(Table, tablename="pd_item"):
    """One thing that happened. Contact and conversation are plain ids: the timeline lies below both."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    contact = BigInt(null=True, default=None)
    conversation = BigInt(null=True, default=None)
    kind = Varchar(length=60)
    direction = Varchar(length=3, default="")
    person = BigInt(null=True, default=None, help_text="Staff who did it; empty for contacts and the desk itself.")
    text = Text(default="")
    html = Text(default="", help_text="As received, unsanitised; sanitised each time it is shown.")
    data = Text(default="{}", help_text="JSON, by kind.")
    occurred_at = Timestamptz(default=TimestamptzNow())
    recorded_at = Timestamptz(default=TimestamptzNow())


INDEXES = (
    "CREATE INDEX IF NOT EXISTS pd_item_conversation ON pd_item (conversation, id)",
    "CREATE INDEX IF NOT EXISTS pd_item_contact ON pd_item (contact, id)",
    "CREATE INDEX IF NOT EXISTS pd_item_kind ON pd_item (client, kind, occurred_at)",
)
