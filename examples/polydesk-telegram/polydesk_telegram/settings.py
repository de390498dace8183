"""What an admin says about one bot."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from polydesk import N_, Choice, Field, Invalid, Text
from polydesk.i18n import _

_BOT, _WAY, _FINE = Text(N_("Bot")), Text(N_("How messages come in")), Text(N_("Fine points"))


class TelegramSettings(msgspec.Struct, kw_only=True):
    """One bot, as @BotFather made it."""

    token: Annotated[
        str,
        Field(
            label=Text(N_("Bot token")),
            help=Text(N_("From @BotFather in Telegram: /newbot, or /token for one you have.")),
            input="secret",
            autocomplete="new-password",
            group=_BOT,
        ),
    ] = ""
    way: Annotated[
        Literal["poll", "webhook"],
        Field(
            label=Text(N_("Way")),
            help=Text(N_("Fetching works everywhere. Telegram calls only desks that the internet reaches by https.")),
            input="select",
            choices=(
                Choice("poll", Text(N_("We fetch them from Telegram"))),
                Choice("webhook", Text(N_("Telegram calls us"))),
            ),
            group=_WAY,
        ),
    ] = "poll"
    secret_token: Annotated[
        str,
        msgspec.Meta(max_length=256),
        Field(
            label=Text(N_("Secret token")),
            help=Text(
                N_("Any words of yours, in letters, digits, _ and -. Telegram sends it with each call, as its proof.")
            ),
            input="secret",
            required=False,
            autocomplete="new-password",
            group=_WAY,
        ),
    ] = ""
    signed: Annotated[
        bool,
        Field(
            label=Text(N_("Show contacts who answers")),
            help=Text(N_("The agent's name stands in bold above each answer.")),
            input="checkbox",
            required=False,
            group=_FINE,
        ),
    ] = False
    per_second: Annotated[
        int,
        msgspec.Meta(ge=1, le=1000),
        Field(
            label=Text(N_("Messages a second")),
            help=Text(N_("30 unless Telegram gave the bot more.")),
            input="number",
            group=_FINE,
        ),
    ] = 30
    api_url: Annotated[
        str,
        Field(
            label=Text(N_("Address of the Bot API")),
            help=Text(N_("Change it for a Bot API server of your own.")),
            input="host",
            group=_FINE,
        ),
    ] = "https://api.telegram.org"

    def __post_init__(self) -> None:
        allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
        if not set(self.secret_token) <= allowed:
            raise Invalid({"secret_token": _("Use letters, digits, _ and - only.")})

    @property
    def bot(self) -> str:
        """The bot's id: what stands before the colon of its token, and is no secret."""
        return self.token.partition(":")[0].strip()
