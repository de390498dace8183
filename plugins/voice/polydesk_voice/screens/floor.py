"""The live floor, the wallboard, and a supervisor's ear."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req
from polydesk_voice.calls import floor as floors
from polydesk_voice.calls import talking
from polydesk_voice.calls.floor import Floor
from polydesk_voice.queueing import saying

FLOOR, MONITOR = "voice.floor", "voice.monitor"


def states() -> dict[str, str]:
    """What a call is doing."""
    return {
        "menu": _("In the menu"),
        "queued": _("Waiting"),
        "ringing": _("Phone rings"),
        "talking": _("Talking"),
        "held": _("On hold"),
        "message": _("Leaves a message"),
        "dialling": _("Being called"),
    }


def agent_states() -> dict[str, str]:
    """What an agent is doing."""
    return {
        "ready": _("Ready"),
        "away": _("Away"),
        "offline": _("Offline"),
        "ringing": _("Phone rings"),
        "talking": _("Talking"),
        "wrapping_up": _("Wrap-up"),
    }


@get("/", guards=[guards.signed_in], include_in_schema=False)
async def floor(request: Req) -> Page | Response[bytes]:
    """For supervisors; agents have their telephone there."""
    viewer = cast(Viewer, request.user)
    if not viewer.can(FLOOR):
        return htmx.redirect("/p/voice/phone")
    found = await floors.floor(viewer)
    return await htmx.page(
        request,
        "voice/floor.html",
        floor=found,
        names={queue.id: queue.name for queue in found.queues},
        outcomes={queue.id: await saying.when_nobody_answers(queue.settings) for queue in found.queues},
        states=states(),
        agent_states=agent_states(),
        may_monitor=viewer.can(MONITOR),
    )


@post("/floor/{call:int}/{mode:str}", guards=[guards.may(MONITOR)], include_in_schema=False)
async def monitor(request: Req, call: FromPath[int], mode: FromPath[str]) -> Response[bytes]:
    """Listen, whisper or join in: one's own phone rings."""
    if mode not in ("listen", "whisper", "talk"):
        raise NotFound()
    try:
        await talking.monitor(cast(Viewer, request.user), call, cast(talking.Mode, mode))
    except Invalid as error:
        return htmx.redirect("/p/voice", str(error))
    return htmx.redirect("/p/voice")


@get("/wallboard", guards=[guards.may(FLOOR)], include_in_schema=False)
async def wallboard(request: Req) -> Page:
    """Big enough to be read from ten metres; `?queue=` shows one alone."""
    only = whole(request.query_params.get("queue", ""))
    found = await floors.floor(cast(Viewer, request.user), only)
    if only is not None and not found.queues:
        raise NotFound()
    return await htmx.page(
        request,
        "voice/wallboard.html",
        floor=found,
        only=only,
        names={queue.id: queue.name for queue in found.queues},
        levels=_levels(found),
        too_long=_too_long(found),
    )


def _levels(found: Floor) -> list[tuple[tuple[int, int], float | None]]:
    """Each goal over all queues shown that have it: answered and lost are added up, never percentages."""
    sums: dict[tuple[int, int], list[float]] = {}
    for queue in found.queues:
        for target, today, _lately in queue.figures.levels():
            over = sums.setdefault(target, [0.0, 0.0])
            over[0] += today.numerator
            over[1] += today.denominator
    return [(target, over / of if of else None) for target, (over, of) in sums.items()][:2]


def _too_long(found: Floor) -> bool:
    """Does anybody wait longer than the longest goal of their queue?"""
    now = datetime.now(UTC)
    return any(
        queue.longest_since is not None
        and (now - queue.longest_since).total_seconds() > max((each[1] for each in queue.settings.targets), default=1e9)
        for queue in found.queues
    )


HANDLERS: list[Any] = [floor, monitor, wallboard]
