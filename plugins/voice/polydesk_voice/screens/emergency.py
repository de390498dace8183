"""One screen to send calls elsewhere at once: choose, press, and press again to be sure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from polydesk.errors import Invalid
from polydesk.i18n import _, ngettext
from polydesk.queues import service as queues
from polydesk.staff.access import Viewer
from polydesk.web import guards, htmx
from polydesk.web.htmx import Page, Req
from polydesk_voice.emergency import managing
from polydesk_voice.emergency.managing import RIGHT


@get("/emergency", guards=[guards.may(RIGHT)], include_in_schema=False)
async def emergency(request: Req) -> Page:
    """What holds now, and the form."""
    return await _page(request, {})


@post("/emergency", guards=[guards.may(RIGHT)], include_in_schema=False)
async def divert(request: Req) -> Page | Response[bytes]:
    """The first press shows what it will do, the second does it."""
    viewer = cast(Viewer, request.user)
    typed = {name: str(value) for name, value in (await request.form()).items()}
    try:
        chosen = await managing.subject(viewer, typed.get("subject", ""))
        if typed.get("until", "") not in managing.LENGTHS:
            raise Invalid(message=_("Choose for how long."))
        if typed.get("sure") != "yes":
            return await _page(request, typed, chosen=chosen)
        _made, along = await managing.divert(
            viewer,
            chosen.key,
            typed.get("target", ""),
            number=typed.get("number", ""),
            until=managing.until_of(typed.get("until", ""), datetime.now(UTC)),
            reason=typed.get("reason", ""),
        )
    except Invalid as problem:
        return await _page(request, typed, problem=" ".join(problem.fields.values()) or str(problem), status=422)
    said = _("Calls go elsewhere from now on.")
    if along:
        said += " " + ngettext("%(num)s caller who waited went along.", "%(num)s callers who waited went along.", along)
    return htmx.redirect("/p/voice/emergency", said)


@post("/emergency/{diversion:int}/undo", guards=[guards.may(RIGHT)], include_in_schema=False)
async def undo(request: Req, diversion: FromPath[int]) -> Response[bytes]:
    """One press."""
    await managing.undo(cast(Viewer, request.user), diversion)
    return htmx.redirect("/p/voice/emergency", _("Calls come as they always did."))


async def _page(
    request: Req, typed: dict[str, str], *, chosen: Any = None, problem: str = "", status: int = 200
) -> Page:
    viewer = cast(Viewer, request.user)
    subjects = await managing.subjects(viewer)
    clients = {each.client for each in subjects}
    holds, before = await managing.listing(viewer)
    return await htmx.page(
        request,
        "voice/emergency.html",
        status=status,
        subjects=subjects,
        targets=[queue for queue in await queues.list_queues(viewer) if queue.client in clients],
        holds=holds,
        before=before,
        typed=typed,
        chosen=chosen,
        problem=problem,
        kinds={"place": _("Places"), "account": _("Numbers"), "queue": _("Queues")},
        lengths=(
            ("30", _("30 minutes")),
            ("60", _("1 hour")),
            ("120", _("2 hours")),
            ("240", _("4 hours")),
            ("720", _("12 hours")),
            ("", _("Until somebody undoes it")),
        ),
    )


HANDLERS: list[Any] = [emergency, divert, undo]
