"""Versions: who made which, what changed, which one contacts get, and how they compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from polydesk import i18n
from polydesk.channels import service as channel_services
from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req
from polydesk_menus import chance, differences, outcomes, service, wording
from polydesk_menus.outcomes import Outcome
from polydesk_menus.screens import place, shown
from polydesk_menus.service import Menu, Version
from polydesk_menus.tree import find, languages_of

PERIODS = (7, 30, 90)


@get("/{number:int}/versions", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def versions(request: Req, number: FromPath[int]) -> Page:
    """All of them, the latest first, each with what it changed."""
    viewer = cast(Viewer, request.user)
    menu = await service.get_menu(viewer, number)
    queues = {queue.id: queue.name for queue in await service.queues_of(viewer, menu)}
    return await htmx.page(
        request,
        "menus/versions.html",
        menu=menu,
        place=await place.place_name(menu.client, menu.market),
        changes={each.id: _changes(menu, each, queues) for each in menu.versions},
        publications=await service.publications(viewer, number),
        kind_name=wording.kind_name,
        names=await place.names(viewer),
    )


def _changes(menu: Menu, version: Version, queues: dict[int, str]) -> list[differences.Difference] | None:
    before = next((each for each in menu.versions if each.number < version.number), None)
    if before is None or before.tree is None or version.tree is None:
        return None
    languages = tuple(dict.fromkeys((i18n.language(), *languages_of(version.tree))))
    return differences.compare(before.tree, version.tree, languages, queues)


@post("/{number:int}/versions/{version:int}/live", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def put_live(request: Req, number: FromPath[int], version: FromPath[int]) -> Response[bytes]:
    """Give everyone this version."""
    await service.put_live(cast(Viewer, request.user), number, version)
    return htmx.redirect(f"/p/menus/{number}/versions", _("Everyone gets this version now."))


@post("/{number:int}/versions/{version:int}/draft", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def to_draft(request: Req, number: FromPath[int], version: FromPath[int]) -> Response[bytes]:
    """Go on from this version."""
    await service.start_from(cast(Viewer, request.user), number, version)
    return htmx.redirect(f"/p/menus/{number}", _("The draft is what that version was."))


@post("/{number:int}/share", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def share(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Let a share of contacts get another version."""
    typed = await request.form()
    try:
        await service.set_share(
            cast(Viewer, request.user), number, whole(typed.get("rival", "")) or 0, whole(typed.get("share", "")) or 0
        )
    except Invalid as problem:
        return htmx.redirect(f"/p/menus/{number}/versions", str(problem))
    return htmx.redirect(f"/p/menus/{number}/versions", _("Saved."))


@post("/{number:int}/off", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def take_off(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Ask nobody any more."""
    await service.take_off(cast(Viewer, request.user), number)
    return htmx.redirect(
        f"/p/menus/{number}/versions", _("Nobody is asked any more; conversations go to people at once.")
    )


@get("/{number:int}/outcomes", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def compared(request: Req, number: FromPath[int]) -> Page:
    """Two versions side by side."""
    viewer = cast(Viewer, request.user)
    menu = await service.get_menu(viewer, number)
    asked = whole(request.query_params.get("days", "30"))
    days = asked if asked in PERIODS else 30
    since = datetime.now(UTC) - timedelta(days=days)
    one, other = _pair(request, menu)
    pair = [each for each in (one, other) if each is not None]
    known = await outcomes.channels([each.id for each in pair], since) if pair else []
    channel = request.query_params.get("channel", "")
    channel = channel if channel in known else ""
    figures = [await outcomes.outcome(each.id, since, channel=channel) for each in pair]
    return await htmx.page(
        request,
        "menus/outcomes.html",
        menu=menu,
        place=await place.place_name(menu.client, menu.market),
        one=one,
        other=other,
        figures=figures,
        measures=_measures(figures),
        waits=_waits(figures),
        gave_up=_gave_up(figures),
        duration=wording.duration,
        channel=channel,
        channels={each: _channel_name(each) for each in known},
        steps=_steps(menu, one, figures),
        days=days,
        periods=PERIODS,
    )


def _pair(request: Req, menu: Menu) -> tuple[Version | None, Version | None]:
    """The two that were chosen; else what contacts get, or the live one and the one before."""
    by_number = {str(each.number): each for each in menu.versions}
    one = (
        by_number.get(request.query_params.get("one", "")) or menu.version(menu.live) or next(iter(menu.versions), None)
    )
    if request.query_params.get("other") == "none":
        return one, None
    other = by_number.get(request.query_params.get("other", "")) or menu.version(menu.rival)
    if other is None and one is not None and "other" not in request.query_params:
        other = next((each for each in menu.versions if each.number < one.number), None)
    return one, None if one is not None and other is not None and one.id == other.id else other


def _measures(figures: list[Outcome]) -> list[dict[str, Any]]:
    rows = (
        ("solved", _("Answered by itself"), _("The contact said that it helped.")),
        ("human", _("Reached a person"), _("Handed over, or a colleague took it.")),
        ("wanted", _("Asked for a person"), _("Instead of answering.")),
        ("left", _("Dropped out"), _("They hung up, or stopped answering.")),
    )
    return [
        {
            "label": label,
            "help": words,
            "shares": [each.share(name) for each in figures],
            "verdict": chance.compare(*(each.share(name) for each in figures)) if len(figures) == 2 else None,
        }
        for name, label, words in rows
    ]


def _gave_up(figures: list[Outcome]) -> chance.Comparison | None:
    """Whether fewer gave up waiting after one version than after the other."""
    lost = [each.wait.lost for each in figures if each.wait is not None]
    return chance.compare(*lost) if len(lost) == 2 else None


def _waits(figures: list[Outcome]) -> list[dict[str, Any]]:
    """A row for all channels and one for each, with every version's wait beside the other's; alone, one is all."""
    names = dict.fromkeys(wait.channel for each in figures for wait in each.waits)
    names = names if len(names) > 2 else dict.fromkeys(name for name in names if not name)
    return [
        {
            "label": _channel_name(name) if name else _("All channels"),
            "waits": [next((wait for wait in each.waits if wait.channel == name), None) for each in figures],
        }
        for name in names
    ]


def _channel_name(name: str) -> str:
    found = channel_services.find_channel(name)
    return i18n.render(found[1].label) if found else name


def _steps(menu: Menu, version: Version | None, figures: list[Outcome]) -> list[dict[str, Any]]:
    """Where people were asked, and how many left there, in the order of the first version."""
    if version is None or version.tree is None or not figures:
        return []
    languages = tuple(dict.fromkeys((i18n.language(), *languages_of(version.tree))))
    flat: list[dict[str, Any]] = []
    _flatten(shown.rows(version.tree, [], languages, {}), 0, flat)
    return [
        {**row, "counts": [_count(each, row["id"]) for each in figures]}
        for row in flat
        if (line := find(version.tree, row["id"])) is not None and shown.waits(line)
    ]


def _count(figures: Outcome, step: str) -> dict[str, Any]:
    came = figures.came.get(step, 0)
    left = chance.Share(min(figures.dropped.get(step, 0), came), came)
    return {"came": came, "asked": figures.asked.get(step, 0), "left": left}


def _flatten(rows: list[shown.Row], depth: int, into: list[dict[str, Any]]) -> None:
    for row in rows:
        into.append({"id": row.id, "words": row.words, "icon": row.icon, "depth": depth})
        _flatten(row.rows, depth + 1, into)


HANDLERS = [versions, put_live, to_draft, share, take_off, compared]
