"""What is queued, running, waiting or dead, for the screen and the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from polydesk import db
from polydesk.jobs import kinds
from polydesk.jobs.asking import wake

State = Literal["queued", "running", "failing", "waiting", "dead"]
# A job that failed and will be tried again is queued with attempts; a schedule's row is there only when it fails.
_WHERE: dict[State, str] = {
    "queued": "state = 'queued' AND attempts = 0 AND every = 0",
    "running": "state IN ('leased', 'running')",
    "failing": "state = 'queued' AND attempts > 0",
    "waiting": "state = 'waiting' AND every = 0",
    "dead": "state = 'dead'",
}


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One job as the screen shows it; `reason` is the last failure's. "waiting" means: for its plugin, which is `off`
    there or else not here at all."""

    id: int
    name: str
    state: State
    client: int | None
    market: int | None
    attempts: int
    run_at: datetime
    created_at: datetime
    reason: str
    progress_done: int
    progress_total: int
    off: bool = False


async def counts(client: int | None = None) -> dict[State, int]:
    """How many there are in each state."""
    where = "" if client is None else " AND client = {}"
    args = () if client is None else (client,)
    return {
        state: int((await db.fetch(f"SELECT count(*) AS n FROM pd_job WHERE {condition}{where}", *args))[0]["n"])
        for state, condition in _WHERE.items()
    }


async def listing(
    state: State, *, client: int | None = None, before: int | None = None, limit: int = 50
) -> list[Listed]:
    """Jobs in one state, newest first; `before` is the last id of the page before."""
    conditions, args = [_WHERE[state]], list[int]()
    for column, value in (("client =", client), ("id <", before)):
        if value is not None:
            conditions.append(f"{column} {{}}")
            args.append(value)
    found = await db.fetch(
        "SELECT id, name, client, market, attempts, run_at, created_at, error AS reason, progress_done, progress_total"
        f" FROM pd_job WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT {{}}",
        *args,
        limit,
    )
    return [Listed(state=state, off=kinds.is_off(row["name"], row["client"], row["market"]), **row) for row in found]


async def retry(id: int) -> bool:
    """Try a dead or failing job again now, with all its attempts; False when it is neither any more."""
    now = datetime.now(UTC)
    found = await db.fetch(
        "UPDATE pd_job SET state = 'queued', attempts = 0, run_at = CASE WHEN run_at > {} THEN {} ELSE run_at END,"
        " finished_at = NULL WHERE id = {} AND (state = 'dead' OR (state = 'queued' AND attempts > 0)) RETURNING id",
        now,
        now,
        id,
    )
    db.on_commit(wake)
    return bool(found)
