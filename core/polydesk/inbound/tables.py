"""The durable door's table: what arrived, before anyone has read it."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Bytea, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from polydesk.channels.tables import AccountRow
from polydesk.scopes.tables import ClientRow


class ArrivalRow(Table, tablename="pd_arrival"):
    """Raw bytes at the door: here when they are few, else in storage under `storage_key`.

    State: new, done (an item), status (news about ours), nothing, duplicate, unreadable.
    """

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    account = ForeignKey(AccountRow, null=False)
    external_id = Varchar(length=64, help_text="sha256 of the channel's own name for this delivery, hex")
    storage_key = Varchar(length=64)
    body = Bytea(null=True, default=None, help_text="The bytes themselves when they are few; then there is no file.")
    size = BigInt()
    hints = Text(default="{}")
    state = Varchar(length=20, default="new")
    reason = Text(default="")
    item = BigInt(null=True, default=None)
    arrived_at = Timestamptz(default=TimestamptzNow())
    settled_at = Timestamptz(null=True, default=None)


INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_arrival_once ON pd_arrival (account, external_id)",
    "CREATE INDEX IF NOT EXISTS pd_arrival_unsettled ON pd_arrival (client, state, id) "
    "WHERE state IN ('new', 'unreadable')",
    "CREATE INDEX IF NOT EXISTS pd_arrival_item ON pd_arrival (item)",
    "CREATE INDEX IF NOT EXISTS pd_arrival_key ON pd_arrival (storage_key) WHERE storage_key <> ''",
)
