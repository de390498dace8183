"""The door for services that call us: what they bring is on disk before they hear "200"."""

from __future__ import annotations

import logging
import time

from litestar import Response, route
from litestar.params import FromPath

from polydesk import db, hooks, live
from polydesk.channel import Channel
from polydesk.channels import inspecting
from polydesk.channels import service as channels
from polydesk.errors import NotFound
from polydesk.i18n import N_
from polydesk.inbound import service as inbound
from polydesk.plugins import health
from polydesk.types import Account, AccountNews, Call, CallAnswer, Fact, Text
from polydesk.web.htmx import Req

log = logging.getLogger("polydesk.webhooks")
LARGEST_CALL = 10_000_000
_ALARM_SECONDS = 30.0
MANY = 20
_alarmed: dict[tuple[int, str], float] = {}
_refused: dict[int, int] = {}
"""Refused calls since the last one that was in order."""


@route(
    ["/hooks/{channel:str}", "/hooks/{channel:str}/{rest:path}"],
    http_method=["GET", "POST"],
    exclude_from_csrf=True,
    request_max_body_size=LARGEST_CALL,
    include_in_schema=False,
)
async def webhook(request: Req, channel: FromPath[str], rest: FromPath[str] = "") -> Response[bytes]:
    """Let the channel say what a call brings, store it, then answer as the service expects."""
    found = channels.find_channel(channel)
    try:
        accounts = await channels.enabled(channel) if found else []
    except Exception:
        log.exception("the accounts of %s cannot be read", channel)
        assert found is not None
        return _answered(await found[1].unanswered(await _call(request, rest)) or CallAnswer(status=503))
    if found is None and await channels.waits(channel):
        # Its plugin is out of use (safe mode, a failed start), not switched off: the service is to come again.
        return _said(503)
    if found is None or not accounts or type(found[1]).webhook is Channel.webhook:
        return _said(404)
    plugin, it = found
    call = await _call(request, rest)
    try:
        answer = await it.webhook(call, accounts)
    except NotFound:
        return _said(404)
    except Exception as error:
        log.exception("plugin %s failed at a webhook", plugin.name)
        reason = f"{type(error).__name__}: {error}"
        await health.failed(plugin.name, f"{hooks.polydesk_channels.__name__}: webhook", reason)
        return _said(503)
    by_id = {account.id: account for account in accounts}
    try:
        if answer.deliveries:
            await inbound.take([(by_id[each.account], each.arrival) for each in answer.deliveries])
        for known in (*(each.account for each in answer.deliveries), *answer.accepted):
            _refused.pop(known, None)
        if answer.alarm is not None:
            await _alarm(answer, [by_id[each] for each in answer.alarmed if each in by_id])
    except Exception:
        # Whatever kept us from storing it: the service must keep it and come again.
        log.exception("what a webhook of %s brought could not be stored", channel)
        return _said(503)
    return _answered(answer)


def _answered(answer: CallAnswer) -> Response[bytes]:
    return Response(answer.body, status_code=answer.status, media_type=answer.media_type, headers=_HEADERS)


_HEADERS = {"Cache-Control": "no-store"}


def _said(status: int) -> Response[bytes]:
    return Response(b"", status_code=status, media_type="text/plain", headers=_HEADERS)


async def _call(request: Req, rest: str) -> Call:
    settings = request.app.state.settings
    query = request.scope.get("query_string", b"").decode("latin-1")
    return Call(
        method="POST" if request.method == "POST" else "GET",
        url=settings.address.rstrip("/")
        + request.scope.get("raw_path", b"").decode("latin-1").partition("?")[0]
        + (f"?{query}" if query else ""),
        path=rest.strip("/"),
        query=tuple((name, value) for name, value in request.query_params.multi_items()),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.body(),
        peer=request.client.host if request.client else "",
    )


async def _alarm(answer: CallAnswer, accounts: list[Account]) -> None:
    """Shown with the accounts, written now and then only: anyone may knock as often as they like.

    A remark at first. Trouble it is when nothing but refused calls comes: then the secret may have changed.
    """
    assert answer.alarm is not None
    now = time.monotonic()
    for account in accounts:
        _refused[account.id] = _refused.get(account.id, 0) + 1
        kind = account.id, answer.alarm.template
        if now - _alarmed.get(kind, -_ALARM_SECONDS) < _ALARM_SECONDS and _refused[account.id] != MANY:
            continue
        _alarmed[kind] = now
        remark = Fact(name="refused_calls", label=Text(N_("Refused calls")), value=answer.alarm, tone="warn")
        async with db.transaction():
            quiet = await db.fetch("SELECT id FROM pd_account WHERE id = {} AND trouble = ''", account.id)
            trouble = answer.alarm if quiet and _refused[account.id] >= MANY else None
            await inspecting.apply(account, AccountNews(facts=(remark,), trouble=trouble))


def _forget(_signal: live.Signal) -> None:
    _alarmed.clear()
    _refused.clear()


live.on("resync", _forget)
HANDLERS = [webhook]
