"""How a client, or one of its markets, treats calls: hours, consent, recording, retention, hours of dialling."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Annotated, Any, ClassVar

import msgspec

from polydesk import N_, Choice, Field, Invalid, Text
from polydesk import hours as business
from polydesk.i18n import _
from polydesk.plugin_settings import service as plugin_settings
from polydesk.scopes import service as scopes
from polydesk.types import Scope

NAME = "voice"
_OPEN, _RECORD, _DIAL = Text(N_("Opening hours")), Text(N_("Recording")), Text(N_("Calling people"))
_SPOKEN = re.compile(r"([a-z]{2,3}(?:-[A-Za-z0-9]+)*)\s*:\s*(.+)")
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


class PlaceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One place's. Spoken texts are lines of "language: words"."""

    permission: ClassVar[str] = "voice.manage"

    hours: Annotated[
        str,
        Field(
            label=Text(N_("Calls are answered")),
            help=Text(N_("One line for some days: “mon-fri 09:00-13:00, 14:00-18:00”. Empty is always.")),
            input="textarea",
            required=False,
            group=_OPEN,
        ),
    ] = ""
    holidays: Annotated[
        str,
        Field(
            label=Text(N_("Days off")),
            help=Text(N_("2026-12-24 for one year, 12-25 for every year, DE or DE-BY for all public holidays there.")),
            input="textarea",
            required=False,
            group=_OPEN,
        ),
    ] = ""
    closed: Annotated[
        str,
        Field(
            label=Text(N_("Out of hours")),
            input="select",
            choices=(
                Choice("voicemail", Text(N_("They may leave a message"))),
                Choice("hang_up", Text(N_("We say good-bye"))),
            ),
            group=_OPEN,
        ),
    ] = "voicemail"
    records: Annotated[bool, Field(label=Text(N_("Calls are recorded")), input="checkbox", group=_RECORD)] = False
    consent: Annotated[
        str,
        Field(
            label=Text(N_("What callers hear about it")),
            help=Text(N_("A line for each language: “en: This call is recorded to improve our service.”")),
            input="textarea",
            required=False,
            group=_RECORD,
        ),
    ] = ""
    retention_days: Annotated[
        int,
        msgspec.Meta(ge=1, le=3650),
        Field(label=Text(N_("Recordings are erased after so many days")), input="number", group=_RECORD),
    ] = 180
    dial_from: Annotated[str, Field(label=Text(N_("Nobody is called before")), group=_DIAL, placeholder="09:00")] = (
        "09:00"
    )
    dial_until: Annotated[str, Field(label=Text(N_("or after")), group=_DIAL, placeholder="20:00")] = "20:00"
    dial_days: Annotated[
        str, Field(label=Text(N_("On these days")), help=Text(N_("Such as mon-sat.")), group=_DIAL)
    ] = "mon-fri"

    def __post_init__(self) -> None:
        business.read(self.hours)
        business.read_holidays(self.holidays)
        for line in filter(None, (each.strip() for each in self.consent.splitlines())):
            if _SPOKEN.fullmatch(line) is None:
                raise Invalid({"consent": _("“%(line)s” is not understood: write “en: words”.", line=line)})
        if self.records and not self.consent.strip():
            raise Invalid({"consent": _("Whoever is recorded must hear it first: enter the words.")})
        for name in ("dial_from", "dial_until"):
            if _CLOCK.fullmatch(getattr(self, name).strip()) is None:
                raise Invalid({name: _("Enter a time such as 09:00.")})
        try:
            self.dialling()
        except Invalid:
            raise Invalid({"dial_days": _("Enter days such as mon-fri.")}) from None

    def consent_in(self, language: str) -> str:
        """The words in a language, else in the first one there is."""
        known = {
            found[1].lower(): found[2]
            for line in self.consent.splitlines()
            if (found := _SPOKEN.fullmatch(line.strip())) is not None
        }
        base = re.split("[-_]", language.lower())[0]
        return known.get(language.lower()) or known.get(base) or next(iter(known.values()), "")

    def dialling(self) -> list[business.Period]:
        """When people may be called, in their own time."""
        return business.read(f"{self.dial_days} {self.dial_from.strip()}-{self.dial_until.strip()}")


async def of(scope: Scope) -> PlaceSettings:
    """As they hold there: each is the market's, else the client's, else the installation's, else the usual one."""
    return await plugin_settings.of(PlaceSettings, scope)


async def own(scope: Scope) -> bool:
    """Has this place anything of its own?"""
    return bool(await plugin_settings.own(NAME, scope))


async def keep(scope: Scope, **values: Any) -> None:
    """Set these there, and nothing else: for demo data and tests; people have the form."""
    await plugin_settings.store(NAME, scope, values)


async def zone_of(scope: Scope) -> tzinfo:
    """The time zone of a place."""
    return (await scopes.place(scope)).zone


async def languages_of(scope: Scope) -> tuple[str, ...]:
    """What is spoken there, the usual one first."""
    for client in await scopes.list_clients((scope.client,) if scope.client else ()):
        for market in client.markets:
            if market.id == scope.market:
                return (*market.languages, *client.languages)
        return client.languages or ("en",)
    return ("en",)


async def is_open(scope: Scope, now: datetime) -> bool:
    """Are calls answered there at this moment? The days off of the client or market are days off here as well."""
    settings, place = await of(scope), await scopes.place(scope)
    days_off = business.read_holidays(settings.holidays) | place.days_off
    return business.is_open(business.read(settings.hours), days_off, place.zone, now)
