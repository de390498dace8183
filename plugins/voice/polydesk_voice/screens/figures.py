"""Figures: queues, a period, and a line for each interval, day or queue."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import cast
from urllib.parse import urlencode

from litestar import Response, get

from polydesk import i18n
from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk.queues.service import Queue
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req
from polydesk_voice.figures import columns, files
from polydesk_voice.figures.intervals import MINUTES
from polydesk_voice.figures.report import MOST_DAYS, Asked, By, Report, Row, report

RIGHT = "voice.figures"
PERIODS = ("today", "yesterday", "week", "month", "other")


@get("/figures", guards=[guards.may(RIGHT)], include_in_schema=False)
async def figures(request: Req) -> Page:
    """The report that the address asks for."""
    viewer = cast(Viewer, request.user)
    mine = await _mine(viewer)
    asked, notice = _asked(request, mine)
    found = await report(viewer, asked) if mine else None
    clients = {client.id: client.name for client in await scopes.list_clients(viewer.clients)}
    return await htmx.page(
        request,
        "voice/figures.html",
        asked=asked,
        mine=mine,
        clients=clients,
        report=found,
        shown=columns.columns(found.targets, asked.days) if found else [],
        written=columns.written,
        count=columns.count,
        label=_label,
        tone=_tone,
        tenths=columns.tenths,
        period=_period(request),
        notice=notice,
        anything=found is not None and _anything(found),
        query=urlencode([*((key, value) for key, value in request.query_params.multi_items())]),
    )


@get("/figures.csv", guards=[guards.may(RIGHT)], include_in_schema=False)
async def as_file(request: Req) -> Response[str]:
    """The same for a spreadsheet."""
    viewer = cast(Viewer, request.user)
    asked, _notice = _asked(request, await _mine(viewer))
    headers = {
        "Content-Disposition": f'attachment; filename="figures-{asked.first}-{asked.last}.csv"',
        "Cache-Control": "no-store",
    }
    return Response(files.table(await report(viewer, asked)), media_type="text/csv; charset=utf-8", headers=headers)


async def _mine(viewer: Viewer) -> list[Queue]:
    return [each for each in await queues.list_queues(viewer) if viewer.can(RIGHT, each.client, each.market)]


def _period(request: Req) -> str:
    asked = request.query_params.get("period", "week")
    return asked if asked in PERIODS else "week"


def _asked(request: Req, mine: list[Queue]) -> tuple[Asked, str]:
    """What the address says; whatever makes no sense is as usual, and a period that is too long is cut and said."""
    given = request.query_params
    today = i18n.local(datetime.now(UTC)).date()
    wanted = {whole(each) for each in given.getall("queue", [])}
    chosen = tuple(each for each in mine if each.id in wanted) or tuple(mine)
    first, last = {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "month": (today - timedelta(days=29), today),
        "other": (_date(given.get("from"), today), _date(given.get("to"), today)),
    }.get(_period(request), (today - timedelta(days=6), today))
    first, last = min(first, last), max(first, last)
    by = cast("By", given.get("by") if given.get("by") in MOST_DAYS else "day")
    minutes = whole(given.get("minutes", "30"))
    notice = ""
    if (last - first).days >= MOST_DAYS[by]:
        first = last - timedelta(days=MOST_DAYS[by] - 1)
        notice = _("This shows at most %(count)s days; earlier ones were left out.", count=i18n.number(MOST_DAYS[by]))
    asked = Asked(queues=chosen, first=first, last=last, by=by, minutes=minutes if minutes in MINUTES else 30)
    return asked, notice


def _date(written: str | None, otherwise: date) -> date:
    try:
        found = date.fromisoformat(written or "")
    except ValueError:
        return otherwise
    return min(max(found, date(2000, 1, 1)), otherwise + timedelta(days=1))


def _label(row: Row, asked: Asked) -> str:
    if row.queue is not None:
        return row.queue.name
    if row.day is None:
        return _("Total")
    if asked.by == "day":
        return i18n.day(row.day)
    return _("%(clock)s (again)", clock=row.clock) if row.again else row.clock


def _tone(column: columns.Column, row: Row) -> str:
    """Whether a service level is what it should be."""
    level = columns.value(column, row.tally) if column.target else None
    if level is None or column.target is None or (row.queue is not None and column.target not in row.met):
        return ""
    return "good" if level * 100 >= column.target[0] else "bad"


def _anything(found: Report) -> bool:
    it = found.total.tally
    return bool(it.offered or it.blocked or it.parts or it.callbacks)


HANDLERS = [figures, as_file]
