"""Menus, their versions, what was live when, and where each conversation is in one."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class MenuRow(Table, tablename="menus_menu"):
    """The menu of a place, with the draft one is working on. `live` and `rival` are versions."""

    id = BigSerial(primary_key=True)
    client = BigInt(null=True, default=None)
    market = BigInt(null=True, default=None)
    name = Varchar(length=200)
    draft = Text(default="{}")
    before = Text(default="", help_text="The draft before the last change, to undo it.")
    draft_by = BigInt(null=True, default=None)
    draft_at = Timestamptz(default=TimestamptzNow())
    live = BigInt(null=True, default=None)
    rival = BigInt(null=True, default=None)
    share = Integer(default=0, help_text="How many of a hundred contacts get the rival.")


class VersionRow(Table, tablename="menus_version"):
    """A tree that was published. Never changed, never removed."""

    id = BigSerial(primary_key=True)
    menu = BigInt()
    number = Integer()
    tree = Text()
    note = Varchar(length=500, default="")
    person = BigInt(null=True, default=None)
    made_at = Timestamptz(default=TimestamptzNow())


class PublicationRow(Table, tablename="menus_publication"):
    """Who put which version before contacts, when; empty when the menu was taken off."""

    id = BigSerial(primary_key=True)
    menu = BigInt()
    live = BigInt(null=True, default=None)
    rival = BigInt(null=True, default=None)
    share = Integer(default=0)
    person = BigInt(null=True, default=None)
    at = Timestamptz(default=TimestamptzNow())


class SessionRow(Table, tablename="menus_session"):
    """A conversation's way through a version. `outcome` is "human", "solved", "left" or still empty."""

    id = BigSerial(primary_key=True)
    conversation = BigInt(unique=True)
    contact = BigInt(index=True)
    version = BigInt()
    state = Text(default="{}")
    node = Varchar(length=20, default="", help_text="The step that was asked last.")
    asked = Integer(default=0)
    outcome = Varchar(length=10, default="")
    wanted_human = Boolean(default=False)
    topic = Varchar(length=100, default="")
    started_at = Timestamptz(default=TimestamptzNow())
    last_at = Timestamptz(default=TimestamptzNow())
    seconds = Integer(null=True, default=None, help_text="From the first message to the end of the menu.")


class AnsweredRow(Table, tablename="menus_answered"):
    """What the menu did about one message, so that it does the same when it is asked again."""

    id = BigSerial(primary_key=True)
    session = BigInt(index=True)
    item = BigInt(unique=True)
    version = BigInt()
    node = Varchar(length=20, default="", help_text="The step that was asked then; empty at the end.")
    step = Text()
    at = Timestamptz(default=TimestamptzNow())


INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS menus_menu_place ON menus_menu (COALESCE(client, 0), COALESCE(market, 0))",
    "CREATE UNIQUE INDEX IF NOT EXISTS menus_version_number ON menus_version (menu, number)",
    "CREATE INDEX IF NOT EXISTS menus_publication_menu ON menus_publication (menu, id)",
    "CREATE INDEX IF NOT EXISTS menus_session_version ON menus_session (version, started_at)",
    "CREATE INDEX IF NOT EXISTS menus_session_open ON menus_session (id) WHERE outcome = ''",
    "CREATE INDEX IF NOT EXISTS menus_answered_version ON menus_answered (version, at)",
)
