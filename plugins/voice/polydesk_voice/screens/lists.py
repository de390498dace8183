"""Dialling lists: all of them, one with its results and its people, and how it is worked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from polydesk import db
from polydesk.errors import Invalid
from polydesk.fields import Choice, Field
from polydesk.i18n import N_, _
from polydesk.queues import service as queues
from polydesk.staff.access import Viewer
from polydesk.types import Text
from polydesk.web import guards, htmx
from polydesk.web.forms import Form, whole
from polydesk.web.htmx import Page, Req
from polydesk_voice.figures.columns import tenths
from polydesk_voice.lists import importing, outcomes, service
from polydesk_voice.lists.service import DialList
from polydesk_voice.lists.settings import EFFECTS, ListSettings, Result
from polydesk_voice.screens.recordings import outcome_name

_MOST_RESULTS = 12


class Details(msgspec.Struct, kw_only=True):
    """What a list is called, and who calls by which line."""

    name: Annotated[str, msgspec.Meta(max_length=200), Field(label=Text(N_("Name")), autocomplete="off")]
    queue: Annotated[
        int,
        Field(
            label=Text(N_("Queue")), input="select", help=Text(N_("Its agents call. The list belongs to its place."))
        ),
    ]
    account: Annotated[
        int, Field(label=Text(N_("Line")), input="select", help=Text(N_("Whose number they see who are called.")))
    ]


@get("/lists", guards=[guards.signed_in], include_in_schema=False)
async def all_lists(request: Req) -> Page:
    """Those one keeps or works on."""
    viewer = cast(Viewer, request.user)
    found = await service.listing(viewer)
    return await htmx.page(
        request,
        "voice/lists.html",
        lists=found,
        queues={each.id: each.name for each in await queues.list_queues(viewer)},
        works={each.id: await service.works_on(viewer, each) for each in found},
        may_keep=viewer.can(service.RIGHT),
        has_lines=bool(await _lines(viewer)),
    )


@get("/lists/new", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def new(request: Req) -> Page:
    """An empty form."""
    return await _form_page(request, None, *await _forms(cast(Viewer, request.user), None, None))


@post("/lists/new", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def create(request: Req) -> Page | Response[bytes]:
    """Make it; then people are put on it."""
    return await _save(request, None)


@get("/lists/{number:int}", guards=[guards.signed_in], include_in_schema=False)
async def one(request: Req, number: FromPath[int]) -> Page:
    """Results, and everybody on it."""
    viewer = cast(Viewer, request.user)
    it = await service.get(viewer, number)
    given = request.query_params
    keeps = viewer.can(service.RIGHT, it.client, it.market)
    state, words = str(given.get("state", ""))[:10], str(given.get("q", ""))[:100]
    people, after = await outcomes.people(it, state, words, whole(given.get("after", "")) or 0)
    return await htmx.page(
        request,
        "voice/list.html",
        it=it,
        keeps=keeps,
        works=await service.works_on(viewer, it),
        result=await outcomes.outcomes(it),
        people=people,
        after=after,
        beginning="after" not in given,
        q=words,
        state=state,
        imports=await importing.listing(viewer, number) if keeps else [],
        queue=await queues.name_of(it.queue),
        effects={each.label: each.effect for each in it.settings.results},
        outcome_name=attempt_name,
        state_name=state_name,
        tenths=tenths,
        now=datetime.now(UTC),
    )


@get("/lists/{number:int}/people.csv", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def as_file(request: Req, number: FromPath[int]) -> Response[str]:
    """Everybody with what came of them."""
    it = await service.kept(cast(Viewer, request.user), number)
    headers = {"Content-Disposition": f'attachment; filename="list-{number}.csv"', "Cache-Control": "no-store"}
    return Response(await outcomes.table(it), media_type="text/csv; charset=utf-8", headers=headers)


@get("/lists/{number:int}/settings", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def settings(request: Req, number: FromPath[int]) -> Page:
    """How it is worked."""
    viewer = cast(Viewer, request.user)
    it = await service.kept(viewer, number)
    return await _form_page(request, it, *await _forms(viewer, it, None))


@post("/lists/{number:int}/settings", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def change(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Work it another way from now on."""
    return await _save(request, await service.kept(cast(Viewer, request.user), number))


@post("/lists/{number:int}/state", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def set_state(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Start it, or let it rest."""
    wanted = str((await request.form()).get("state", ""))
    said = {"running": _("The list is running."), "paused": _("The list rests."), "done": _("The list is done.")}
    if wanted in said:
        try:
            await service.set_state(cast(Viewer, request.user), number, wanted)  # type: ignore[arg-type]
        except Invalid as problem:
            return htmx.redirect(f"/p/voice/lists/{number}", str(problem))
    return htmx.redirect(f"/p/voice/lists/{number}", said.get(wanted, ""))


async def _save(request: Req, it: DialList | None) -> Page | Response[bytes]:
    viewer = cast(Viewer, request.user)
    typed = await request.form()
    details, how = await _forms(viewer, it, typed)
    results = _results(typed)
    if details.value is not None and how.value is not None:
        try:
            number = await service.save(
                viewer,
                number=it.id if it else None,
                name=details.value.name,
                account=details.value.account,
                queue=details.value.queue,
                settings=msgspec.structs.replace(how.value, results=results),
            )
        except Invalid as problem:
            details.refuse(problem)
        else:
            after = f"/p/voice/lists/{number}" + ("" if it else "/import")
            return htmx.redirect(after, _("Saved.") if it else _("The list is there. Now put people on it."))
    return await _form_page(request, it, details, how, results, status=422)


def _results(typed: Any) -> tuple[Result, ...]:
    found: dict[str, Result] = {}
    for at in range(_MOST_RESULTS):
        label, effect = str(typed.get(f"result-{at}", "")).strip()[:60], str(typed.get(f"effect-{at}", ""))
        if label and effect in EFFECTS:
            found.setdefault(label, Result(label=label, effect=effect))
    return tuple(found.values())


async def _forms(viewer: Viewer, it: DialList | None, typed: Any) -> tuple[Form[Details], Form[ListSettings]]:
    mine = [each for each in await queues.list_queues(viewer) if viewer.can(service.RIGHT, each.client, each.market)]
    choices = {
        "queue": [Choice(str(each.id), Text("{name}", {"name": each.name})) for each in mine],
        "account": [
            Choice(str(row["id"]), Text("{name} ({number})", {"name": row["name"], "number": row["address"]}))
            for row in await _lines(viewer)
        ],
    }
    stored = Details(name=it.name, queue=it.queue, account=it.account) if it else None
    return Form(Details, typed, stored, choices=choices), Form(ListSettings, typed, it.settings if it else None)


async def _lines(viewer: Viewer) -> list[dict[str, Any]]:
    return await db.fetch(
        "SELECT a.id, a.name, a.address, a.client FROM pd_account a WHERE a.channel = 'voice' "
        f"AND ({viewer.bound('a')} OR (a.market IS NULL AND a.client IN {{}})) ORDER BY a.name, a.id",
        viewer.clients,
    )


async def _form_page(
    request: Req,
    it: DialList | None,
    details: Form[Details],
    how: Form[ListSettings],
    results: tuple[Result, ...] | None = None,
    status: int = 200,
) -> Page:
    known = results if results is not None else (it.settings if it else ListSettings()).results
    rows = [*known, *[Result(label="")] * 3][:_MOST_RESULTS]
    return await htmx.page(
        request, "voice/list_form.html", status=status, it=it, details=details, how=how, results=rows, effects=EFFECTS
    )


def state_name(state: str) -> str:
    """Where a list, or somebody on it, stands."""
    known = {
        "draft": _("Being prepared"),
        "running": _("Running"),
        "paused": _("Resting"),
        "done": _("Done"),
        "waiting": _("To be called"),
        "untried": _("Not called yet"),
        "calling": _("Being called"),
        "never": _("Never call"),
    }
    return known.get(state, state)


def attempt_name(outcome: str) -> str:
    """How an attempt ended."""
    if outcome == "skipped":
        return _("Skipped")
    return outcome_name(outcome) if outcome else _("Being called")


HANDLERS = [all_lists, new, create, one, as_file, settings, change, set_state]
