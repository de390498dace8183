"""How long people waited for a person once a menu had handed them over, by channel."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from polydesk import db
from polydesk.conversations import answering
from polydesk_menus.chance import Share

# The latest of them say enough, and no screen waits for a year of calls.
_MOST = 20_000


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Of those handed over on one channel ("" for all): who was answered, who gave up, and how long it took.

    `median` and `long` (nine of ten waited no longer) are in seconds, None where nobody was answered.
    """

    channel: str
    handed_over: int
    answered: int
    gave_up: int
    median: float | None
    long: float | None

    @property
    def lost(self) -> Share:
        """Those who gave up."""
        return Share(self.gave_up, self.handed_over)


async def waits(version: int, since: datetime, channel: str = "") -> tuple[Wait, ...]:
    """All together first, then each channel, the busiest first."""
    rows = await db.fetch(
        "SELECT s.id, s.started_at, s.seconds, c.channel, c.status, c.assignee, MIN(i.occurred_at) AS answered_at "
        "FROM menus_session s JOIN pd_conversation c ON c.id = s.conversation "
        f"LEFT JOIN pd_item i ON i.conversation = s.conversation AND {answering.condition('i')} "
        "AND i.occurred_at >= s.started_at "
        "WHERE s.version = {} AND s.started_at >= {} AND s.outcome = 'human' AND ({} = '' OR c.channel = {}) "
        f"GROUP BY s.id, s.started_at, s.seconds, c.channel, c.status, c.assignee ORDER BY s.id DESC LIMIT {_MOST}",
        answering.kinds(),
        version,
        since,
        channel,
        channel,
    )
    by_channel: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_channel.setdefault(row["channel"] or "", []).append(row)
    busiest = sorted(by_channel, key=lambda each: (-len(by_channel[each]), each))
    if not rows:
        return ()
    return (_of("", rows), *(_of(each, by_channel[each]) for each in busiest))


def _of(channel: str, rows: list[dict[str, Any]]) -> Wait:
    waited = sorted(seconds for row in rows if (seconds := _waited(row)) is not None)
    # Solved without anybody's answer: they did not wait for one.
    gave_up = sum(_waited(row) is None and row["status"] == "solved" and row["assignee"] is None for row in rows)
    return Wait(
        channel=channel,
        handed_over=len(rows),
        answered=len(waited),
        gave_up=gave_up,
        median=_at(waited, 0.5),
        long=_at(waited, 0.9),
    )


def _waited(row: dict[str, Any]) -> float | None:
    """From the end of the menu to the first answer; whoever was answered amid the menu did not wait."""
    answered, began = db.moment(row["answered_at"]), db.moment(row["started_at"])
    if answered is None or began is None:
        return None
    return max(0.0, (answered - began - timedelta(seconds=row["seconds"] or 0)).total_seconds())


def _at(ordered: list[float], share: float) -> float | None:
    """The value that this share of all does not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
