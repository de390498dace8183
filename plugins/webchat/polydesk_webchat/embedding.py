"""What the admin copies into their site, and who may embed the chat."""

from __future__ import annotations

from html import escape

from polydesk import N_, Text
from polydesk.types import Instruction
from polydesk_webchat.settings import ChatSettings


def instructions(settings: ChatSettings, desk: str) -> list[Instruction]:
    """The script, the plain link, and a page to try it on."""
    page = f"{desk}/p/webchat/{settings.key}/"
    link = f'<noscript><a href="{page}">{escape(settings.title or "Chat")}</a></noscript>'
    script = f'<script src="{page}loader.js" async></script>\n{link}'
    return [
        Instruction(
            label=Text(N_("Into every page of the site, before </body>")),
            value=script,
            help=Text(N_("It draws a button; nothing else is loaded until somebody opens the chat.")),
        ),
        Instruction(
            label=Text(N_("The chat as a page of its own")),
            value=page,
            help=Text(N_("For links in mails, and for browsers without JavaScript.")),
        ),
        Instruction(label=Text(N_("Try it on a page like a shop's")), value=f"{page}demo"),
    ]


def policy(settings: ChatSettings) -> str:
    """The content policy of the chat's page: as strict as the desk's, but the site may frame it."""
    ancestors = " ".join(["'self'", *settings.allowed()])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        f"connect-src 'self'; form-action 'self'; frame-ancestors {ancestors}; base-uri 'none'"
    )
