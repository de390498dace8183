"""What an admin says about one Facebook page or one Instagram account."""

from __future__ import annotations

from typing import Annotated

import msgspec

from polydesk import N_, Field, Text

_PAGE = Text(N_("Page or account"))
_ACCESS = Text(N_("Access"))
_FINE = Text(N_("Fine points"))


class PageSettings(msgspec.Struct, kw_only=True):
    """A Facebook page."""

    account_id: Annotated[
        str,
        Field(
            label=Text(N_("Page ID")),
            help=Text(N_("A number; on the page under About, Page transparency.")),
            autocomplete="off",
            group=_PAGE,
        ),
    ] = ""
    comments: Annotated[
        bool,
        Field(
            label=Text(N_("Public comments become conversations")),
            help=Text(N_("Answered by one private message each.")),
            input="checkbox",
            required=False,
            group=_PAGE,
        ),
    ] = True
    token: Annotated[
        str,
        Field(
            label=Text(N_("Access token")),
            help=Text(N_("A token of the page, made by a system user so that it does not run out.")),
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
    app_id: Annotated[
        str,
        Field(
            label=Text(N_("App ID")),
            help=Text(N_("To tell what this desk sent from what was answered elsewhere.")),
            autocomplete="off",
            group=_ACCESS,
        ),
    ] = ""
    fields: Annotated[
        str,
        Field(
            label=Text(N_("What Meta tells us of")),
            help=Text(N_("Names of webhook fields, with commas. Subscribed to again if Meta drops them.")),
            group=_FINE,
        ),
    ] = (
        "messages,messaging_postbacks,message_reactions,message_edits,message_reads,message_deliveries,"
        "message_echoes,messaging_referrals,messaging_handovers,standby,feed"
    )
    base_url: Annotated[str, Field(label=Text(N_("Address of the Graph API")), group=_FINE)] = (
        "https://graph.facebook.com"
    )
    version: Annotated[
        str,
        msgspec.Meta(pattern=r"^v\d{1,3}\.\d{1,2}$"),
        Field(label=Text(N_("Version of the Graph API")), group=_FINE),
    ] = "v26.0"


class InstagramSettings(PageSettings, kw_only=True):
    """A professional Instagram account."""

    account_id: Annotated[
        str,
        Field(
            label=Text(N_("Instagram account ID")),
            help=Text(N_("The number of the professional account, as the app's Instagram settings show it.")),
            autocomplete="off",
            group=_PAGE,
        ),
    ] = ""
    page_id: Annotated[
        str,
        Field(
            label=Text(N_("ID of the linked Facebook page")),
            help=Text(
                N_(
                    "Only when the token is the page's; then the address of the Graph API is "
                    "https://graph.facebook.com. Leave empty with Instagram login."
                )
            ),
            required=False,
            autocomplete="off",
            group=_PAGE,
        ),
    ] = ""
    fields: Annotated[
        str,
        Field(
            label=Text(N_("What Meta tells us of")),
            help=Text(N_("Names of webhook fields, with commas. Subscribed to again if Meta drops them.")),
            group=_FINE,
        ),
    ] = "messages,message_reactions,messaging_seen,messaging_postbacks,messaging_referral,standby,comments"
    base_url: Annotated[str, Field(label=Text(N_("Address of the Graph API")), group=_FINE)] = (
        "https://graph.instagram.com"
    )
