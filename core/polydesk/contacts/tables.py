"""Contacts and their identities."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, ForeignKey, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from polydesk.scopes.tables import ClientRow, MarketRow


class ContactRow(Table, tablename="pd_contact"):
    """A person or company outside. Never shared between clients."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    market = ForeignKey(MarketRow, null=True)
    kind = Varchar(length=60, default="customer")
    name = Varchar(length=300, default="")
    language = Varchar(length=20, default="")
    language_stated = Boolean(default=False, help_text="A person set it; detection no longer changes it.")
    attributes = Text(default="{}")
    merged_into = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class IdentityRow(Table, tablename="pd_identity"):
    """One handle of a contact; unique within the client."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    contact = ForeignKey(ContactRow, null=False, index=True)
    kind = Varchar(length=40)
    value = Varchar(length=400)
    name = Varchar(length=300, default="")
    undeliverable = Text(default="", help_text="Why messages to it come back; empty when they arrive.")


INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_identity_value ON pd_identity (client, kind, value)",
    "CREATE INDEX IF NOT EXISTS pd_contact_recent ON pd_contact (client, updated_at DESC, id DESC)",
)
