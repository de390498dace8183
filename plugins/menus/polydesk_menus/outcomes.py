"""What became of the conversations a version began with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from polydesk import db
from polydesk_menus import waits
from polydesk_menus.chance import Share
from polydesk_menus.waits import Wait

# Core gives a conversation to a person when nobody has answered for a quarter of an hour.
SILENCE = timedelta(minutes=20)
_TOPICS = 6


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one version. `came`, `asked` and `dropped` are by step: how many people came to it, how often it was
    asked in all, and how many left there: hung up, or said nothing more."""

    started: int
    human: int
    solved: int
    left: int
    wanted: int
    median_questions: float | None
    median_seconds: float | None
    topics: tuple[tuple[str, int], ...]
    came: dict[str, int]
    asked: dict[str, int]
    dropped: dict[str, int]
    waits: tuple[Wait, ...]

    @property
    def settled(self) -> int:
        """Those of whom it is known what became of them."""
        return self.human + self.solved + self.left

    @property
    def wait(self) -> Wait | None:
        """Over all channels."""
        return self.waits[0] if self.waits else None

    def share(self, name: str) -> Share:
        """One of the counts as a share of the settled."""
        return Share(int(getattr(self, name)), self.settled)


class _Of(msgspec.Struct, frozen=True):
    """Whose figures: a version's since a moment, on one channel or ("") on all."""

    version: int
    since: datetime
    channel: str

    @property
    def where(self) -> str:
        """FROM and WHERE of its sessions, as `s`."""
        return (
            "FROM menus_session s WHERE s.version = {} AND s.started_at >= {} AND ({} = '' OR s.conversation IN "
            "(SELECT id FROM pd_conversation WHERE channel = {}))"
        )

    @property
    def values(self) -> tuple[Any, ...]:
        """What fills the holes of `where`."""
        return (self.version, self.since, self.channel, self.channel)


async def outcome(version: int, since: datetime, now: datetime | None = None, channel: str = "") -> Outcome:
    """Figures of a version since a moment, on one channel or on all."""
    silent, of = (now or datetime.now(UTC)) - SILENCE, _Of(version, since, channel)
    counted = await db.fetch(
        "SELECT COUNT(*) AS started, COALESCE(SUM(CASE WHEN s.outcome = 'human' THEN 1 ELSE 0 END), 0) AS human, "
        "COALESCE(SUM(CASE WHEN s.outcome = 'solved' THEN 1 ELSE 0 END), 0) AS solved, "
        "COALESCE(SUM(CASE WHEN s.outcome = 'left' OR (s.outcome = '' AND s.last_at < {}) THEN 1 ELSE 0 END), 0) "
        f"AS gone, COALESCE(SUM(CASE WHEN s.wanted_human THEN 1 ELSE 0 END), 0) AS wanted {of.where}",
        silent,
        *of.values,
    )
    row = counted[0]
    topics = await db.fetch(
        f"SELECT s.topic, COUNT(*) AS n {of.where} AND s.topic <> '' GROUP BY s.topic "
        f"ORDER BY COUNT(*) DESC, s.topic LIMIT {_TOPICS}",
        *of.values,
    )
    asked = await db.fetch(
        "SELECT node, COUNT(*) AS n, COUNT(DISTINCT session) AS people FROM menus_answered WHERE version = {} "
        f"AND node <> '' AND session IN (SELECT s.id {of.where}) GROUP BY node",
        version,
        *of.values,
    )
    dropped = await db.fetch(
        f"SELECT s.node, COUNT(*) AS n {of.where} AND (s.outcome = 'left' OR (s.outcome = '' AND s.last_at < {{}})) "
        "GROUP BY s.node",
        *of.values,
        silent,
    )
    human = int(row["human"])
    return Outcome(
        started=int(row["started"]),
        human=human,
        solved=int(row["solved"]),
        left=int(row["gone"]),
        wanted=int(row["wanted"]),
        median_questions=await _median("asked", of, human),
        median_seconds=await _median("seconds", of, human),
        topics=tuple((each["topic"], int(each["n"])) for each in topics),
        came=_by_node(asked, "people"),
        asked=_by_node(asked),
        dropped=_by_node(dropped),
        waits=await waits.waits(version, since, channel),
    )


async def channels(versions: list[int], since: datetime) -> list[str]:
    """On which channels people got these versions."""
    rows = await db.fetch(
        "SELECT DISTINCT c.channel FROM menus_session s JOIN pd_conversation c ON c.id = s.conversation "
        "WHERE s.version IN {} AND s.started_at >= {} AND c.channel <> '' ORDER BY c.channel",
        tuple(versions),
        since,
    )
    return [row["channel"] for row in rows]


async def _median(column: str, of: _Of, count: int) -> float | None:
    if not count:
        return None
    rows = await db.fetch(
        f"SELECT s.{column} AS v {of.where} AND s.outcome = 'human' "
        f"ORDER BY s.{column} LIMIT {2 - count % 2} OFFSET {(count - 1) // 2}",
        *of.values,
    )
    values = [float(row["v"] or 0) for row in rows]
    return sum(values) / len(values) if values else None


def _by_node(rows: list[dict[str, Any]], column: str = "n") -> dict[str, int]:
    return {row["node"]: int(row[column]) for row in rows}
