"""What a chat says in the visitor's language: the admin's own words, else the catalogue's."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from polydesk import i18n
from polydesk.errors import Invalid
from polydesk.i18n import _

if TYPE_CHECKING:
    from polydesk_webchat.settings import ChatSettings

NAMES = ("title", "greeting", "away", "launcher", "privacy")
_LINE = re.compile(r"([A-Za-z]{2,3}(?:-\w+)?)\.(\w+)\s*=\s*(.+)")


def read(lines: str) -> dict[tuple[str, str], str]:
    """Lines such as "fr.greeting = Bonjour !", by language and name. Raises `Invalid` naming the line."""
    found = {}
    for line in filter(None, (each.strip() for each in lines.splitlines())):
        matched = _LINE.fullmatch(line)
        if matched is None or matched[2] not in NAMES:
            raise Invalid({"texts": _("“%(line)s” is not understood: write “fr.greeting = Bonjour !”.", line=line)})
        found[matched[1].lower(), matched[2]] = matched[3]
    return found


def offered(settings: ChatSettings) -> list[str]:
    """The languages a chat speaks: those chosen of those it has words for."""
    known = list(i18n.languages())
    own = {language for language, _name in read(settings.texts)}
    chosen = [each for each in settings.languages if each in known or each.lower() in own]
    return chosen or known


def choose(settings: ChatSettings, wanted: str, accepted: str) -> str:
    """The language to speak: the one the page names, else the first the browser asks for that is offered."""
    languages = offered(settings)
    asked = [wanted, *(part.split(";")[0].strip() for part in accepted.split(","))]
    for each in filter(None, asked):
        for code in (each.lower(), each.lower().split("-")[0]):
            if found := next((one for one in languages if one.lower() == code), None):
                return found
    return languages[0]


def say(settings: ChatSettings, name: str, privacy: str = "") -> str:
    """One of `NAMES` in the reader's language; `privacy` is what the client or market says, where the chat does not."""
    own = read(settings.texts)
    language = i18n.language().lower()
    if given := own.get((language, name)) or own.get((language.split("-")[0], name)):
        return given
    if name in ("title", "greeting") and (plain := getattr(settings, name)):
        return str(plain)
    return {
        "title": _("Chat with us"),
        "greeting": _("Hello! How can we help?"),
        "away": _("We are not here right now. Leave a message and we will answer by e-mail."),
        "launcher": _("Chat with us"),
        "privacy": privacy,
    }[name]


def zone(name: str) -> tzinfo | None:
    """A time zone by its name; None when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
