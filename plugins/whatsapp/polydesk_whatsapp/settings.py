"""What an admin says about one WhatsApp number."""

from __future__ import annotations

from typing import Annotated

import msgspec

from polydesk import N_, Field, Text

_NUMBER = Text(N_("Number"))
_ACCESS = Text(N_("Access"))
_FINE = Text(N_("Fine points"))


class WhatsAppSettings(msgspec.Struct, kw_only=True):
    """One number of Meta's Cloud API."""

    phone_number_id: Annotated[
        str,
        Field(
            label=Text(N_("Phone number ID")),
            help=Text(N_("In Meta's app dashboard under WhatsApp, API setup. It is not the number itself.")),
            placeholder="110000000000001",
            autocomplete="off",
            group=_NUMBER,
        ),
    ] = ""
    number: Annotated[
        str,
        Field(
            label=Text(N_("Number as customers see it")),
            required=False,
            placeholder="+995 322 000 222",
            autocomplete="off",
            group=_NUMBER,
        ),
    ] = ""
    business_id: Annotated[
        str,
        Field(
            label=Text(N_("WhatsApp Business Account ID")),
            help=Text(N_("Templates belong to it.")),
            autocomplete="off",
            group=_NUMBER,
        ),
    ] = ""
    token: Annotated[
        str,
        Field(
            label=Text(N_("Access token")),
            help=Text(N_("A system user's permanent token with whatsapp_business_messaging and …_management.")),
            input="secret",
            autocomplete="new-password",
            group=_ACCESS,
        ),
    ] = ""
    app_secret: Annotated[
        str,
        Field(
            label=Text(N_("App secret")),
            help=Text(N_("In the app's basic settings. With it we know that what arrives is Meta's.")),
            input="secret",
            autocomplete="new-password",
            group=_ACCESS,
        ),
    ] = ""
    verify_token: Annotated[
        str,
        Field(
            label=Text(N_("Verify token")),
            help=Text(N_("Any words of yours; enter the same where Meta asks for them.")),
            autocomplete="off",
            group=_ACCESS,
        ),
    ] = ""
    catalogue: Annotated[
        str, Field(label=Text(N_("Catalogue ID")), required=False, autocomplete="off", group=_FINE)
    ] = ""
    per_second: Annotated[
        int,
        msgspec.Meta(ge=1, le=1000),
        Field(
            label=Text(N_("Messages a second")),
            help=Text(N_("80 unless Meta raised it; 20 for a number that is also in the Business app.")),
            input="number",
            group=_FINE,
        ),
    ] = 80
    base_url: Annotated[str, Field(label=Text(N_("Address of the Graph API")), group=_FINE)] = (
        "https://graph.facebook.com"
    )
    version: Annotated[
        str,
        msgspec.Meta(pattern=r"^v\d{1,3}\.\d{1,2}$"),
        Field(label=Text(N_("Version of the Graph API")), group=_FINE),
    ] = "v26.0"
