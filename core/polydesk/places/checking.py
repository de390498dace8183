"""Whether what was said of a client or market can be used."""

from __future__ import annotations

import re
from collections.abc import Collection
from zoneinfo import available_timezones

import msgspec
from babel import Locale, UnknownLocaleError

from polydesk import hours, themes
from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.scopes.places import LEGAL_KINDS, Details

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,19}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_MOST_LANGUAGES = 40
_LONGEST_NAME = 200
_LONGEST_SENDER, _LONGEST_HOLIDAYS, _LONGEST_LEGAL = 200, 400, 20_000


def check(name: str, details: Details, owners: Collection[int | None], *, code: str | None = None) -> None:
    """Raise `Invalid` with a sentence for each field. `owners` are the people who may answer for the place."""
    wrong = {
        "name": name_fault(name),
        "code": "" if code is None or _CODE.fullmatch(code) else _("Use up to 20 letters, digits and hyphens."),
        "languages": _languages(details.languages),
        "time_zone": _time_zone(details.time_zone),
        "holidays": _holidays(details.holidays),
        "sender": _sender(details.sender),
        "theme": "" if details.theme in ("", *themes.names()) else _("There is no such theme here."),
        "owner": ""
        if details.owner is None or details.owner in owners
        else _("Choose a colleague who works for this client or market."),
        **_legal(details),
    }
    if wrong := {field: words for field, words in wrong.items() if words}:
        raise Invalid(wrong)


def clean(details: Details) -> Details:
    """The same without what says nothing: spaces around, empty texts, a language twice."""
    legal = {
        kind: told
        for kind in (*LEGAL_KINDS, *(each for each in details.legal if each not in LEGAL_KINDS))
        if (told := {code: text.strip() for code, text in details.legal.get(kind, {}).items() if text.strip()})
    }
    return msgspec.structs.replace(
        details,
        languages=tuple(dict.fromkeys(details.languages)),
        holidays=" ".join(re.findall(r"[^\s,]+", details.holidays)),
        sender=" ".join(details.sender.split()),
        legal=legal,
    )


def is_language(code: str) -> bool:
    """Is this the code of a language somebody speaks?"""
    try:
        return bool(_LANGUAGE.fullmatch(code)) and Locale.parse(code, sep="-") is not None
    except (UnknownLocaleError, ValueError):
        return False


def name_fault(name: str) -> str:
    """What is wrong with the name of a place, or ""."""
    if len(name.strip()) > _LONGEST_NAME:
        return _("Use at most %(count)s characters.", count=_LONGEST_NAME)
    return "" if name.strip() else _("Enter a name.")


def _languages(codes: tuple[str, ...]) -> str:
    if unknown := next((code for code in codes if not is_language(code)), ""):
        return _("“%(code)s” is not the code of a language, such as en or pt-BR.", code=unknown)
    return _("Choose at most %(count)s languages.", count=_MOST_LANGUAGES) if len(codes) > _MOST_LANGUAGES else ""


def _time_zone(name: str) -> str:
    return "" if not name or name in available_timezones() else _("Choose a time zone from the list.")


def _holidays(words: str) -> str:
    if len(words) > _LONGEST_HOLIDAYS:
        return _("Use at most %(count)s characters.", count=_LONGEST_HOLIDAYS)
    try:
        hours.read_holidays(words)
    except Invalid as problem:
        return str(problem)
    return ""


def _sender(name: str) -> str:
    if len(name) > _LONGEST_SENDER:
        return _("Use at most %(count)s characters.", count=_LONGEST_SENDER)
    # A name that looks like an address would be taken for the one who really sends.
    return _("Enter a name, not an address.") if re.search(r"[<>@\x00-\x1f]", name) else ""


def _legal(details: Details) -> dict[str, str]:
    wrong = {}
    for kind, told in details.legal.items():
        if kind not in LEGAL_KINDS:
            wrong[f"legal.{kind}"] = _("There is no such text here.")
        for code, text in told.items():
            if not is_language(code):
                wrong[f"legal.{kind}"] = _("“%(code)s” is not the code of a language, such as en or pt-BR.", code=code)
            elif len(text) > _LONGEST_LEGAL:
                wrong[f"legal.{kind}"] = _("Use at most %(count)s characters.", count=_LONGEST_LEGAL)
    return wrong
