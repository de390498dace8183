"""The book of changes to the set-up."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class ChangeRow(Table, tablename="pd_change"):
    """One change. `data` holds what its room needs to show it and to take it back; no secret is ever in it."""

    id = BigSerial(primary_key=True)
    kind = Varchar(length=60, help_text="The room and what was done: plugins.switched, market.changed…")
    # No keys: the book says what happened, also in places that are gone.
    client = BigInt(null=True, default=None)
    market = BigInt(null=True, default=None)
    person = BigInt(null=True, default=None, help_text="None: the command line.")
    data = Text(default="{}")
    at = Timestamptz(default=TimestamptzNow())
    undone_at = Timestamptz(null=True, default=None)
    undone_by = BigInt(null=True, default=None)


INDEXES = ("CREATE INDEX IF NOT EXISTS pd_change_kind ON pd_change (kind, id)",)
