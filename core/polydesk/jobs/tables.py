"""The table of jobs: one row is one piece of work, from being asked for until a day after it is done."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, DoublePrecision, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table


class JobRow(Table, tablename="pd_job"):
    """`state`: queued, leased (on its way), running, done, dead, or waiting (its plugin is missing).

    `token` counts the hand-overs: only the holder of the latest one may finish the row. `every` is above 0 for a
    schedule, whose row goes back to queued each time. `uniq` is emptied when the job is finished.
    """

    id = BigSerial(primary_key=True)
    name = Varchar(length=120)
    args = Text()
    state = Varchar(length=8, default="queued")
    run_at = Timestamptz()
    lease_until = Timestamptz(null=True, default=None)
    token = Integer(default=0)
    attempts = Integer(default=0)
    uniq = Varchar(length=200, null=True, default=None, unique=True)
    every = DoublePrecision(default=0.0)
    client = BigInt(null=True, default=None)
    market = BigInt(null=True, default=None)
    error = Text(default="")
    progress_done = Integer(default=0)
    progress_total = Integer(default=0)
    created_at = Timestamptz()
    finished_at = Timestamptz(null=True, default=None)


INDEXES: tuple[str, ...] = (
    "CREATE INDEX IF NOT EXISTS pd_job_due ON pd_job (run_at, id) WHERE state = 'queued'",
    "CREATE INDEX IF NOT EXISTS pd_job_leased ON pd_job (lease_until) WHERE state IN ('leased', 'running')",
    "CREATE INDEX IF NOT EXISTS pd_job_finished ON pd_job (finished_at) WHERE state = 'done'",
    "CREATE INDEX IF NOT EXISTS pd_job_trouble ON pd_job (state, id) WHERE state IN ('dead', 'waiting')",
)
