"""Telephone numbers as spreadsheets have them, made into numbers that can be dialled, and where in time they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType
from phonenumbers import timezone as where

from polydesk import N_, Text, i18n
from polydesk.errors import PolydeskError

EMPTY = Text(N_("There is no number."))
CUT = Text(N_("The spreadsheet has cut this number short: format the column as text."))
NO_NUMBER = Text(N_("This is no telephone number."))
NO_COUNTRY = Text(N_("It is not known of which country this number is."))
WRONG = Text(N_("No such number can exist in its country."))
DEAR = Text(N_("This is a premium-rate number."))

_CUT = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_SEVERAL = re.compile(r"\s*(?:[;|\n]|,\s|\s/\s|\bor\b|\bou\b|\boder\b)\s*")
_DEAR = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})


class NoNumber(PolydeskError):
    """Why something cannot be called."""


def normal(written: str, region: str = "") -> str:
    """E.164, or `NoNumber`; of several in one cell the first that can be called. `region` is a country's code."""
    problem: NoNumber | None = None
    if _CUT.fullmatch(_plain(written)):
        raise NoNumber(CUT)
    for part in _SEVERAL.split(_plain(written)):
        try:
            return _one(part, region)
        except NoNumber as found:
            problem = problem or found
    raise problem or NoNumber(EMPTY)


def _plain(written: str) -> str:
    """Without what spreadsheets put around a number to keep it as it is."""
    text = written.replace("\u00a0", " ").strip()
    text = re.sub(r'^="?(.*?)"?$', r"\1", text)
    return text.lstrip("'’`").strip()


def _one(written: str, region: str) -> str:
    if not written:
        raise NoNumber(EMPTY)
    try:
        parsed = phonenumbers.parse(written, region.upper() or None)
    except NumberParseException as error:
        unknown = error.error_type == NumberParseException.INVALID_COUNTRY_CODE and re.search(r"\d{4}", written)
        raise NoNumber(NO_COUNTRY if unknown else NO_NUMBER) from None
    if not phonenumbers.is_valid_number(parsed):
        raise NoNumber(WRONG)
    if phonenumbers.number_type(parsed) in _DEAR:
        raise NoNumber(DEAR)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=10_000)
def zones(phone: str, usual: str) -> tuple[str, ...]:
    """The time zones a number may be in, the westernmost and the easternmost of them; just `usual`, the place's own,
    where that is one of them or none is known."""
    try:
        found: Sequence[str] = where.time_zones_for_number(phonenumbers.parse(phone, None))
    except NumberParseException:
        found = ()
    known = tuple(zone for zone in found if zone != where.UNKNOWN_TIMEZONE and _exists(zone))
    if usual in known or not known:
        return (usual,)
    # Where it is neither too early at one end nor too late at the other, it is neither in between.
    now = datetime.now(UTC)
    ordered = sorted(known, key=lambda zone: now.astimezone(ZoneInfo(zone)).utcoffset() or timedelta())
    return tuple(dict.fromkeys((ordered[0], ordered[-1])))


def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ValueError, OSError):
        return False
    return True


def is_zone(name: str) -> bool:
    """Is this a time zone's name?"""
    return bool(re.fullmatch(r"[A-Za-z0-9_+\-/]{1,60}", name)) and _exists(name)


def region_of(code: str, own_number: str) -> str:
    """The country numbers are probably of: a market's code where it is one, else that of the line's own number."""
    if code.upper() in phonenumbers.SUPPORTED_REGIONS:
        return code.upper()
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(own_number, None)) or ""
    except NumberParseException:
        return ""


def regions() -> list[tuple[str, str]]:
    """Every country's code with its name in the reader's language, by name."""
    names = i18n.locale().territories
    return sorted(
        ((code, str(names.get(code, code))) for code in phonenumbers.SUPPORTED_REGIONS), key=lambda each: each[1]
    )


def is_region(code: str) -> bool:
    """Is this a country's code?"""
    return code in phonenumbers.SUPPORTED_REGIONS
