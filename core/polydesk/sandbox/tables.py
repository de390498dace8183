"""The local outbox of clients in the sandbox."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from polydesk.scopes.tables import ClientRow, MarketRow


class SandboxRow(Table, tablename="pd_sandbox_letter"):
    """One thing that would have left: a message, or what a plugin says it would have done."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    market = ForeignKey(MarketRow, null=True)
    channel = Varchar(length=60, default="")
    conversation = BigInt(null=True, default=None)
    key = Varchar(length=120, unique=True, help_text="Counts once: the delivery's idempotency key.")
    recipient = Varchar(length=400, default="")
    subject = Text(default="")
    text = Text(default="")
    data = Text(default="{}", help_text="JSON: files by name and size, template, choices.")
    at = Timestamptz(default=TimestamptzNow())


INDEXES = ("CREATE INDEX IF NOT EXISTS pd_sandbox_letter_client ON pd_sandbox_letter (client, id)",)
