"""What an admin says about one line: a number, and who carries its calls."""

from __future__ import annotations

from typing import Annotated

import msgspec

from polydesk import N_, Choice, Field, Text

_LINE, _TWIML, _ARI = Text(N_("Line")), Text(N_("Twilio and those that speak as it does")), Text(N_("Asterisk"))


class LineSettings(msgspec.Struct, kw_only=True):
    """One number. Only the provider chosen needs its part filled in."""

    number: Annotated[
        str,
        Field(
            label=Text(N_("Number")),
            help=Text(N_("What contacts dial, and what they see when they are called.")),
            placeholder="+995 322 000 222",
            autocomplete="off",
            group=_LINE,
        ),
    ] = ""
    provider: Annotated[
        str,
        Field(
            label=Text(N_("Carried by")),
            input="select",
            choices=(
                Choice("twiml", Text(N_("Twilio, or another that speaks TwiML"))),
                Choice("ari", Text(N_("Asterisk (ARI)"))),
            ),
            group=_LINE,
        ),
    ] = "twiml"
    speech: Annotated[
        bool,
        Field(
            label=Text(N_("Callers may also say their choice")),
            help=Text(N_("Only where the provider understands the language.")),
            input="checkbox",
            group=_LINE,
        ),
    ] = False
    account_sid: Annotated[
        str,
        Field(label=Text(N_("Account SID")), placeholder="AC…", required=False, autocomplete="off", group=_TWIML),
    ] = ""
    token: Annotated[
        str,
        Field(
            label=Text(N_("Auth token")),
            help=Text(N_("Signs in, and proves that what arrives comes from the provider.")),
            input="secret",
            required=False,
            autocomplete="new-password",
            group=_TWIML,
        ),
    ] = ""
    api_url: Annotated[
        str,
        Field(
            label=Text(N_("Address of the service")),
            help=Text(N_("Change it for another provider that speaks as Twilio does.")),
            input="host",
            required=False,
            group=_TWIML,
        ),
    ] = "https://api.twilio.com"
    calls_per_second: Annotated[
        int,
        msgspec.Meta(ge=1, le=100),
        Field(
            label=Text(N_("New outgoing calls a second")),
            help=Text(N_("What the provider allows; 1 unless it was raised.")),
            input="number",
            group=_TWIML,
        ),
    ] = 1
    ari_url: Annotated[
        str,
        Field(
            label=Text(N_("Address of Asterisk")),
            placeholder="http://pbx.example.org:8088",
            input="host",
            required=False,
            group=_ARI,
        ),
    ] = ""
    ari_user: Annotated[str, Field(label=Text(N_("User")), required=False, autocomplete="off", group=_ARI)] = ""
    ari_password: Annotated[
        str,
        Field(label=Text(N_("Password")), input="secret", required=False, autocomplete="new-password", group=_ARI),
    ] = ""
    ari_app: Annotated[
        str,
        Field(
            label=Text(N_("Stasis application")),
            help=Text(N_("What the dialplan hands calls to: Stasis(polydesk).")),
            required=False,
            autocomplete="off",
            group=_ARI,
        ),
    ] = "polydesk"
    ari_trunk: Annotated[
        str,
        Field(
            label=Text(N_("How to dial a number")),
            help=Text(N_("An Asterisk endpoint in which {number} stands for the number.")),
            placeholder="PJSIP/{number}@trunk",
            required=False,
            autocomplete="off",
            group=_ARI,
        ),
    ] = "PJSIP/{number}@trunk"
    ari_phone: Annotated[
        str,
        Field(
            label=Text(N_("How to ring an agent’s phone")),
            help=Text(N_("{name} stands for the part before the @ of its address, {address} for all of it.")),
            placeholder="PJSIP/{name}",
            required=False,
            autocomplete="off",
            group=_ARI,
        ),
    ] = "PJSIP/{name}"
    ari_speech: Annotated[
        str,
        Field(
            label=Text(N_("Who speaks the words")),
            help=Text(
                N_(
                    "Asterisk has no voice of its own. What it is to play instead, with {text} and {language}; "
                    "empty uses espeak-ng of this desk, where it is installed."
                )
            ),
            placeholder="sound:http://tts.example.org/say.wav?lang={language}&text={text}",
            required=False,
            autocomplete="off",
            group=_ARI,
        ),
    ] = ""
