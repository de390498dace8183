"""The reader's language, zone and words: who reads is a ContextVar, so `_()` needs no request in its hand."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal

import msgspec
from babel import Locale, UnknownLocaleError, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from polydesk.types import Text

_KEPT = "text:"
SOURCE = "en"
"""The language of the msgids themselves: it needs no catalogue."""

_language: ContextVar[str] = ContextVar("polydesk_language", default=SOURCE)
_zone: ContextVar[str] = ContextVar("polydesk_zone", default="UTC")
_folders: dict[str, Path] = {}
broken: dict[str, str] = {}
"""Plugins' catalogues that cannot be read, by domain, and why."""
log = logging.getLogger("polydesk.i18n")


def _core_folder() -> Path:
    import polydesk_locales

    return Path(polydesk_locales.__file__).parent


def add(domain: str, folder: Path) -> None:
    """Add a plugin's catalogues, `<folder>/<language>/LC_MESSAGES/<domain>.po`; core's own words win a clash."""
    _folders[domain] = folder
    catalogue.cache_clear()
    languages.cache_clear()


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """Every language the screens can be read in, the source first."""
    found = {path.parts[-3] for path in _core_folder().glob("*/LC_MESSAGES/polydesk.po")}
    return (SOURCE, *sorted(found - {SOURCE}))


@lru_cache(maxsize=64)
def catalogue(language: str) -> NullTranslations:
    """All words of one language, compiled in memory: core's first, then each plugin's."""
    merged = NullTranslations()
    for domain, folder in (*sorted(_folders.items(), reverse=True), ("polydesk", _core_folder())):
        path = folder / language / "LC_MESSAGES" / f"{domain}.po"
        if not path.exists():
            continue
        try:
            one = _compiled(path, language)
        except Exception as error:
            if domain == "polydesk":
                raise
            # Its words stay in the language they were written in; nobody else's are lost.
            broken[domain] = f"{language}: {type(error).__name__}: {error}"
            log.error("the catalogue %s cannot be read: %s", path, error)
            continue
        one.add_fallback(merged)
        merged = one
    return merged


def _compiled(path: Path, language: str) -> GNUTranslations:
    compiled = BytesIO()
    with path.open("rb") as po:
        write_mo(compiled, read_po(po, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


# --- Who reads ------------------------------------------------------------------------------------------------------


def language() -> str:
    """The reader's language, one of `languages()` on a screen."""
    return _language.get()


def zone() -> tzinfo:
    """The reader's time zone."""
    return _zone_named(_zone.get())


@lru_cache(maxsize=700)
def _zone_named(name: str) -> tzinfo:
    return dates.get_timezone(name)


def locale() -> Locale:
    """The reader's CLDR locale."""
    return locale_of(_language.get())


@lru_cache(maxsize=256)
def locale_of(code: str) -> Locale:
    """The CLDR locale of a language code, English when nobody knows the code."""
    try:
        return Locale.parse(code.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(SOURCE)


def set_reader(language: str, zone: str = "") -> None:
    """Name the reader for the rest of this task; a web request does it once, everything else uses `using`."""
    _language.set(language)
    _zone.set(zone or "UTC")


@contextmanager
def using(language: str, zone: str = "") -> Iterator[None]:
    """Speak to another reader inside the block."""
    before = _language.get(), _zone.get()
    set_reader(language, zone or before[1])
    try:
        yield
    finally:
        set_reader(*before)


def negotiate(accepted: str) -> str:
    """The language to greet a stranger in, from their Accept-Language header."""
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(","):
        code, _semicolon, quality = part.strip().partition(";q=")
        try:
            wanted.append((-float(quality or 1), code))
        except ValueError:
            continue
    known = {code.lower(): code for code in languages()}
    for _weight, code in sorted(wanted, key=lambda pair: pair[0]):
        base = code.lower()
        if found := known.get(base) or known.get(base.split("-")[0]):
            return found
    return SOURCE


# --- Words ----------------------------------------------------------------------------------------------------------


def _(message: str, /, **values: object) -> str:
    """The message in the reader's language, its `%(name)s` holes filled."""
    translated = catalogue(_language.get()).gettext(message)
    return translated % values if values else translated


def ngettext(one: str, many: str, n: int, /, **values: object) -> str:
    """The form that fits `n`; `%(num)s` is `n` in the reader's digits."""
    return catalogue(_language.get()).ngettext(one, many, n) % {"num": number(n), **values}


def pgettext(context: str, message: str, /, **values: object) -> str:
    """As `_`, for a word that means two things ("open" the verb, "open" the state)."""
    translated = catalogue(_language.get()).pgettext(context, message)
    return translated % values if values else translated


def npgettext(context: str, one: str, many: str, n: int, /, **values: object) -> str:
    """As `ngettext`, with a context."""
    return catalogue(_language.get()).npgettext(context, one, many, n) % {"num": number(n), **values}


def N_(message: str, /) -> str:
    """Mark a message for translation that is shown later, by `render`."""
    return message


def render(text: Text | str | None) -> str:
    """A `Text` in the reader's language. A hole that nothing fills stays visible rather than breaking the page.

    A hole named `language` takes a code and shows that language's name.
    """
    if text is None:
        return ""
    if isinstance(text, str):
        return text
    translated = catalogue(_language.get()).gettext(text.template)
    if not text.values:
        return translated
    holes = _Holes(text.values)
    if isinstance(spoken := holes.get("language"), str):
        holes["language"] = language_name(spoken)
    return translated.format_map(holes)


def keep(words: str | Text) -> str:
    """Words for a database column, to be shown by `kept` in whatever language is then read."""
    return words if isinstance(words, str) else _KEPT + msgspec.json.encode(words).decode()


def kept(stored: str) -> str:
    """What `keep` stored, in the reader's language; plain text (a service's own words) as it is."""
    return render(msgspec.json.decode(stored[len(_KEPT) :], type=Text)) if stored.startswith(_KEPT) else stored


class _Holes(dict[str, "str | int"]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


def isolated(words: str, direction: Literal["ltr", "auto"] = "ltr") -> str:
    """Somebody's address or name inside a sentence of ours, which may run the other way (Unicode UAX #9, isolates)."""
    return ("\u2066" if direction == "ltr" else "\u2068") + words + "\u2069"


# --- Formats --------------------------------------------------------------------------------------------------------


def direction(code: str | None = None) -> Literal["ltr", "rtl"]:
    """Which way a language is written."""
    return "rtl" if locale_of(code or _language.get()).text_direction == "rtl" else "ltr"


def language_name(code: str) -> str:
    """A language's name in the reader's own language; the code itself when nobody knows it."""
    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name(locale())
    except (UnknownLocaleError, ValueError):
        return code
    return str(name[:1].upper() + name[1:]) if name else code


def own_name(code: str) -> str:
    """A language's name as its own speakers write it."""
    name = locale_of(code).get_display_name(code.replace("-", "_"))
    return str(name[:1].upper() + name[1:]) if name else code


def local(moment: datetime) -> datetime:
    """A moment on the reader's clock."""
    return _local(moment, zone())


def _local(moment: datetime, at: tzinfo) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(at)


def when(moment: datetime | None) -> str:
    """Date and time in full, as the reader writes them."""
    return _when(moment, _language.get(), zone()) if moment else ""


# The same moments are shown again and again on lists that refresh, and CLDR patterns cost 50 µs each.
@lru_cache(maxsize=20_000)
def _when(moment: datetime, code: str, at: tzinfo) -> str:
    here, tongue = _local(moment, at), locale_of(code)
    pattern = str(dates.get_datetime_format("medium", locale=tongue)).replace("'", "")
    clock_time = dates.format_time(here, "short", locale=tongue)
    return pattern.replace("{0}", clock_time).replace("{1}", dates.format_date(here, "medium", locale=tongue))


def day(moment: date | None) -> str:
    """The day alone."""
    if moment is None:
        return ""
    return dates.format_date(local(moment) if isinstance(moment, datetime) else moment, "medium", locale=locale())


def clock(moment: datetime) -> str:
    """The time of day alone."""
    return dates.format_time(local(moment), "short", locale=locale())


def brief(moment: datetime | None, now: datetime | None = None) -> str:
    """As short as stays clear in a list: the time today, the day this year, else the whole date."""
    if moment is None:
        return ""
    return _brief(moment, _language.get(), zone(), local(now or datetime.now(UTC)).date())


@lru_cache(maxsize=20_000)
def _brief(moment: datetime, code: str, at: tzinfo, today: date) -> str:
    here, tongue = _local(moment, at), locale_of(code)
    if here.date() == today:
        return dates.format_time(here, "short", locale=tongue)
    if here.year == today.year:
        return str(dates.format_skeleton("MMMd", here, locale=tongue))
    return dates.format_date(here, "short", locale=tongue)


def relative(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago, or in how long."""
    if moment is None:
        return ""
    delta = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - (now or datetime.now(UTC))
    return dates.format_timedelta(delta, granularity="second", add_direction=True, threshold=0.9, locale=locale())


def number(value: float, digits: int | None = None) -> str:
    """A number with the reader's separators and digits."""
    if digits is None:
        return numbers.format_decimal(value, locale=locale())
    return numbers.format_decimal(value, format="#,##0." + "0" * digits, locale=locale())


def percent(share: float) -> str:
    """A share of one as a percentage."""
    return numbers.format_percent(share, locale=locale())


def size(count: int) -> str:
    """Bytes as people say them; units are CLDR's."""
    from babel.units import format_unit

    value, unit = float(count), "digital-byte"
    for larger in ("digital-kilobyte", "digital-megabyte", "digital-gigabyte"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    rounded = round(value, 1) if value < 10 else round(value)
    return str(format_unit(rounded, unit, "short", locale=locale()))


def plural(n: float) -> str:
    """Which CLDR plural form `n` takes: zero, one, two, few, many or other."""
    return str(locale().plural_form(n))


def listing(parts: list[str]) -> str:
    """Names joined as the reader joins them: "a, b and c"."""
    from babel.lists import format_list

    return format_list(parts, locale=locale()) if parts else ""
