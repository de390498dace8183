"""Recordings: found, shown, erased; who listened."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, cast
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from polydesk import i18n
from polydesk.errors import Forbidden, Invalid
from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk.staff import people
from polydesk.staff.access import Viewer
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req
from polydesk_voice.figures.columns import duration
from polydesk_voice.recordings import finding, hearing, keeping, playlists
from polydesk_voice.recordings.finding import Filter, Found
from polydesk_voice.screens.waveform import Wave, wave

LENGTHS = {"60": (None, 60), "300": (60, 300), "900": (300, 900), "long": (900, None)}
FIELDS = (
    "q", "queue", "person", "contact", "topic", "tag", "outcome", "kind", "state", "length", "from", "to",
)  # fmt: skip
STATES = ("kept", "awaited", "missing", "erased")


class Given(dict[str, str]):
    """What the address says; "" for what it does not say."""

    def __missing__(self, key: str) -> str:
        return ""


@get("/recordings", guards=[guards.signed_in], include_in_schema=False)
async def list_recordings(request: Req) -> Page:
    """Those the viewer may hear, the latest first."""
    viewer = cast(Viewer, request.user)
    given = Given((key, value) for key, value in request.query_params.items() if value and key in FIELDS)
    page, after = await finding.search(viewer, _filter(given), str(request.query_params.get("after", "")))
    may = viewer.can(hearing.LISTEN)
    return await htmx.page(
        request,
        "voice/recordings.html",
        recordings=page,
        after=after,
        beginning="after" not in request.query_params,
        given=given,
        query=urlencode(given),
        queues={each.id: each.name for each in await queues.list_queues(viewer)},
        colleagues=[(each.id, each.name) for each in await people.list_people(viewer)] if may else [],
        playlists=await playlists.listing(viewer) if may else [],
        outcomes={name: outcome_name(name) for name in finding.OUTCOMES},
        states={name: state_name(name) for name in STATES},
        may_listen=may,
        duration=duration,
    )


@get("/recordings/{number:int}", guards=[guards.signed_in], include_in_schema=False)
async def recording(request: Req, number: FromPath[int]) -> Page:
    """One, to be heard."""
    viewer = cast(Viewer, request.user)
    row = await hearing.find(viewer, number)
    found = await _shown(row)
    manages = viewer.can(hearing.MANAGE, row["client"], row["market"])
    may = viewer.can(hearing.LISTEN, row["client"], row["market"])
    return await htmx.page(
        request,
        "voice/recording.html",
        recording=found,
        wave=_wave(row),
        queue=await queues.name_of(found.queue) if found.queue else "",
        log=await hearing.log(viewer, row) if manages else None,
        manages=manages,
        playlists=[each for each in await playlists.listing(viewer) if each.client == found.client] if may else [],
        outcomes={name: outcome_name(name) for name in finding.OUTCOMES},
        duration=duration,
    )


@get("/recordings/{number:int}/line", guards=[guards.signed_in], include_in_schema=False)
async def line(request: Req, number: FromPath[int]) -> Page:
    """What stands in the conversation: the player for those who may hear it, for others that there is a recording."""
    viewer = cast(Viewer, request.user)
    try:
        row = await hearing.find(viewer, number)
    except Forbidden:
        return htmx.fragment(htmx.render(request, "voice/recording_player.html", recording=None, number=number))
    found = await _shown(row)
    html = htmx.render(
        request, "voice/recording_player.html", recording=found, number=number, wave=_wave(row), duration=duration
    )
    return htmx.fragment(html)


@post("/recordings/{number:int}/erase", guards=[guards.signed_in], include_in_schema=False)
async def erase(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Let go of its sound."""
    await keeping.erase_one(cast(Viewer, request.user), number)
    return htmx.redirect(f"/p/voice/recordings/{number}", _("The sound is erased."))


@post("/recordings/{number:int}/retry", guards=[guards.signed_in], include_in_schema=False)
async def retry(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Fetch it once more."""
    try:
        await keeping.try_again(cast(Viewer, request.user), number)
    except Invalid as problem:
        return htmx.redirect(f"/p/voice/recordings/{number}", str(problem))
    return htmx.redirect(f"/p/voice/recordings/{number}", _("It is fetched again."))


async def _shown(row: dict[str, Any]) -> Found:
    found = await finding.one(row["id"])
    assert found is not None
    return found


def outcome_name(outcome: str) -> str:
    """How a call ended, in words."""
    known = {
        "answered": _("Answered"),
        "voicemail": _("Voicemail"),
        "abandoned": _("Abandoned"),
        "callback": _("Call-back"),
        "no_answer": _("No answer"),
        "busy": _("Busy"),
        "failed": _("Failed"),
        "machine": _("Answering machine"),
    }
    return known.get(outcome, outcome.replace("_", " "))


def state_name(state: str) -> str:
    """Whether there is sound, in words."""
    known = {
        "kept": _("Can be heard"),
        "awaited": _("On its way"),
        "missing": _("Could not be fetched"),
        "erased": _("Erased"),
    }
    return known.get(state, state)


def _wave(row: dict[str, Any]) -> Wave | None:
    return wave(msgspec.json.decode(row["peaks"])) if row["peaks"] else None


def _filter(given: Given) -> Filter:
    least, most = LENGTHS.get(given["length"], (None, None))
    return Filter(
        text=given["q"][:200],
        queue=whole(given["queue"]),
        person=whole(given["person"]),
        contact=whole(given["contact"]),
        topic=given["topic"].strip()[:100],
        tag=given["tag"].strip().replace(" ", "")[:100],
        outcome=given["outcome"][:20],
        kind=given["kind"][:10],
        state=given["state"][:10],
        least=least,
        most=most,
        since=_midnight(given["from"], 0),
        until=_midnight(given["to"], 1),
    )


def _midnight(written: str, later: int) -> datetime | None:
    """On the reader's clock."""
    try:
        day = date.fromisoformat(written) + timedelta(days=later)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(day, time(), i18n.zone()) if 1970 < day.year < 9000 else None


HANDLERS = [list_recordings, recording, line, erase, retry]
