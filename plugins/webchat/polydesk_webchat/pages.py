"""The chat's page: whole without JavaScript, and what the script works on with it.

A cookie shows the conversation again to a browser without JavaScript; to write takes the token in the form, which no
other site can know. Where a foreign site frames the page and the cookie stays away, each form is answered by the page.
"""

from __future__ import annotations

import secrets as random
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.params import FromPath

from polydesk import i18n
from polydesk.errors import NotFound
from polydesk.i18n import _
from polydesk.scopes import service as scopes
from polydesk.types import Account, Scope
from polydesk.web import htmx
from polydesk.web.htmx import Page, Req
from polydesk_webchat import (
    api,
    colours,
    doors,
    embedding,
    leaving,
    limits,
    messages,
    saying,
    situation,
    visitors,
    words,
)
from polydesk_webchat.limits import TooMuch
from polydesk_webchat.settings import ChatSettings
from polydesk_webchat.visitors import OtherPerson, Visitor

OPEN = {"exclude_from_csrf": True, "framed": True}
_MONTH = 30 * 86400


@get("/{key:str}", opt=OPEN, include_in_schema=False)
async def page(request: Req, key: FromPath[str]) -> Page:
    """The chat."""
    account = await doors.account_of(request, key)
    token = request.cookies.get(doors.COOKIE, "")
    visitor = await visitors.by_token(account, token)
    if visitor is None:
        return await _page(request, account, None, visitors.new_token())
    return await _page(request, account, visitor, token)


@post("/{key:str}", opt=OPEN, status_code=200, include_in_schema=False)
async def form(request: Req, key: FromPath[str]) -> Response[Any]:
    """Whatever button was pressed without JavaScript."""
    account = await doors.account_of(request, key)
    typed, do = await doors.read_form(request), str((await request.form()).get("do") or "send")
    token = typed.token if visitors.TOKEN.fullmatch(typed.token) else visitors.new_token()
    said, problem, draft = "", "", typed.said.text if do != "send" else ""
    status = 200
    try:
        visitor = await visitors.by_token(account, token)
        if do == "transcript":
            await leaving.transcript(account, visitor, typed.told.email, typed.told.address)
            said = _("It is on its way to your mailbox.")
        elif do == "send" and not typed.machine:
            visitor, _external_id = await doors.take(account, typed, None)
    except TooMuch as error:
        problem, status, draft = error.words, error.status, typed.said.text
    except OtherPerson:
        problem, token, status = _("Please send that once more."), visitors.new_token(), 409
    visitor = await visitors.by_token(account, token)
    returns = visitor is not None and request.cookies.get(doors.COOKIE, "") == token
    if returns and do == "send" and not problem:
        # The cookie will bring the conversation back, and loading again asks for nothing twice.
        return Response(b"", status_code=303, media_type=MediaType.TEXT, headers={"Location": _address(request, key)})
    response = await _page(
        request, account, visitor, token, draft=draft, problem=problem, said=said, told=typed.told, status=status
    )
    if visitor is not None:
        _remember(response, account, token, https=bool(request.app.state.https))
    return response


def _address(request: Req, key: str) -> str:
    language = request.query_params.get("lang", "")
    return f"/p/webchat/{key}" + (f"?lang={language}" if language.isascii() and language.isalnum() else "") + "#end"


async def _page(
    request: Req,
    account: Account,
    visitor: Visitor | None,
    token: str,
    *,
    draft: str = "",
    problem: str = "",
    said: str = "",
    told: visitors.Told | None = None,
    status: int = 200,
) -> Page:
    settings: ChatSettings = account.settings
    now = await situation.of(account, visitor)
    place = await scopes.place(Scope(account.client, account.market))
    privacy = place.words("privacy", i18n.language())
    shown = await messages.of(account, visitor) if visitor else []
    if visitor is not None and shown:
        await saying.saw(account, visitor, shown[-1].id)
    asks, must = situation.asks(account, visitor, None, now)
    html = htmx.render(
        request,
        "webchat/chat.html",
        account=account,
        settings=settings,
        base=f"/p/webchat/{account.address}",
        token=token,
        once=random.token_urlsafe(12),
        messages=shown,
        visitor=visitor,
        now=now,
        waiting=api.waiting_words(now),
        asks=asks,
        must=must,
        draft=draft,
        problem=problem,
        said=said,
        told=told or visitors.Told(),
        say=lambda name: words.say(settings, name, privacy),
        longest=limits.LONGEST_TEXT,
        language_asked=request.query_params.get("lang", ""),
        script_words=msgspec.json.encode(_script_words()).decode(),
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": embedding.policy(settings),
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=headers)


def _script_words() -> dict[str, str]:
    return {
        "sending": _("Sending…"),
        "sent": _("Sent"),
        "taken": _("Delivered"),
        "seen": _("Read"),
        "failed": _("Not sent."),
        "again": _("Try again"),
        "offline": _("No connection. We keep trying…"),
        "typing": _("{name} is typing…"),
        "someone": _("Somebody"),
        "mailed": _("It is on its way to your mailbox."),
        "remove": _("Remove {name}"),
        "large": _("{name} is too large."),
    }


def _remember(response: Response[Any], account: Account, token: str, *, https: bool) -> None:
    path = f"/p/webchat/{account.address}"
    cookie = Cookie(doors.COOKIE, value=token, path=path, httponly=True, secure=https, samesite="lax", max_age=_MONTH)
    if not https:
        response.set_cookie(cookie)
        return
    # Partitioned: in a frame it belongs to the site around it, and browsers that block others let it be.
    framed = Cookie(doors.COOKIE, value=token, path=path, httponly=True, secure=True, samesite="none", max_age=_MONTH)
    response.headers["Set-Cookie"] = framed.to_header(header="") + "; Partitioned"


@post("/{key:str}/transcript", opt=OPEN, status_code=202, include_in_schema=False)
async def transcript(request: Req, key: FromPath[str]) -> Response[bytes]:
    """The conversation by mail, asked for by the script."""
    account = await doors.account_of(request, key)
    visitor = await visitors.by_token(account, doors.token_of(request))
    typed = await doors.read_form(request)
    try:
        await leaving.transcript(account, visitor, typed.told.email, typed.told.address)
    except TooMuch as error:
        return doors.refused(error)
    return doors.answer({}, 202)


@get("/{key:str}/theme.css", opt=OPEN | {"no_session": True}, include_in_schema=False)
async def theme(request: Req, key: FromPath[str]) -> Response[str]:
    """The account's colour."""
    account = await doors.account_of(request, key)
    return Response(
        colours.stylesheet(account.settings.colour),
        media_type="text/css; charset=utf-8",
        headers={"Cache-Control": "public, max-age=300"},
    )


@get("/{key:str}/files/{number:int}/{proof:str}", opt=OPEN, include_in_schema=False)
async def file(request: Req, key: FromPath[str], number: FromPath[int], proof: FromPath[str]) -> Response[bytes]:
    """A file of the conversation; the address itself is the proof, for some days."""
    account = await doors.account_of(request, key)
    found = await messages.file(account, number, proof)
    if found is None:
        raise NotFound(_("This link has run out. Open the chat again."))
    return download(*found)


def download(data: bytes, name: str, media_type: str) -> Response[bytes]:
    """Something to save; a picture that is one may be looked at."""
    picture = media_type in messages.PICTURES and data.startswith(_BEGINNINGS[media_type])
    headers = {
        "Content-Disposition": f"{'inline' if picture else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=86400",
    }
    return Response(data, media_type=media_type if picture else "application/octet-stream", headers=headers)


_BEGINNINGS = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}
HANDLERS = [page, form, transcript, theme, file]
