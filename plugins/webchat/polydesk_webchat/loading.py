"""The script a site embeds: the same for every visitor, with the chat's looks and invitations in it."""

from __future__ import annotations

from pathlib import Path

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from polydesk import i18n
from polydesk.i18n import _
from polydesk.types import Account
from polydesk.web.htmx import Req
from polydesk_webchat import colours, doors, invitations, words
from polydesk_webchat.settings import ChatSettings

_SOURCE = (Path(__file__).parent / "loader.js").read_text()


@get("/{key:str}/loader.js", opt={"exclude_from_csrf": True, "no_session": True}, include_in_schema=False)
async def loader(request: Req, key: FromPath[str]) -> Response[str]:
    """The script."""
    account = await doors.account_of(request, key)
    return Response(
        script(account),
        media_type="text/javascript; charset=utf-8",
        headers={
            "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


def script(account: Account) -> str:
    """The script with the account's settings filled in."""
    settings: ChatSettings = account.settings
    ground, ink = colours.pair(settings.colour)
    config = {
        "key": account.address,
        "side": settings.side,
        "scheme": settings.scheme,
        "ground": ground,
        "ink": ink,
        "rules": invitations.read(settings.invitations),
        "words": {language: _words(settings, language) for language in words.offered(settings)},
    }
    return _SOURCE.replace('"POLYDESK_CONFIG"', msgspec.json.encode(config).decode().replace("</", "<\\/"), 1)


def _words(settings: ChatSettings, language: str) -> dict[str, str]:
    with i18n.using(language):
        return {
            "open": words.say(settings, "launcher"),
            "close": _("Close the chat"),
            "title": words.say(settings, "title"),
            "dismiss": _("Not now"),
            "unread": _("{count} new"),
            "dir": i18n.direction(language),
        }


HANDLERS = [loader]
