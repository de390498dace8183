"""Staff, their memberships, sessions and one-time links."""

from __future__ import annotations

from piccolo.columns import BigSerial, Boolean, ForeignKey, Integer, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from polydesk.scopes.tables import ClientRow, MarketRow


class PersonRow(Table, tablename="pd_person"):
    """Someone who signs in. An empty password hash means the invitation is still open."""

    id = BigSerial(primary_key=True)
    email = Varchar(length=254, unique=True, help_text="Lower-cased.")
    name = Varchar(length=200)
    password_hash = Varchar(length=300, default="")
    is_owner = Boolean(default=False)
    active = Boolean(default=True)
    interface_language = Varchar(length=20, default="en")
    colours = Varchar(length=20, default="auto", help_text="auto, light or dark")
    time_zone = Varchar(length=60, default="UTC")
    speaks = Varchar(length=200, default="", help_text="Languages for routing, space separated.")
    presence = Varchar(length=20, default="offline")
    capacity = Integer(default=8, help_text="How many open conversations at once; routing stops there.")
    failed_sign_ins = Integer(default=0)
    locked_until = Timestamptz(null=True, default=None)
    last_assigned_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class MembershipRow(Table, tablename="pd_membership"):
    """Ties a person to a client, or to one market of it, with a role."""

    id = BigSerial(primary_key=True)
    person = ForeignKey(PersonRow, null=False)
    client = ForeignKey(ClientRow, null=False)
    market = ForeignKey(MarketRow, null=True)
    role = Varchar(length=20, default="agent")


class SessionRow(Table, tablename="pd_session"):
    """A signed-in browser; only the hash of its token is kept."""

    id = BigSerial(primary_key=True)
    token_hash = Varchar(length=64, unique=True)
    person = ForeignKey(PersonRow, null=False, index=True)
    created_at = Timestamptz(default=TimestamptzNow())
    last_seen_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz(null=False)
    browser = Varchar(length=200, default="")


class LinkRow(Table, tablename="pd_link"):
    """A single-use link: an invitation to choose a password, or a way in printed on the console."""

    id = BigSerial(primary_key=True)
    token_hash = Varchar(length=64, unique=True)
    person = ForeignKey(PersonRow, null=False, index=True)
    purpose = Varchar(length=20, help_text="invite or sign-in")
    expires_at = Timestamptz(null=False)
    used_at = Timestamptz(null=True, default=None)


INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_membership_place ON pd_membership (person, client, COALESCE(market, 0))",
    "CREATE INDEX IF NOT EXISTS pd_membership_client ON pd_membership (client, person)",
)
