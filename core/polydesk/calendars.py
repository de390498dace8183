"""The public holidays that are known: countries and their parts, by name."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import holidays

from polydesk.i18n import locale_of


class Calendar(NamedTuple):
    """A code as `hours.read_holidays` takes it ("ES", "ES-CT"), and its name in the reader's language where known."""

    code: str
    name: str


@lru_cache(maxsize=32)
def known(language: str) -> tuple[Calendar, ...]:
    """Every calendar, countries by their name and parts below. The first time takes a second: not in the event loop."""
    territories = locale_of(language).territories
    found: list[tuple[str, str, Calendar]] = []
    for code, parts in holidays.list_supported_countries(include_aliases=False).items():
        if not re.fullmatch(r"[A-Z]{2}", code):
            continue
        country = territories.get(code, code)
        found.append((country, "", Calendar(code, country)))
        names = _parts(code) if parts else {}
        for part in parts:
            if re.fullmatch(r"[A-Z0-9]{1,3}", part):
                name = names.get(part, part)
                found.append((country, name, Calendar(f"{code}-{part}", f"{country} · {name}")))
    return tuple(calendar for _country, _part, calendar in sorted(found, key=lambda each: each[:2]))


def _parts(country: str) -> dict[str, str]:
    """The parts of a country by code; the library knows names of most."""
    aliases = holidays.country_holidays(country).get_subdivision_aliases()
    return {code: names[0] for code, names in aliases.items() if names}
