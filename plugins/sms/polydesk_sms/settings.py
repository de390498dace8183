"""What an admin says about one number (or messaging service) at a gateway."""

from __future__ import annotations

from typing import Annotated

import msgspec

from polydesk import N_, Field, Text

_NUMBER = Text(N_("Number"))
_ACCESS = Text(N_("Access"))
_FINE = Text(N_("Fine points"))


class SmsSettings(msgspec.Struct, kw_only=True):
    """One number at Twilio, or at a gateway that speaks as Twilio does."""

    number: Annotated[
        str,
        Field(
            label=Text(N_("Number")),
            help=Text(N_("What contacts write to, with its country. Empty when a messaging service sends.")),
            placeholder="+995 322 000 222",
            required=False,
            autocomplete="off",
            group=_NUMBER,
        ),
    ] = ""
    messaging_service: Annotated[
        str,
        Field(
            label=Text(N_("Messaging service SID")),
            help=Text(N_("It begins with MG and chooses among several numbers. Then the number may stay empty.")),
            placeholder="MG…",
            required=False,
            autocomplete="off",
            group=_NUMBER,
        ),
    ] = ""
    account_sid: Annotated[
        str, Field(label=Text(N_("Account SID")), placeholder="AC…", autocomplete="off", group=_ACCESS)
    ] = ""
    token: Annotated[
        str,
        Field(
            label=Text(N_("Auth token")),
            help=Text(N_("Signs in, and proves that what arrives comes from the gateway.")),
            input="secret",
            autocomplete="new-password",
            group=_ACCESS,
        ),
    ] = ""
    api_url: Annotated[
        str,
        Field(
            label=Text(N_("Address of the gateway")),
            help=Text(N_("Change it for another gateway that speaks as Twilio does.")),
            input="host",
            group=_FINE,
        ),
    ] = "https://api.twilio.com"
    per_second: Annotated[
        int,
        msgspec.Meta(ge=1, le=400),
        Field(
            label=Text(N_("Messages a second")),
            help=Text(N_("What the number may send: 1 for most long numbers, more for short codes and services.")),
            input="number",
            group=_FINE,
        ),
    ] = 1
    reopens_days: Annotated[
        int,
        msgspec.Meta(ge=0, le=90),
        Field(
            label=Text(N_("Days in which a solved matter goes on")),
            help=Text(N_("A message that comes later begins a new conversation.")),
            input="number",
            group=_FINE,
        ),
    ] = 3
    media_hosts: Annotated[
        tuple[str, ...],
        Field(
            label=Text(N_("Hosts pictures may come from")),
            help=Text(N_("Empty allows every public one. Needed only for a gateway inside one's own network.")),
            required=False,
            group=_FINE,
        ),
    ] = ()
