"""What an admin says about one mailbox. The form is made from this; a secret is encrypted at rest by the core."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from polydesk import N_, Choice, Field, Text

Security = Literal["tls", "starttls", "none"]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]

_ADDRESS = Text(N_("Address"))
_INCOMING = Text(N_("Incoming mail (IMAP)"))
_OUTGOING = Text(N_("Outgoing mail (SMTP)"))
_SIGN_IN = Text(N_("Signing in with OAuth"))
_REPLIES = Text(N_("Replies and trust"))
_SECURITY = (
    Choice("tls", Text(N_("TLS from the start"))),
    Choice("starttls", Text(N_("STARTTLS"))),
    Choice("none", Text(N_("No encryption (only inside one's own network)"))),
)
_METHODS = (
    Choice("password", Text(N_("Password or app password"))),
    Choice("oauth", Text(N_("OAuth (XOAUTH2)"))),
)


class MailSettings(msgspec.Struct, kw_only=True):
    """One mailbox that receives and one server that sends."""

    address: Annotated[
        str,
        Field(
            label=Text(N_("Mail address")),
            help=Text(N_("What customers write to, and what answers come from.")),
            input="email",
            placeholder="support@example.com",
            group=_ADDRESS,
        ),
    ] = ""
    sender_name: Annotated[
        str,
        Field(
            label=Text(N_("Sender name")),
            help=Text(N_("Shown to customers beside the address, e.g. the name of the shop.")),
            required=False,
            group=_ADDRESS,
        ),
    ] = ""

    imap_host: Annotated[
        str, Field(label=Text(N_("IMAP server")), input="host", placeholder="imap.example.com", group=_INCOMING)
    ] = ""
    imap_port: Annotated[
        Port,
        Field(
            label=Text(N_("IMAP port")),
            help=Text(N_("993 with TLS, 143 with STARTTLS.")),
            input="number",
            group=_INCOMING,
        ),
    ] = 993
    imap_security: Annotated[
        Security, Field(label=Text(N_("Encryption")), input="select", choices=_SECURITY, group=_INCOMING)
    ] = "tls"
    imap_user: Annotated[
        str,
        Field(
            label=Text(N_("User name")),
            help=Text(N_("Often the whole mail address.")),
            autocomplete="off",
            group=_INCOMING,
        ),
    ] = ""
    imap_password: Annotated[
        str,
        Field(label=Text(N_("Password")), input="secret", required=False, autocomplete="new-password", group=_INCOMING),
    ] = ""
    folder: Annotated[str, Field(label=Text(N_("Folder to read")), group=_INCOMING)] = "INBOX"
    start_with: Annotated[
        Literal["all", "new"],
        Field(
            label=Text(N_("At the first connection")),
            input="select",
            choices=(
                Choice("all", Text(N_("Take in everything in the folder"))),
                Choice("new", Text(N_("Take in only mail that arrives from now on"))),
            ),
            group=_INCOMING,
        ),
    ] = "all"
    after_fetch: Annotated[
        Literal["leave", "seen", "move"],
        Field(
            label=Text(N_("After a mail was stored here")),
            help=Text(N_("What has been read is remembered here, so people may use the mailbox too.")),
            input="select",
            choices=(
                Choice("leave", Text(N_("Leave it as it is"))),
                Choice("seen", Text(N_("Mark it as read"))),
                Choice("move", Text(N_("Move it to another folder"))),
            ),
            group=_INCOMING,
        ),
    ] = "leave"
    move_to: Annotated[
        str, Field(label=Text(N_("Folder to move to")), required=False, placeholder="Polydesk", group=_INCOMING)
    ] = ""
    idle: Annotated[
        bool,
        Field(
            label=Text(N_("Be told of new mail at once (IDLE)")),
            help=Text(N_("If the server cannot do this, it is asked again and again.")),
            input="checkbox",
            required=False,
            group=_INCOMING,
        ),
    ] = True
    poll_seconds: Annotated[
        int,
        msgspec.Meta(ge=1, le=3600),
        Field(label=Text(N_("Seconds between two looks without IDLE")), input="number", group=_INCOMING),
    ] = 60
    max_megabytes: Annotated[
        int,
        msgspec.Meta(ge=1, le=60),
        Field(
            label=Text(N_("Largest mail to fetch whole, in MB")),
            help=Text(N_("Of a larger one only the beginning is fetched; the rest stays in the mailbox.")),
            input="number",
            group=_INCOMING,
        ),
    ] = 50

    smtp_host: Annotated[
        str, Field(label=Text(N_("SMTP server")), input="host", placeholder="smtp.example.com", group=_OUTGOING)
    ] = ""
    smtp_port: Annotated[
        Port,
        Field(
            label=Text(N_("SMTP port")),
            help=Text(N_("587 with STARTTLS, 465 with TLS.")),
            input="number",
            group=_OUTGOING,
        ),
    ] = 587
    smtp_security: Annotated[
        Security, Field(label=Text(N_("Encryption")), input="select", choices=_SECURITY, group=_OUTGOING)
    ] = "starttls"
    smtp_user: Annotated[
        str,
        Field(
            label=Text(N_("User name")),
            help=Text(N_("Leave empty if the server asks for none.")),
            required=False,
            autocomplete="off",
            group=_OUTGOING,
        ),
    ] = ""
    smtp_password: Annotated[
        str,
        Field(label=Text(N_("Password")), input="secret", required=False, autocomplete="new-password", group=_OUTGOING),
    ] = ""

    sign_in: Annotated[
        Literal["password", "oauth"],
        Field(
            label=Text(N_("Way of signing in")),
            help=Text(N_("Microsoft 365 takes no passwords for reading mail any more.")),
            input="select",
            choices=_METHODS,
            group=_SIGN_IN,
        ),
    ] = "password"
    oauth_token_url: Annotated[
        str,
        Field(
            label=Text(N_("Token address")),
            required=False,
            placeholder="https://login.microsoftonline.com/TENANT/oauth2/v2.0/token",
            group=_SIGN_IN,
        ),
    ] = ""
    oauth_client_id: Annotated[
        str, Field(label=Text(N_("Application (client) ID")), required=False, autocomplete="off", group=_SIGN_IN)
    ] = ""
    oauth_client_secret: Annotated[
        str, Field(label=Text(N_("Client secret")), input="secret", required=False, group=_SIGN_IN)
    ] = ""
    oauth_refresh_token: Annotated[
        str,
        Field(
            label=Text(N_("Refresh token")),
            help=Text(N_("Leave empty if the application itself was given the right to the mailbox.")),
            input="secret",
            required=False,
            group=_SIGN_IN,
        ),
    ] = ""
    oauth_scope: Annotated[
        str,
        Field(
            label=Text(N_("Scope")),
            required=False,
            placeholder="https://outlook.office365.com/.default",
            group=_SIGN_IN,
        ),
    ] = ""
    trusted_certificate: Annotated[
        str,
        Field(
            label=Text(N_("Certificate to trust")),
            help=Text(
                N_("For own servers with a certificate of their own: paste it here (PEM). Otherwise leave empty.")
            ),
            input="textarea",
            required=False,
            group=_REPLIES,
        ),
    ] = ""
    plus_addresses: Annotated[
        bool,
        Field(
            label=Text(N_("Answers come to address+code")),
            help=Text(N_("The surest way to find the conversation. Mail to support+anything@ must reach support@.")),
            input="checkbox",
            required=False,
            group=_REPLIES,
        ),
    ] = False
    reply_domain: Annotated[
        str,
        Field(
            label=Text(N_("Domain for answers")),
            help=Text(N_("Instead of plus addresses: a domain all of whose mail arrives in this mailbox.")),
            input="host",
            required=False,
            placeholder="reply.example.com",
            group=_REPLIES,
        ),
    ] = ""
    mark_subject: Annotated[
        bool,
        Field(
            label=Text(N_("Put the conversation number into the subject")),
            input="checkbox",
            required=False,
            group=_REPLIES,
        ),
    ] = True
    web_forms: Annotated[
        bool,
        Field(
            label=Text(N_("Web forms write here from a no-reply address")),
            help=Text(N_("Then whoever is named in Reply-To is taken for the sender.")),
            input="checkbox",
            required=False,
            group=_REPLIES,
        ),
    ] = False
    trusted_authserv: Annotated[
        str,
        Field(
            label=Text(N_("Name of our server in Authentication-Results")),
            help=Text(N_("Only what this server says about a sender is believed. Leave empty if it says nothing.")),
            required=False,
            placeholder="mx.example.com",
            group=_REPLIES,
        ),
    ] = ""
