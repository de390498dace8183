"""How much of a span of time fell into business hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from polydesk.hours import Period


def within(periods: list[Period], holidays: frozenset[str], at: tzinfo, begins: datetime, ends: datetime) -> float:
    """Seconds of [begins, ends) within the periods; without any it is always open. Nothing when it ends first."""
    if begins >= ends:
        return 0.0
    if not periods:
        return (ends - begins).total_seconds()
    total, day, last = 0.0, begins.astimezone(at).date() - timedelta(days=1), ends.astimezone(at).date()
    while day <= last:
        if day.isoformat() not in holidays and day.isoformat()[5:] not in holidays:
            for period in periods:
                if period.day == day.weekday():
                    after = 1 if period.ends <= period.begins else 0
                    opens, closes = _at(day, period.begins, at), _at(day + timedelta(days=after), period.ends, at)
                    total += max(0.0, (min(ends, closes) - max(begins, opens)).total_seconds())
        day += timedelta(days=1)
    return total


def _at(day: date, minutes: int, at: tzinfo) -> datetime:
    """On each day by its own clock: a time that is skipped maps forward, one that comes twice is the first."""
    if minutes == 1440:
        day, minutes = day + timedelta(days=1), 0
    return datetime.combine(day, time(minutes // 60, minutes % 60), at).astimezone(UTC)
