"""What the chat's own script asks for. The visitor's token travels in a header."""

from __future__ import annotations

import time
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from polydesk import i18n, live
from polydesk.errors import NotFound
from polydesk.i18n import _
from polydesk.types import Account
from polydesk.web import htmx
from polydesk.web.htmx import Req
from polydesk_webchat import doors, hub, messages, saying, situation, visitors
from polydesk_webchat.identity import Identity
from polydesk_webchat.limits import TooMuch
from polydesk_webchat.messages import Sent
from polydesk_webchat.visitors import OtherPerson, Told, Visitor

OPEN = {"exclude_from_csrf": True}
_TYPING_EVERY = 2.0
_typed: dict[int, float] = {}


class Sign(msgspec.Struct, kw_only=True):
    """A passing sign from the visitor's page."""

    typing: bool = False
    seen: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0
    page: str = ""
    title: str = ""


@get("/{key:str}/messages", opt=OPEN, include_in_schema=False)
async def conversation(request: Req, key: FromPath[str]) -> Response[bytes]:
    """What is new since a message, and how things stand."""
    account = await doors.account_of(request, key)
    try:
        proven = doors.identity_of(request, account)
        visitor = await visitors.by_token(account, doors.token_of(request))
        if proven and (visitor is None or visitor.person != proven.sub):
            visitor = await _recognised(request, account, visitor)
    except (TooMuch, OtherPerson) as error:
        return doors.refused(error)
    after = request.query_params.get("after", "0")
    return doors.answer(
        await _state(request, account, visitor, proven, int(after) if after.isdecimal() and len(after) < 18 else 0)
    )


async def _recognised(request: Req, account: Account, visitor: Visitor | None) -> Visitor | None:
    """Somebody the site vouches for, in a browser that does not know their chat yet; None when they have none."""
    proven = doors.identity_of(request, account)
    token = doors.token_of(request)
    if proven is None or not visitors.TOKEN.fullmatch(token):
        return visitor
    if visitor is None and not await visitors.has_person(account, proven.sub):
        return None
    return await visitors.admit(account, token, Told(), proven)


async def _state(
    request: Req, account: Account, visitor: Visitor | None, proven: Identity | None, after: int
) -> dict[str, Any]:
    now = await situation.of(account, visitor)
    asks, must = situation.asks(account, visitor, proven, now)
    sent = await messages.of(account, visitor, after) if visitor else []
    known = await messages.progress(visitor) if visitor else messages.Progress()
    return {
        "known": visitor is not None,
        "messages": [{"id": each.id, "mine": each.mine, "html": _html(request, each)} for each in sent],
        "taken": known.taken,
        "seen": known.seen,
        "away": now.away,
        "agent": now.agent,
        "status": waiting_words(now),
        "asks": asks,
        "must": must,
    }


def waiting_words(now: situation.Situation) -> str:
    """The place in the queue, in words; "" when nobody waits."""
    if not now.position:
        return ""
    if now.position == 1:
        said = _("You are next.")
    else:
        said = _("You are number %(position)s in the queue.", position=i18n.number(now.position))
    if now.expected is None:
        return said
    minutes = max(1, round(now.expected / 60))
    about = i18n.ngettext("About %(num)s minute.", "About %(num)s minutes.", minutes)
    return f"{said} {about}"


def _html(request: Req, message: Sent) -> str:
    return htmx.render(
        request, "webchat/message.html", message=message, base=f"/p/webchat/{request.path_params['key']}"
    )


@post("/{key:str}/messages", opt=OPEN, status_code=201, include_in_schema=False)
async def send(request: Req, key: FromPath[str]) -> Response[bytes]:
    """The visitor says something."""
    account = await doors.account_of(request, key)
    try:
        proven = doors.identity_of(request, account)
        typed = await doors.read_form(request)
        if typed.machine:
            return doors.answer({}, 201)
        visitor, external_id = await doors.take(account, typed, proven)
    except (TooMuch, OtherPerson) as error:
        return doors.refused(error)
    sent = await messages.named(account, visitor.id, external_id)
    assert sent is not None
    return doors.answer({"message": {"id": sent.id, "mine": True, "html": _html(request, sent)}}, 201)


@get("/{key:str}/events", opt=OPEN, include_in_schema=False)
async def events(request: Req, key: FromPath[str]) -> Stream:
    """That something changed, for as long as the page is open."""
    account = await doors.account_of(request, key)
    visitor = await visitors.by_token(account, doors.token_of(request))
    if visitor is None:
        raise NotFound()
    return Stream(
        hub.stream(visitor, request.app.state.stopping),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache, no-store", "X-Accel-Buffering": "no"},
    )


@post("/{key:str}/signs", opt=OPEN, status_code=204, include_in_schema=False)
async def signs(request: Req, key: FromPath[str]) -> None:
    """Typing, seen, went to another page."""
    account = await doors.account_of(request, key)
    visitor = await visitors.by_token(account, doors.token_of(request))
    if visitor is None or visitor.blocked:
        return
    try:
        sign = msgspec.json.decode(await request.body(), type=Sign)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if sign.typing and visitor.conversation is not None and _may_type(visitor.id):
        live.signal(visitor.client, "typing", visitor.conversation)
    if sign.seen:
        await saying.saw(account, visitor, sign.seen)
    if sign.page:
        await visitors.told(visitor, Told(page=sign.page, title=sign.title))


def _may_type(visitor: int) -> bool:
    now = time.monotonic()
    if len(_typed) > 10_000:
        _typed.clear()
    if now - _typed.get(visitor, 0.0) < _TYPING_EVERY:
        return False
    _typed[visitor] = now
    return True


HANDLERS = [conversation, send, events, signs]
