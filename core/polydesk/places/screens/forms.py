"""The forms of clients and markets: what is read from them, and what may be chosen."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated, Any
from zoneinfo import available_timezones

import msgspec

from polydesk import calendars, i18n, themes
from polydesk.fields import Choice, Field
from polydesk.i18n import N_, _
from polydesk.places import service
from polydesk.scopes.places import LEGAL_KINDS, Details, Legal, Place
from polydesk.staff.access import Viewer
from polydesk.types import Scope, Text
from polydesk.web.forms import Form, whole

_WHO, _WHEN, _LOOKS = Text(N_("Who it is")), Text(N_("Time")), Text(N_("To contacts and colleagues"))
_CALENDAR = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class Said(msgspec.Struct, kw_only=True):
    """What a client or market says of itself, as it is typed."""

    name: Annotated[str, Field(label=Text(N_("Name")), autocomplete="off", group=_WHO), msgspec.Meta(max_length=200)]
    code: Annotated[
        str,
        Field(
            label=Text(N_("Code")),
            autocomplete="off",
            help=Text(N_("Short, such as fr or es-ct. Packs and the command line call it so.")),
            group=_WHO,
        ),
    ] = ""
    owner: Annotated[
        str,
        Field(
            label=Text(N_("Owner")),
            input="select",
            required=False,
            help=Text(N_("The colleague who answers for it.")),
            group=_WHO,
        ),
    ] = ""
    languages: Annotated[
        tuple[str, ...],
        Field(
            label=Text(N_("Languages")),
            input="languages",
            required=False,
            help=Text(N_("What contacts are answered in, the usual one first.")),
            group=_WHO,
        ),
    ] = ()
    time_zone: Annotated[str, Field(label=Text(N_("Time zone")), input="select", required=False, group=_WHEN)] = ""
    country: Annotated[
        str,
        Field(
            label=Text(N_("Public holidays of")),
            required=False,
            autocomplete="off",
            placeholder="ES-CT",
            help=Text(N_("Type the name of a country or of a part of it, and choose.")),
            group=_WHEN,
        ),
    ] = ""
    dates: Annotated[
        str,
        Field(
            label=Text(N_("More days off")),
            required=False,
            placeholder="12-24 2027-05-02",
            help=Text(N_("12-24 for every year, 2027-05-02 for one; also further calendars such as PT.")),
            group=_WHEN,
        ),
    ] = ""
    sender: Annotated[
        str,
        Field(
            label=Text(N_("Sender")),
            required=False,
            autocomplete="off",
            help=Text(N_("The name contacts see beside the address that writes to them.")),
            group=_LOOKS,
        ),
    ] = ""
    theme: Annotated[str, Field(label=Text(N_("Theme")), input="select", required=False, group=_LOOKS)] = ""


class PlaceForm:
    """The form with its legal texts, which are one box for each kind and language."""

    def __init__(
        self, form: Form[Said], legal: Legal, languages: tuple[str, ...], listed: tuple[Any, ...], seen: str
    ) -> None:
        self.form, self.legal, self.languages, self.calendars, self.seen = form, legal, languages, listed, seen
        self.wrong: dict[str, str] = {}

    def moved(self, problem: service.Moved) -> None:
        """Take in that somebody was faster; when it is saved once more, that was seen."""
        self.form.message, self.seen = str(problem), problem.now

    def refuse(self, problem: Any) -> None:
        """Take in what the service found wrong."""
        self.wrong = {name: words for name, words in problem.fields.items() if name.startswith("legal.")}
        moved = {("dates" if name == "holidays" else name): words for name, words in problem.fields.items()}
        self.form.refuse(type(problem)(moved, str(problem)))


async def of(
    viewer: Viewer,
    scope: Scope,
    name: str,
    code: str,
    own: Details,
    above: Place | None,
    seen: str,
    typed: Any = None,
) -> PlaceForm:
    """The form of a place; `above` is what holds where it says nothing. For a client, `code` is not asked.

    `seen` is the mark of what it is drawn from; what was typed brings its own.
    """
    country, dates = _parted(own.holidays)
    stored = Said(
        name=name,
        code=code,
        owner=str(own.owner or ""),
        languages=own.languages,
        time_zone=own.time_zone,
        country=country,
        dates=dates,
        sender=own.sender,
        theme=own.theme,
    )
    form = Form(Said, typed, stored, choices=await _choices(viewer, scope, own, above))
    legal = own.legal if typed is None else legal_of(typed)
    spoken = (*own.languages, *(above.languages if above else ()), *(each for kind in legal.values() for each in kind))
    listed = await asyncio.to_thread(calendars.known, i18n.language())
    seen = seen if typed is None else str(typed.get("seen") or "")
    return PlaceForm(form, legal, tuple(dict.fromkeys(spoken)) or ("en",), listed, seen)


def details(said: Said, typed: Mapping[str, Any]) -> Details:
    """What was typed, for the service to look at."""
    return Details(
        languages=said.languages,
        time_zone=said.time_zone,
        holidays=f"{said.country.partition(' ')[0]} {said.dates}".strip(),
        sender=said.sender,
        legal=legal_of(typed),
        theme=said.theme,
        owner=whole(said.owner) if said.owner else None,
    )


def legal_of(typed: Mapping[str, Any]) -> Legal:
    """Boxes named "legal-<kind>-<language>"."""
    found: Legal = {}
    for name, words in typed.items():
        mark, _dash, rest = str(name).partition("-")
        kind, dash, language = rest.partition("-")
        if mark == "legal" and dash and kind in LEGAL_KINDS:
            found.setdefault(kind, {})[language] = str(words).replace("\r\n", "\n")
    return found


def _parted(holidays: str) -> tuple[str, str]:
    """The first calendar, and the rest."""
    each = holidays.split()
    first = next((one for one in each if _CALENDAR.fullmatch(one)), "")
    return first, " ".join(one for one in each if one != first)


async def _choices(viewer: Viewer, scope: Scope, own: Details, above: Place | None) -> dict[str, list[Choice]]:
    people = [
        Choice(str(one.id), Text("{name}", {"name": one.name})) for one in await service.candidates(viewer, scope)
    ]
    if own.owner is not None and str(own.owner) not in {one.value for one in people}:
        people.append(Choice(str(own.owner), Text(N_("Somebody you do not see"))))
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    usual = _("As the client: %(value)s", value=above.time_zone) if above else "UTC"
    return {
        "owner": [Choice("", Text(N_("Nobody in particular"))), *people],
        "time_zone": [
            Choice("", Text("{words}", {"words": usual})),
            Choice("UTC", Text("{name}", {"name": "UTC"})),
            *(Choice(zone, Text("{name}", {"name": zone.replace("_", " ")})) for zone in zones),
        ],
        "theme": [
            Choice("", Text(N_("As the client")) if above else Text(N_("The usual one"))),
            *(Choice(name, theme.label) for name, theme in sorted(themes.installed().items())),
        ],
    }
