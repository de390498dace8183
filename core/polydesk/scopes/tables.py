"""Clients, their markets, and what is switched or set per scope."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class ClientRow(Table, tablename="pd_client"):
    """A company whose customers are served here."""

    id = BigSerial(primary_key=True)
    name = Varchar(length=200)
    slug = Varchar(length=60, unique=True)
    languages = Varchar(length=200, default="en", help_text="BCP 47 codes, space separated; the first is the default.")
    time_zone = Varchar(length=60, default="UTC")
    holidays = Varchar(length=400, default="", help_text='As `hours.read_holidays` takes them: "ES-CT 12-24".')
    sender = Varchar(length=200, default="", help_text="Who writes to contacts: a name beside the address.")
    legal = Text(default="{}", help_text="JSON: kind of legal text, then language, then words.")
    theme = Varchar(length=60, default="")
    owner = BigInt(null=True, default=None, help_text="The person who answers for it.")
    sandbox = Boolean(default=False, help_text="Nothing leaves the house: every channel delivers to a local outbox.")
    created_at = Timestamptz(default=TimestamptzNow())


class MarketRow(Table, tablename="pd_market"):
    """A country or region of a client."""

    id = BigSerial(primary_key=True)
    client = ForeignKey(ClientRow, null=False)
    code = Varchar(length=20)
    name = Varchar(length=200)
    languages = Varchar(length=200, default="en")
    time_zone = Varchar(length=60, default="UTC")
    holidays = Varchar(length=400, default="", help_text="Empty here and below: what the client has.")
    sender = Varchar(length=200, default="")
    legal = Text(default="{}")
    theme = Varchar(length=60, default="")
    owner = BigInt(null=True, default=None)
    origin = Text(default="{}", help_text="JSON: what it was made from, and that as it was then. {} when made empty.")
    created_at = Timestamptz(default=TimestamptzNow())


class PluginSwitchRow(Table, tablename="pd_plugin_switch"):
    """One explicit on or off; no client means the installation, no market means the whole client."""

    id = BigSerial(primary_key=True)
    plugin = Varchar(length=60)
    client = ForeignKey(ClientRow, null=True)
    market = ForeignKey(MarketRow, null=True)
    enabled = Boolean(default=True)


class PluginSettingsRow(Table, tablename="pd_plugin_settings"):
    """A plugin's settings at one scope: JSON of the values set there, secrets encrypted."""

    id = BigSerial(primary_key=True)
    plugin = Varchar(length=60)
    client = ForeignKey(ClientRow, null=True)
    market = ForeignKey(MarketRow, null=True)
    values = Text(default="{}")


class PluginKnownRow(Table, tablename="pd_plugin_known"):
    """A plugin that was installed at some time: its data stays when it is removed, until someone asks."""

    id = BigSerial(primary_key=True)
    plugin = Varchar(length=60, unique=True)
    label = Varchar(length=200, default="")
    distribution = Varchar(length=200, default="")
    version = Varchar(length=60, default="")
    tables = Text(default="[]", help_text="JSON: the names of its tables.")
    last_seen_at = Timestamptz(default=TimestamptzNow())


class PluginHealthRow(Table, tablename="pd_plugin_health"):
    """What last went wrong in a plugin's hook, so that every process and the admin see it."""

    id = BigSerial(primary_key=True)
    plugin = Varchar(length=60)
    hook = Varchar(length=120)
    reason = Text(default="")
    failures = Integer(default=0)
    last_at = Timestamptz(default=TimestamptzNow())


INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_market_code ON pd_market (client, code)",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_plugin_switch_scope ON pd_plugin_switch "
    "(plugin, COALESCE(client, 0), COALESCE(market, 0))",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_plugin_settings_scope ON pd_plugin_settings "
    "(plugin, COALESCE(client, 0), COALESCE(market, 0))",
    "CREATE UNIQUE INDEX IF NOT EXISTS pd_plugin_health_hook ON pd_plugin_health (plugin, hook)",
)
