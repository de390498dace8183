"""When somebody is there to answer: several periods a day, past midnight, and days off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

import holidays as calendars
import msgspec

from polydesk.errors import Invalid
from polydesk.i18n import _

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LINE = re.compile(r"([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s+(.+)")
_PERIOD = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_AHEAD = 15


class Period(msgspec.Struct, frozen=True):
    """From a weekday's minute to another; one that ends before it begins ends on the next day."""

    day: int
    begins: int
    ends: int


def read(words: str) -> list[Period]:
    """Lines such as "mon-fri 09:00-13:00, 14:00-18:00" or "sat 22:00-02:00". Raises `Invalid` naming the line."""
    found: list[Period] = []
    for line in filter(None, (each.strip().lower() for each in words.splitlines())):
        matched = _LINE.fullmatch(line)
        days = [matched[1], matched[2] or matched[1]] if matched else []
        if matched is None or any(day not in DAYS for day in days):
            raise Invalid({"hours": _("“%(line)s” is not understood: write “mon-fri 09:00-18:00”.", line=line)})
        first, last = DAYS.index(days[0]), DAYS.index(days[1])
        spans = [_PERIOD.fullmatch(part.strip()) for part in matched[3].split(",")]
        for span in spans:
            begins, ends = _minutes(span, 1), _minutes(span, 3)
            if begins < 0 or ends < 0 or begins >= 1440 or begins == ends:
                raise Invalid({"hours": _("“%(line)s” is not understood: write “mon-fri 09:00-18:00”.", line=line)})
            found += [Period((first + n) % 7, begins, ends) for n in range((last - first) % 7 + 1)]
    return found


def read_holidays(words: str) -> frozenset[str]:
    """Dates, "2026-12-24" once or "12-25" every year, or "DE", "DE-BY" for all public holidays of a country or a part
    of it. Raises `Invalid` naming what is neither.
    """
    found: set[str] = set()
    for each in re.findall(r"[^\s,]+", words):
        if re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", each):
            found |= _public(each, datetime.now(UTC).year)
            continue
        try:
            date.fromisoformat(each if each.count("-") == 2 else f"2024-{each}")
        except ValueError:
            raise Invalid({"holidays": _("“%(date)s” is not a date such as 2026-12-25 or 12-25.", date=each)}) from None
        found.add(each)
    return frozenset(found)


@lru_cache(maxsize=256)
def _public(place: str, year: int) -> frozenset[str]:
    """Of last year to next year: calendars for longer are guesses in many countries."""
    country, _dash, part = place.partition("-")
    try:
        known = calendars.country_holidays(country, subdiv=part or None, years=range(year - 1, year + 2))
    except NotImplementedError:
        raise Invalid({"holidays": _("The public holidays of “%(place)s” are not known.", place=place)}) from None
    return frozenset(day.isoformat() for day in known)


def is_open(periods: list[Period], holidays: frozenset[str], at: tzinfo, now: datetime) -> bool:
    """Is it within a period? Without any, always. A period belongs to the day it begins on."""
    return not periods or any(begins <= now < ends for begins, ends in _spans(periods, holidays, at, now, -1, 1))


def opens_next(periods: list[Period], holidays: frozenset[str], at: tzinfo, now: datetime) -> datetime | None:
    """The beginning of the next period, within two weeks."""
    later = (begins for begins, _ends in _spans(periods, holidays, at, now, 0, _AHEAD) if begins > now)
    return min(later, default=None)


def _spans(
    periods: list[Period], holidays: frozenset[str], at: tzinfo, now: datetime, first: int, last: int
) -> Iterator[tuple[datetime, datetime]]:
    today = now.astimezone(at).date()
    for offset in range(first, last):
        day = today + timedelta(days=offset)
        if day.isoformat() in holidays or day.isoformat()[5:] in holidays:
            continue
        for period in periods:
            if period.day == day.weekday():
                after = 1 if period.ends <= period.begins else 0
                yield _at(day, period.begins, at), _at(day + timedelta(days=after), period.ends, at)


def _at(day: date, minutes: int, at: tzinfo) -> datetime:
    if minutes == 1440:
        day, minutes = day + timedelta(days=1), 0
    return datetime.combine(day, time(minutes // 60, minutes % 60), at)


def _minutes(span: re.Match[str] | None, group: int) -> int:
    if span is None:
        return -1
    hour, minute = int(span[group]), int(span[group + 1])
    return hour * 60 + minute if minute < 60 and hour * 60 + minute <= 1440 else -1
