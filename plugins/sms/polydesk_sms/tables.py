"""Who wants no more messages."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table


class ConsentRow(Table, tablename="sms_consent"):
    """The last wish of a number: `source` is "message", or "gateway" when the gateway refused for it."""

    id = BigSerial(primary_key=True)
    client = BigInt()
    phone = Varchar(length=40)
    purpose = Varchar(length=20, default="marketing")
    stopped = Boolean(default=True)
    source = Varchar(length=20, default="message")
    item = BigInt(default=0)
    at = Timestamptz(default=TimestamptzNow())


INDEXES = ("CREATE UNIQUE INDEX IF NOT EXISTS sms_consent_once ON sms_consent (client, phone)",)
