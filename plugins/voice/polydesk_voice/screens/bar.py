"""The call bar above every screen: who calls, what can be done, and the wrap-up."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath

from polydesk import db
from polydesk.channels import service as channels
from polydesk.contacts import service as contacts
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk.staff.access import Viewer
from polydesk.types import Scope
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req
from polydesk_voice.calls import desk_view, originate, talking, wrapping_up
from polydesk_voice.lists import never

TALK = "voice.talk"


async def slot(_scope: Scope, context: dict[str, Any]) -> dict[str, Any]:
    """For every screen; empty, but listening, while there is no call."""
    viewer: Viewer = context["viewer"]
    return await _values(viewer) if viewer.can(TALK) else {"may": False}


@get("/bar", guards=[guards.may(TALK)], include_in_schema=False)
async def bar(request: Req) -> Page:
    """The bar alone, when something changed."""
    viewer = cast(Viewer, request.user)
    return htmx.fragment(htmx.render(request, "voice/bar.html", **await _values(viewer)))


@post("/calls/{call:int}/{verb:str}", guards=[guards.may(TALK)], include_in_schema=False)
async def act(request: Req, call: FromPath[int], verb: FromPath[str]) -> Page | Response[bytes]:
    """One button of the bar."""
    viewer = cast(Viewer, request.user)
    typed = {name: str(value) for name, value in (await request.form()).items()}
    problem = ""
    try:
        await _do(viewer, call, verb, typed)
    except Invalid as error:
        problem = " ".join(error.fields.values()) or str(error)
    except NotFound as error:
        problem = str(error)
    if htmx.target(request) == "voice-bar":
        return htmx.fragment(htmx.render(request, "voice/bar.html", **await _values(viewer, problem)))
    return htmx.redirect(htmx.here(typed.get("back", ""), "/inbox"), problem)


async def _do(viewer: Viewer, call: int, verb: str, typed: dict[str, str]) -> None:
    match verb:
        case "hold" | "resume":
            await talking.hold(viewer, call, verb == "hold")
        case "mute" | "unmute":
            await talking.mute(viewer, call, verb == "mute")
        case "pause" | "record":
            await talking.pause_recording(viewer, call, verb == "pause")
        case "hang-up":
            await talking.hang_up(viewer, call)
        case "transfer":
            await _transfer(viewer, call, typed)
        case "complete":
            await talking.complete(viewer, call)
        case "together":
            await talking.together(viewer, call)
        case "send-away":
            await talking.send_away(viewer, call)
        case "wrap-up":
            await _wrap_up(viewer, call, typed)
        case "more-time":
            await wrapping_up.more_time(viewer, call)
        case _:
            raise NotFound()


async def _transfer(viewer: Viewer, call: int, typed: dict[str, str]) -> None:
    way, to = typed.get("way", "blind"), typed.get("to", "")
    kind, _colon, id = to.partition(":")
    if kind == "queue" and way != "blind":
        raise Invalid(message=_("A queue can only be transferred to at once: nobody in it can be spoken to first."))
    if kind == "queue":
        await talking.to_queue(viewer, call, whole(id) or 0)
        return
    if way not in ("blind", "warm", "conference"):
        raise NotFound()
    chosen = cast(talking.Transfer, way)
    if kind == "person":
        await talking.bring_in(viewer, call, person=whole(id), way=chosen)
    elif typed.get("number", "").strip():
        await talking.bring_in(viewer, call, number=typed["number"], way=chosen)
    else:
        raise Invalid(message=_("Choose whom to transfer to, or enter a number."))


async def _wrap_up(viewer: Viewer, call: int, typed: dict[str, str]) -> None:
    resolved = {"yes": True, "no": False}.get(typed.get("resolved", ""))
    promised = None
    if typed.get("callback_at"):
        try:
            promised = datetime.fromisoformat(typed["callback_at"]).replace(tzinfo=ZoneInfo(viewer.time_zone))
        except ValueError:
            raise Invalid(message=_("Enter when to call back.")) from None
    if promised is not None and not typed.get("result"):
        raise Invalid(message=_("Choose the result that promises the call."))
    await wrapping_up.finish(
        viewer,
        call,
        category=typed.get("category", ""),
        resolved=resolved,
        keep_open=bool(typed.get("keep_open")),
        result=typed.get("result", ""),
        callback_at=promised,
    )


@post("/calls", guards=[guards.may(TALK)], include_in_schema=False)
async def start(request: Req) -> Response[bytes]:
    """Click to call: one's own phone rings first."""
    viewer = cast(Viewer, request.user)
    typed = await request.form()
    contact = await contacts.get_contact(viewer, whole(typed.get("contact")) or 0)
    account = await channels.load(whole(typed.get("account")) or 0)
    if (
        account.channel != "voice"
        or account.client != contact.client
        or not viewer.sees(account.client, account.market)
    ):
        raise NotFound()
    viewer.require(TALK, account.client, account.market)
    number = str(typed.get("number", ""))
    if number not in {handle.value for handle in contact.handles}:
        raise NotFound()
    conversation = whole(typed.get("conversation"))
    if conversation is not None and not await _is_theirs(viewer, conversation, contact.id):
        raise NotFound()
    back = htmx.here(str(typed.get("back", "")), f"/contacts/{contact.id}")
    if await never.holds(contact.client, number):
        return htmx.redirect(back, _("This number is on the list of those nobody may call."))
    try:
        await originate.start(account, viewer.id, number, contact=contact.id, conversation=conversation)
    except Invalid as error:
        return htmx.redirect(back, str(error))
    return htmx.redirect(back, _("Your telephone rings; then they are called."))


async def click_to_call(_scope: Scope, context: dict[str, Any]) -> dict[str, Any] | None:
    """A button for each number of a contact, where there is a line to call from."""
    contact = context["contact"]
    conversation = context.get("conversation")
    numbers = [handle.value for handle in contact.handles if handle.kind in ("phone", "whatsapp")]
    numbers = [number for number in dict.fromkeys(numbers) if number.startswith("+")]
    if not numbers:
        return None
    lines = await db.fetch(
        "SELECT id, name, address FROM pd_account WHERE client = {} AND channel = 'voice' AND enabled = {} "
        "AND (market IS NULL OR market = {}) ORDER BY CASE WHEN market IS NULL THEN 1 ELSE 0 END, id LIMIT 5",
        contact.client,
        True,
        contact.market,
    )
    if not lines:
        return None
    return {
        "numbers": numbers,
        "lines": lines,
        "contact": contact,
        "conversation": conversation.id if conversation is not None else None,
    }


async def _is_theirs(viewer: Viewer, conversation: int, contact: int) -> bool:
    return bool(
        await db.fetch(
            f"SELECT v.id FROM pd_conversation v WHERE v.id = {{}} AND v.contact = {{}} AND ({viewer.bound('v')})",
            conversation,
            contact,
        )
    )


async def _values(viewer: Viewer, problem: str = "") -> dict[str, Any]:
    found = await desk_view.bar(viewer)
    targets: dict[str, Any] = {"queues": [], "people": []}
    if found is not None and found.phone.state == "talking":
        targets["queues"] = [
            queue for queue in await queues.list_queues(viewer) if queue.client == found.call["client"]
        ]
        targets["people"] = await db.fetch(
            "SELECT p.id, p.name FROM voice_phone f JOIN pd_person p ON p.id = f.person WHERE f.state = 'idle' "
            "AND f.endpoint <> '' AND p.presence = 'ready' AND p.active = {} AND p.id <> {} AND (p.is_owner = {} OR "
            "EXISTS (SELECT 1 FROM pd_membership m WHERE m.person = p.id AND m.client = {} "
            "AND (m.market IS NULL OR m.market = {}))) ORDER BY p.name LIMIT 200",
            True,
            viewer.id,
            True,
            found.call["client"],
            found.call["market"],
        )
    return {"bar": found, "may": True, "problem": problem, **targets}


HANDLERS = [bar, act, start]
