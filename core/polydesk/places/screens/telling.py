"""What holds somewhere and what was changed, in words."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import i18n, themes
from polydesk.audit.service import Change
from polydesk.i18n import _, pgettext
from polydesk.scopes.places import LEGAL_KINDS, Origin, Place


class Held(msgspec.Struct, frozen=True):
    """One value and where it comes from."""

    label: str
    value: str
    origin: Origin


class Told(msgspec.Struct, frozen=True):
    """One change: what, who, when."""

    what: str
    who: str
    at: Any
    link: str = ""


def label(name: str) -> str:
    """What a value of a place is called."""
    return {
        "name": _("Name"),
        "code": _("Code"),
        "languages": _("Languages"),
        "time_zone": _("Time zone"),
        "holidays": _("Days off"),
        "sender": _("Sender"),
        "legal": _("Legal texts"),
        "theme": _("Theme"),
        "owner": pgettext("of a client or market", "Owner"),
        "sandbox": _("Sandbox"),
        "privacy": _("Privacy notice"),
        "imprint": _("Imprint"),
        "footer": _("Under every letter"),
    }.get(name, name)


def holds(place: Place, people: dict[int, str]) -> list[Held]:
    """Everything that holds, in the order of the form."""
    theme = themes.installed().get(place.theme)
    said = {
        "languages": i18n.listing([i18n.language_name(code) for code in place.languages]),
        "time_zone": place.time_zone.replace("_", " "),
        "holidays": place.holidays,
        "sender": place.sender,
        "theme": i18n.render(theme.label) if theme else place.theme,
        "owner": people.get(place.owner or 0, "") if place.owner else "",
    }
    found = [Held(label(name), value, place.origin[name]) for name, value in said.items()]
    for kind in LEGAL_KINDS:
        words = i18n.listing([i18n.language_name(code) for code in place.legal.get(kind, {})])
        found.append(Held(label(kind), words, place.origin.get(f"legal.{kind}", "installation")))
    return found


def changes(found: list[Change]) -> list[Told]:
    """The book's lines."""
    return [Told(_what(each), each.who or _("Command line"), each.at) for each in found]


def _what(change: Change) -> str:
    if change.kind == "pack.applied":
        return _("Pack applied: %(name)s", name=change.data.get("name", ""))
    if change.kind.endswith(".made"):
        origin = change.data.get("from", "")
        return _("Made from %(name)s", name=origin) if origin else _("Made")
    names = change.data.get("after", {})
    if "sandbox" in names:
        return _("Into the sandbox") if names["sandbox"] else _("Out of the sandbox")
    return _("Changed: %(fields)s", fields=i18n.listing([label(name) for name in names]))
