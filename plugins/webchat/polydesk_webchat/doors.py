"""What every request of a visitor goes through: which chat, which visitor, in which language."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile

from polydesk import i18n, themes
from polydesk.channels import service as channels
from polydesk.errors import NotFound
from polydesk.i18n import _
from polydesk.types import Account, Scope
from polydesk.web import htmx
from polydesk.web.forms import EMAIL
from polydesk.web.htmx import Req
from polydesk_webchat import identity, limits, saying, situation, visitors, words
from polydesk_webchat.identity import Forged, Identity
from polydesk_webchat.limits import TooMuch
from polydesk_webchat.saying import Said
from polydesk_webchat.settings import ChatSettings
from polydesk_webchat.visitors import OtherPerson, Told, Visitor

COOKIE = "pd_chat"


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What a form of the chat holds."""

    token: str = ""
    said: Said
    told: Told
    machine: bool = False


async def account_of(request: Req, key: str) -> Account:
    """The chat of this address; from here on the visitor's language is spoken."""
    account = await channels.at("webchat", key)
    if account is None:
        raise NotFound(_("This chat does not exist, or it is switched off."))
    settings: ChatSettings = account.settings
    language = words.choose(settings, request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
    i18n.set_reader(language, settings.zone)
    htmx.wear(request, await themes.worn_at(Scope(account.client, account.market)))
    return account


def token_of(request: Req) -> str:
    """What a script proves its visitor with; never part of an address, which ends up in logs."""
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""


def identity_of(request: Req, account: Account) -> Identity | None:
    """Whom the site vouches for. Raises `TooMuch` when it is forged or too old."""
    given = request.headers.get("x-polydesk-identity", "")
    if not given:
        return None
    try:
        return identity.check(given, account.settings.secret)
    except Forged as reason:
        raise TooMuch(f"identity: {reason}", status=401) from None


async def read_form(request: Req) -> Typed:
    """The form, whatever sent it."""
    form = await request.form()

    def field(name: str, most: int) -> str:
        value = form.get(name)
        return value.replace("\x00", "").strip()[:most] if isinstance(value, str) else ""

    files = [each for each in form.getall("files", []) if isinstance(each, UploadFile) and each.filename]
    choice, _bar, label = field("choice", 1000).partition("\n")
    return Typed(
        token=token_of(request) or field("token", 100),
        said=Said(
            once=field("once", 64),
            text=label or field("text", limits.LONGEST_TEXT + 1),
            choice=choice,
            invitation=field("invitation", 300),
            files=tuple(
                [(each.filename[:300], each.content_type or "", await each.read()) for each in files[:20]]
                if not label
                else []
            ),
        ),
        told=Told(
            name=field("name", 200),
            email=field("email", 300),
            language=i18n.language(),
            browser=browser_of(request.headers.get("user-agent", "")),
            page=field("page", 1000),
            title=field("title", 300),
            address=limits.hashed(request.client.host if request.client else ""),
        ),
        # People do not see this field; what fills in everything does.
        machine=bool(field("website", 10)),
    )


async def take(account: Account, typed: Typed, proven: Identity | None) -> tuple[Visitor, str]:
    """Keep what was said; whose it is and the message's external id. Raises `TooMuch` or `OtherPerson`."""
    known = await visitors.by_token(account, typed.token)
    email = typed.told.email
    if email and not EMAIL.fullmatch(email):
        raise TooMuch(_("Enter an email address such as ana@example.com."), status=422)
    if not visitors.TOKEN.fullmatch(typed.token):
        raise TooMuch(_("Please load this page again."), status=422)
    now = await situation.of(account, known)
    if situation.asks(account, known, proven, now)[1] and not email:
        raise TooMuch(_("Please leave an e-mail address, so that we can answer."), status=422)
    if known is None:
        await limits.new_chat(account, typed.told.address)
    visitor = await visitors.admit(account, typed.token, typed.told, proven)
    await visitors.told(visitor, typed.told)
    visitor = await visitors.by_id(visitor.id) or visitor
    said = msgspec.structs.replace(typed.said, away=now.away)
    return visitor, await saying.say(account, visitor, said, typed.told.address)


def refused(error: TooMuch | OtherPerson) -> Response[bytes]:
    """Why not, for a script."""
    if isinstance(error, OtherPerson):
        return answer({"error": "other"}, 409)
    headers = {"Retry-After": str(int(error.after) + 1)} if error.after else {}
    return answer({"error": error.words, "after": error.after}, error.status, headers)


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """JSON for the chat's own script."""
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


_BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def browser_of(agent: str) -> str:
    """A browser's name and system as people say them: "Firefox, Windows"."""
    names = [next((name for mark, name in known.items() if mark in agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, names))
