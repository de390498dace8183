"""Where buckets are kept."""

from __future__ import annotations

from piccolo.columns import BigSerial, DoublePrecision, Varchar
from piccolo.table import Table


class PaceRow(Table, tablename="pd_pace"):
    """One bucket: `due` is its theoretical arrival time, in seconds of Unix time."""

    id = BigSerial(primary_key=True)
    name = Varchar(length=200, unique=True)
    due = DoublePrecision(default=0.0)


INDEXES = ("CREATE INDEX IF NOT EXISTS pd_pace_due ON pd_pace (due)",)
