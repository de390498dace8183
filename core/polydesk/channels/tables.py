"""Channel accounts."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from polydesk.scopes.tables import ClientRow, MarketRow


class AccountRow(Table, tablename="pd_account"):
    """One mailbox, number or page. `cursor` is where its listener goes on reading (the channel's own JSON)."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    market = ForeignKey(MarketRow, null=True)
    channel = Varchar(length=60)
    name = Varchar(length=200)
    address = Varchar(length=320)
    settings = Text(default="{}", help_text="JSON; secrets encrypted.")
    queue = BigInt(null=True, default=None, help_text="Where its conversations wait unless a plugin says otherwise.")
    enabled = Boolean(default=True)
    cursor = Text(default="{}")
    trouble = Text(default="", help_text="What is wrong now, in words; empty when all is well.")
    trouble_since = Timestamptz(null=True, default=None)
    checked_at = Timestamptz(null=True, default=None, help_text="When the connection was last known to work.")
    last_in_at = Timestamptz(null=True, default=None)
    last_out_at = Timestamptz(null=True, default=None)
    facts = Text(default="[]", help_text="JSON: what the service says of it, a list of facts.")
    templates = Text(default="[]", help_text="JSON: words the service approved beforehand.")
    inspected_at = Timestamptz(null=True, default=None)
    lease_owner = Varchar(length=60, default="")
    lease_until = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_account_address ON pd_account (channel, address)",
    "CREATE INDEX IF NOT EXISTS pd_account_client ON pd_account (client, id)",
)
