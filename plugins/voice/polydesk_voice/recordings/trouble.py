"""Recordings that could not be fetched, as a fact about the line they came over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from polydesk import N_, NotFound, Text, db
from polydesk.channels import inspecting
from polydesk.channels import service as channels
from polydesk.types import AccountNews, Fact

_NEWS = timedelta(days=7)


async def note_missing(account: int) -> None:
    """How many recordings of a line could not be fetched of late, beside its other facts; inside a transaction."""
    rows = await db.fetch(
        "SELECT COUNT(*) AS n FROM voice_recording WHERE account = {} AND state = 'missing' AND settled_at >= {}",
        account,
        datetime.now(UTC) - _NEWS,
    )
    count = int(rows[0]["n"])
    try:
        line = await channels.load(account)
    except NotFound:
        return
    fact = Fact(
        name="recordings",
        label=Text(N_("Recordings not fetched in 7 days")),
        value=Text("{count}", {"count": count}),
        tone="bad" if count else "",
    )
    await inspecting.apply(line, AccountNews(facts=(fact,)))
