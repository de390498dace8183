"""Days that are not of 24 hours, and what of a span was business."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from polydesk import hours as business
from polydesk_voice.figures import hours
from polydesk_voice.figures.intervals import Grid, midnight

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = business.read("mon-fri 09:00-18:00")


@pytest.mark.parametrize(
    ("zone", "day", "minutes", "count"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 30, 46),
        ("Europe/Berlin", date(2026, 10, 25), 30, 50),
        ("Europe/Berlin", date(2026, 10, 25), 15, 100),
        ("Europe/Berlin", date(2026, 7, 1), 30, 48),
        ("Asia/Tbilisi", date(2026, 3, 29), 15, 96),
        ("Asia/Kolkata", date(2026, 3, 29), 30, 48),
        ("Africa/Cairo", date(2026, 4, 24), 30, 46),
    ],
)
def test_a_day_has_as_many_intervals_as_it_has(zone: str, day: date, minutes: int, count: int) -> None:
    intervals = Grid(day, day, ZoneInfo(zone), minutes).intervals
    assert len(intervals) == count
    assert len({each.key for each in intervals}) == count
    assert all(one.ends == other.begins for one, other in pairwise(intervals))
    assert {each.day for each in intervals} == {day}


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    clocks = [(each.clock, each.again) for each in Grid(date(2026, 10, 25), date(2026, 10, 25), BERLIN).intervals]
    assert clocks[4:9] == [("02:00", False), ("02:30", False), ("02:00", True), ("02:30", True), ("03:00", False)]


def test_a_midnight_that_is_skipped_maps_forward() -> None:
    # In Cairo the clocks go from 24:00 to 01:00.
    assert midnight(date(2026, 4, 24), ZoneInfo("Africa/Cairo")) == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_a_moment_belongs_to_the_interval_it_begins_with() -> None:
    grid = Grid(date(2026, 7, 1), date(2026, 7, 2), BERLIN)
    begins = datetime(2026, 7, 1, 7, 30, tzinfo=UTC)
    found = grid.find(begins)
    assert found is not None
    assert (found.clock, found.begins) == ("09:30", begins)
    assert grid.find(begins - timedelta(microseconds=1)) != found
    assert grid.find(grid.begins - timedelta(seconds=1)) is None
    assert grid.find(grid.ends) is None


@pytest.mark.parametrize(
    ("begins", "ends", "office", "calendar"),
    [
        # Friday 17:30 to Monday 09:15.
        ((2026, 7, 3, 17, 30), (2026, 7, 6, 9, 15), 45, 63 * 60 + 45),
        # The same across the end of summer time.
        ((2026, 10, 23, 17, 30), (2026, 10, 26, 9, 15), 45, 64 * 60 + 45),
        # Both outside: nothing, which is kept.
        ((2026, 7, 4, 10, 0), (2026, 7, 5, 10, 0), 0, 24 * 60),
        # The end before the beginning: nothing.
        ((2026, 7, 3, 12, 0), (2026, 7, 3, 11, 0), 0, -60),
    ],
)
def test_business_minutes(begins: tuple[int, ...], ends: tuple[int, ...], office: int, calendar: int) -> None:
    one, other = (datetime(*each, tzinfo=BERLIN).astimezone(UTC) for each in (begins, ends))  # type: ignore[arg-type]
    assert hours.within(OFFICE, frozenset(), BERLIN, one, other) == office * 60
    assert (other - one).total_seconds() == calendar * 60


def test_nights_holidays_and_places_without_hours() -> None:
    night = business.read("fri 22:00-06:00")
    begins, ends = datetime(2026, 7, 3, 21, tzinfo=BERLIN), datetime(2026, 7, 4, 3, tzinfo=BERLIN)
    assert hours.within(night, frozenset(), BERLIN, begins, ends) == 5 * 3600
    assert hours.within(OFFICE, frozenset({"07-03"}), BERLIN, begins - timedelta(hours=9), begins) == 0
    assert hours.within([], frozenset(), BERLIN, begins, ends) == 6 * 3600
