"""One chat of a web site, as its admin sets it up."""

from __future__ import annotations

import re
import secrets
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from polydesk import Choice, Field, Text, hours
from polydesk.errors import Invalid
from polydesk.i18n import N_, _
from polydesk_webchat import colours, invitations, words

LOOKS = Text(N_("Looks and words"))
WHEN = Text(N_("Hours"))
WHO = Text(N_("Visitors"))
LIMITS = Text(N_("Limits"))
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{5,39}")


class ChatSettings(msgspec.Struct, kw_only=True):
    """See each field's help."""

    key: Annotated[
        str,
        Field(
            label=Text(N_("Public key")),
            help=Text(N_("Part of the chat's address. Left empty, one is made.")),
            required=False,
            autocomplete="off",
        ),
    ] = ""
    origins: Annotated[
        str,
        Field(
            label=Text(N_("Sites that may embed it")),
            help=Text(N_("One address a line, such as https://www.example.com or https://*.example.com.")),
            input="textarea",
            required=False,
            placeholder="https://www.example.com",
        ),
    ] = ""
    title: Annotated[str, Field(label=Text(N_("Title")), required=False, group=LOOKS), msgspec.Meta(max_length=80)] = ""
    greeting: Annotated[
        str,
        Field(
            label=Text(N_("Greeting")),
            help=Text(N_("Shown before anything is written.")),
            input="textarea",
            required=False,
            group=LOOKS,
        ),
        msgspec.Meta(max_length=500),
    ] = ""
    colour: Annotated[
        str,
        Field(label=Text(N_("Colour")), help=Text(N_("As #rrggbb. It is made readable if need be.")), group=LOOKS),
    ] = "#12695e"
    scheme: Annotated[
        Literal["auto", "light", "dark"],
        Field(
            label=Text(N_("Light or dark")),
            input="select",
            group=LOOKS,
            choices=(
                Choice("auto", Text(N_("As the visitor's device"))),
                Choice("light", Text(N_("Light"))),
                Choice("dark", Text(N_("Dark"))),
            ),
        ),
    ] = "auto"
    side: Annotated[
        Literal["end", "start"],
        Field(
            label=Text(N_("Corner")),
            input="select",
            group=LOOKS,
            choices=(
                Choice("end", Text(N_("Where lines end (right in English)"))),
                Choice("start", Text(N_("Where lines begin (left in English)"))),
            ),
        ),
    ] = "end"
    languages: Annotated[
        tuple[str, ...],
        Field(
            label=Text(N_("Languages")),
            help=Text(N_("Those the chat speaks; none chosen is all it knows. The page may name one.")),
            input="languages",
            required=False,
            group=LOOKS,
        ),
    ] = ()
    texts: Annotated[
        str,
        Field(
            label=Text(N_("Own words by language")),
            help=Text(N_("One a line: “fr.greeting = Bonjour !”. Names: title, greeting, away, launcher, privacy.")),
            input="textarea",
            required=False,
            group=LOOKS,
        ),
    ] = ""
    invitations: Annotated[
        str,
        Field(
            label=Text(N_("Invitations")),
            help=Text(
                N_(
                    "One a line: page, conditions, words. “/basket* after=30 returning: May we help?”, the same in "
                    "French: “/basket* after=30 returning [fr]: Pouvons-nous aider ?”. Also scroll=50 and new."
                )
            ),
            input="textarea",
            required=False,
            group=LOOKS,
        ),
    ] = ""
    hours: Annotated[
        str,
        Field(
            label=Text(N_("Opening hours")),
            help=Text(N_("One line for some days: “mon-fri 09:00-13:00, 14:00-18:00”. Empty is always.")),
            input="textarea",
            required=False,
            group=WHEN,
        ),
    ] = ""
    zone: Annotated[
        str,
        Field(
            label=Text(N_("Time zone")),
            help=Text(N_("Empty is that of the client or market.")),
            required=False,
            group=WHEN,
            placeholder="Europe/Paris",
        ),
    ] = ""
    holidays: Annotated[
        str,
        Field(
            label=Text(N_("Days off")),
            help=Text(N_("2026-12-24 for one year, 12-25 for every year, DE or DE-BY for all public holidays there.")),
            input="textarea",
            required=False,
            group=WHEN,
        ),
    ] = ""
    away_without_agents: Annotated[
        bool,
        Field(label=Text(N_("Nobody ready counts as closed")), input="checkbox", group=WHEN),
    ] = False
    secret: Annotated[
        str,
        Field(
            label=Text(N_("Identity secret")),
            help=Text(
                N_("At least 32 characters. Your server signs with it who is logged in; see the plugin's README.")
            ),
            input="secret",
            required=False,
            group=WHO,
        ),
    ] = ""
    ask: Annotated[
        Literal["no", "optional", "required"],
        Field(
            label=Text(N_("Ask for name and e-mail")),
            input="select",
            group=WHO,
            choices=(
                Choice("no", Text(N_("Only when nobody is there"))),
                Choice("optional", Text(N_("Yes, it may be left empty"))),
                Choice("required", Text(N_("Yes, always"))),
            ),
        ),
    ] = "optional"
    mail_after: Annotated[
        int,
        Field(
            label=Text(N_("Send unseen answers by mail after (minutes)")),
            help=Text(N_("When the visitor has left an address and is gone. 0 never does.")),
            input="number",
            group=WHO,
        ),
        msgspec.Meta(ge=0, le=10080),
    ] = 5
    largest_file: Annotated[
        int,
        Field(label=Text(N_("Largest file (MB)")), help=Text(N_("0 takes none.")), input="number", group=LIMITS),
        msgspec.Meta(ge=0, le=50),
    ] = 10
    per_minute: Annotated[
        int,
        Field(label=Text(N_("Messages of one visitor in a minute")), input="number", group=LIMITS),
        msgspec.Meta(ge=1, le=10000),
    ] = 20
    chats_per_hour: Annotated[
        int,
        Field(
            label=Text(N_("New chats from one address in an hour")),
            help=Text(N_("An office shares one address: leave room for that.")),
            input="number",
            group=LIMITS,
        ),
        msgspec.Meta(ge=1, le=1_000_000),
    ] = 60

    def __post_init__(self) -> None:
        self.key = self.key or secrets.token_hex(8)
        if not _KEY.fullmatch(self.key):
            raise Invalid({"key": _("Use 6 to 40 small letters, digits and hyphens.")})
        if not colours.HEX.fullmatch(self.colour):
            raise Invalid({"colour": _("Write a colour as #rrggbb.")})
        if self.secret and len(self.secret) < 32:
            raise Invalid({"secret": _("Use at least %(count)s characters.", count=32)})
        for origin in self.allowed():
            parts = urlsplit(origin)
            if not re.fullmatch(r"https?://(\*\.)?[\w.-]+(:\d+)?", origin) or not parts.hostname:
                raise Invalid(
                    {"origins": _("“%(line)s” is not an address such as https://www.example.com.", line=origin)}
                )
        if self.zone and words.zone(self.zone) is None:
            raise Invalid({"zone": _("This is no time zone. Write one as Europe/Paris.")})
        hours.read(self.hours)
        hours.read_holidays(self.holidays)
        invitations.read(self.invitations)
        words.read(self.texts)

    def allowed(self) -> list[str]:
        """The origins that may embed the chat."""
        return [each.rstrip("/") for each in self.origins.split()]
