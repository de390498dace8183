"""When the chat is open, read from lines as an admin writes them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from polydesk import hours
from polydesk.errors import Invalid

PARIS = ZoneInfo("Europe/Paris")
WEEK = "mon-fri 09:00-13:00, 14:00-18:00\nsat 22:00-02:00\nsun 20:00-24:00"


@pytest.mark.parametrize(
    ("moment", "open_then"),
    [
        ("2026-11-23 08:59", False),
        ("2026-11-23 09:00", True),
        ("2026-11-23 13:30", False),
        ("2026-11-23 17:59", True),
        ("2026-11-28 23:00", True),
        ("2026-11-29 01:59", True),
        ("2026-11-29 02:00", False),
        ("2026-11-29 23:59", True),
        ("2026-11-30 00:00", False),
        ("2026-12-25 10:00", False),
    ],
)
def test_periods_of_a_day_past_midnight_and_days_off(moment: str, open_then: bool) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=PARIS)
    assert hours.is_open(hours.read(WEEK), hours.read_holidays("12-25"), PARIS, now) is open_then


def test_when_it_opens_next() -> None:
    closed = datetime(2026, 11, 27, 18, 30, tzinfo=PARIS)
    off = hours.read_holidays("2026-11-28 2026-11-29")
    assert hours.opens_next(hours.read(WEEK), off, PARIS, closed) == datetime(2026, 11, 30, 9, 0, tzinfo=PARIS)
    assert hours.is_open([], off, PARIS, closed)


@pytest.mark.parametrize("line", ["monday 9-5", "mon 25:00-26:00", "mon 09:00-09:00", "xyz 09:00-10:00", "mon 9"])
def test_a_line_that_means_nothing_is_refused(line: str) -> None:
    with pytest.raises(Invalid):
        hours.read(line)


def test_the_public_holidays_of_a_country_by_its_code() -> None:
    off = hours.read_holidays("FR, 12-24")
    assert {f"{datetime.now().year}-07-14", "12-24"} <= off
    with pytest.raises(Invalid):
        hours.read_holidays("QX")
