"""Working through a list: who is next, what is known of them, call or leave them for later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from polydesk import db
from polydesk.errors import Forbidden, Invalid
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req
from polydesk_voice.lists import dialling, outcomes, service
from polydesk_voice.lists import next as coming
from polydesk_voice.lists.service import DialList
from polydesk_voice.phones import service as phones
from polydesk_voice.screens.lists import attempt_name

REASONS = 5


@get("/lists/{number:int}/work", guards=[guards.signed_in], include_in_schema=False)
async def work(request: Req, number: FromPath[int]) -> Page:
    """Who is before one, or is being called."""
    return await _page(request, number)


@post("/lists/{number:int}/work", guards=[guards.signed_in], include_in_schema=False)
async def act(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Call them, skip them, or stop."""
    viewer = cast(Viewer, request.user)
    it = await _mine(viewer, number)
    typed = await request.form()
    entry = whole(typed.get("entry", "")) or 0
    try:
        match str(typed.get("do", "")):
            case "call":
                await dialling.by_hand(viewer, it, entry)
            case "skip":
                reason = str(typed.get("other", "")).strip() or str(typed.get("reason", ""))
                await dialling.skip(viewer, it, entry, reason)
            case "stop":
                await dialling.let_go(viewer, it)
                return htmx.redirect("/p/voice/lists", _("Whoever was before you is anybody’s again."))
    except Invalid as problem:
        return await _page(request, number, str(problem))
    return htmx.redirect(f"/p/voice/lists/{number}/work")


async def _mine(viewer: Viewer, number: int) -> DialList:
    it = await service.get(viewer, number)
    if not await service.works_on(viewer, it):
        raise Forbidden(_("Only those who work in its queue work through a list."))
    return it


async def _page(request: Req, number: int, problem: str = "") -> Page:
    viewer = cast(Viewer, request.user)
    it = await _mine(viewer, number)
    now = datetime.now(UTC)
    phone = await phones.of(viewer.id)
    calling = await _calling(it, viewer.id, phone.call)
    entry = calling
    if entry is None and it.state == "running" and it.settings.pacing == "preview":
        entry = await coming.take(it, viewer.id, now)
    return await htmx.page(
        request,
        "voice/list_work.html",
        status=422 if problem else 200,
        it=it,
        entry=entry,
        calling=calling is not None,
        phone=phone,
        facts=msgspec.json.decode(entry["facts"] or "{}") if entry else {},
        clocks=_clocks(entry, now) if entry else [],
        attempts=await outcomes.attempts(entry["id"]) if entry else [],
        before=await _before(viewer, entry) if entry else [],
        reasons=(_("Wrong time for them"), _("Is being dealt with already"), _("Something is missing"), _("Other")),
        attempt_name=attempt_name,
        problem=problem,
        left=it.counts.get("waiting", 0),
    )


async def _calling(it: DialList, person: int, call: int | None) -> dict[str, Any] | None:
    if call is None:
        return None
    rows = await db.fetch(
        "SELECT e.*, c.conversation FROM voice_list_entry e JOIN voice_call c ON c.list_entry = e.id "
        "WHERE e.list = {} AND c.id = {}",
        it.id,
        call,
    )
    return rows[0] if rows else None


def _clocks(entry: dict[str, Any], now: datetime) -> list[tuple[str, str]]:
    """What time it is where they are."""
    return [
        (zone.rpartition("/")[2].replace("_", " "), now.astimezone(ZoneInfo(zone)).strftime("%H:%M"))
        for zone in entry["time_zones"].split()
    ]


async def _before(viewer: Viewer, entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Their last conversations that the viewer may see."""
    if entry["contact"] is None:
        return []
    return await db.fetch(
        "SELECT v.id, v.subject, v.channel, v.status, v.last_at, v.category FROM pd_conversation v "
        f"WHERE v.contact = {{}} AND ({viewer.bound('v')}) ORDER BY v.last_at DESC LIMIT 5",
        entry["contact"],
    )


HANDLERS = [work, act]
