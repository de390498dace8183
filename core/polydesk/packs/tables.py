"""Configurations that are kept: what markets are made from."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from polydesk.scopes.tables import ClientRow


class TemplateRow(Table, tablename="pd_pack_template"):
    """A kept configuration to make markets from; no client means that every client may use it."""

    id = BigSerial(primary_key=True)
    name = Varchar(length=200)
    client = ForeignKey(ClientRow, null=True)
    content = Text(default="{}", help_text="JSON: part, then key, then values.")
    person = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
