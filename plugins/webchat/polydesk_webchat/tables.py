"""What visitors wrote and were answered, as they see it, and where they are now."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class VisitorRow(Table, tablename="webchat_visitor"):
    """Somebody who wrote in a chat: one browser, or, once the site vouched for them, one person on any of theirs."""

    id = BigSerial(primary_key=True)
    client = BigInt()
    account = BigInt()
    handle = Varchar(length=40, help_text="The value of their handle.")
    person = Varchar(length=200, default="", help_text="What the site calls them, proven by its signature.")
    proven = Text(default="null", help_text="JSON: what the site's signature vouches for.")
    name = Varchar(length=200, default="")
    email = Varchar(length=300, default="", help_text="As they typed it.")
    language = Varchar(length=20, default="")
    browser = Varchar(length=100, default="")
    page = Varchar(length=1000, default="")
    title = Varchar(length=300, default="")
    address = Varchar(length=64, default="", help_text="A keyed hash of where they write from.")
    conversation = BigInt(null=True, default=None)
    agent = Varchar(length=200, default="", help_text="Who answers them at the moment.")
    visits = Integer(default=1)
    blocked = Boolean(default=False)
    created_at = Timestamptz(default=TimestamptzNow())
    arrived_at = Timestamptz(default=TimestamptzNow(), help_text="When this visit began.")
    seen_at = Timestamptz(default=TimestamptzNow(), help_text="When the chat was last known to be open.")
    left_at = Timestamptz(null=True, default=None)


class TokenRow(Table, tablename="webchat_token"):
    """The hash of what a browser proves with that it is a visitor's."""

    id = BigSerial(primary_key=True)
    visitor = ForeignKey(VisitorRow, null=False)
    digest = Varchar(length=64, unique=True)


class MessageRow(Table, tablename="webchat_message"):
    """One message as the visitor sees it. `seen_at` is when the other side saw it."""

    id = BigSerial(primary_key=True)
    visitor = ForeignKey(VisitorRow, null=False)
    account = BigInt()
    external_id = Varchar(length=120, unique=True)
    direction = Varchar(length=3)
    conversation = BigInt(null=True, default=None)
    author = Varchar(length=200, default="")
    text = Text(default="")
    data = Text(default="{}", help_text="JSON: choices, pieces, what it quotes.")
    created_at = Timestamptz(default=TimestamptzNow())
    taken_at = Timestamptz(null=True, default=None, help_text="When the desk had read it.")
    seen_at = Timestamptz(null=True, default=None)
    mailed_at = Timestamptz(null=True, default=None)


class FileRow(Table, tablename="webchat_file"):
    """A file of a message."""

    id = BigSerial(primary_key=True)
    message = ForeignKey(MessageRow, null=False, index=True)
    visitor = BigInt()
    name = Varchar(length=300)
    media_type = Varchar(length=200)
    size = BigInt()
    storage_key = Varchar(length=64)
    created_at = Timestamptz(default=TimestamptzNow())


INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS webchat_visitor_handle ON webchat_visitor (account, handle)",
    "CREATE UNIQUE INDEX IF NOT EXISTS webchat_visitor_person ON webchat_visitor (account, person) WHERE person <> ''",
    "CREATE INDEX IF NOT EXISTS webchat_visitor_conversation ON webchat_visitor (conversation)",
    "CREATE INDEX IF NOT EXISTS webchat_visitor_address ON webchat_visitor (account, address) WHERE blocked",
    "CREATE INDEX IF NOT EXISTS webchat_message_visitor ON webchat_message (visitor, id)",
    "CREATE INDEX IF NOT EXISTS webchat_message_unseen ON webchat_message (account, created_at) "
    "WHERE direction = 'out' AND seen_at IS NULL AND mailed_at IS NULL",
    "CREATE INDEX IF NOT EXISTS webchat_file_visitor ON webchat_file (visitor, created_at)",
)
