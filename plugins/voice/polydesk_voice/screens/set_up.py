"""How queues and places treat calls, and the recordings of what callers are told."""

from __future__ import annotations

from typing import Any, cast

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from polydesk import db
from polydesk.errors import Invalid, NotFound
from polydesk.fields import Choice
from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.types import Scope, Text
from polydesk.web import guards, htmx
from polydesk.web.forms import Form
from polydesk.web.htmx import Page, Req
from polydesk_voice import places
from polydesk_voice.numbers import is_number
from polydesk_voice.queueing import saying
from polydesk_voice.queueing import settings as queueing
from polydesk_voice.queueing.settings import QueueSettings
from polydesk_voice.recordings import sound as sounds
from polydesk_voice.spoken import prompts

MANAGE = "voice.manage"
_LARGEST_SOUND = 10_000_000
_KINDS = ("audio/wav", "audio/mpeg")


@get("/set-up", guards=[guards.may(MANAGE)], include_in_schema=False)
async def overview(request: Req) -> Page:
    """Every line, queue and place, with what happens there."""
    viewer = cast(Viewer, request.user)
    found = []
    for queue in await queues.list_queues(viewer):
        if viewer.can(MANAGE, queue.client, queue.market):
            settings = await queueing.of(queue.id)
            found.append((queue, settings, await saying.when_nobody_answers(settings)))
    clients = [each for each in await scopes.list_clients(viewer.clients) if viewer.can(MANAGE, each.id)]
    lines = await db.fetch(
        "SELECT a.id, a.client, a.market, a.name, a.address, a.enabled, a.trouble FROM pd_account a "
        f"WHERE a.channel = 'voice' AND ({viewer.bound('a')}) ORDER BY a.client, a.name"
    )
    own = {
        (client.id, market): await places.own(Scope(client.id, market))
        for client in clients
        for market in (None, *(each.id for each in client.markets))
    }
    return await htmx.page(request, "voice/set_up.html", queues=found, clients=clients, lines=lines, own=own)


@get("/set-up/queues/{queue:int}", guards=[guards.may(MANAGE)], include_in_schema=False)
async def queue_form(request: Req, queue: FromPath[int]) -> Page:
    """One queue's."""
    it = await _queue(request, queue)
    form = Form(QueueSettings, stored=await queueing.of(queue), choices=await _others(request, it))
    return await htmx.page(request, "voice/set_up_form.html", form=form, name=it.name, action=request.url.path)


@post("/set-up/queues/{queue:int}", guards=[guards.may(MANAGE)], include_in_schema=False)
async def save_queue(request: Req, queue: FromPath[int]) -> Page | Response[bytes]:
    """Keep it; callers who wait already are treated so too."""
    it = await _queue(request, queue)
    form = Form(QueueSettings, await request.form(), choices=await _others(request, it))
    if form.value is not None and not form.errors:
        if form.value.then == "queue" and form.value.then_queue is None:
            form.refuse(Invalid({"then_queue": _("Choose the queue they wait in then.")}))
        elif form.value.then == "number" and not is_number(form.value.then_number):
            form.refuse(Invalid({"then_number": _("Enter the number they are put through to.")}))
        else:
            await queueing.save(queue, form.value)
            return htmx.redirect("/p/voice/set-up", _("Saved. It holds from the next call on."))
    return await htmx.page(
        request, "voice/set_up_form.html", status=422, form=form, name=it.name, action=request.url.path
    )


@get("/set-up/prompts/{client:int}", guards=[guards.may(MANAGE)], include_in_schema=False)
async def prompt_list(request: Req, client: FromPath[int]) -> Page:
    """What callers were told, and where a recording replaces the machine's voice."""
    name = await _place(request, client, 0)
    return await htmx.page(
        request,
        "voice/prompts.html",
        prompts=await prompts.list_prompts(client),
        client=client,
        name=name,
        problem="",
    )


@post("/set-up/prompts/{client:int}/{prompt:int}", guards=[guards.may(MANAGE)], include_in_schema=False)
async def record_prompt(request: Req, client: FromPath[int], prompt: FromPath[int]) -> Page | Response[bytes]:
    """Upload a recording of some words, or go back to the machine's voice."""
    name = await _place(request, client, 0)
    typed = await request.form()
    file = typed.get("sound")
    if typed.get("drop"):
        await prompts.drop_sound(client, prompt)
        return htmx.redirect(f"/p/voice/set-up/prompts/{client}", _("The words are said by the machine again."))
    data = await file.read(_LARGEST_SOUND + 1) if isinstance(file, UploadFile) else b""
    seen = sounds.look(data)
    if seen is None or seen.media_type not in _KINDS or len(data) > _LARGEST_SOUND:
        return await htmx.page(
            request,
            "voice/prompts.html",
            status=422,
            prompts=await prompts.list_prompts(client),
            client=client,
            name=name,
            problem=_("Choose a WAV or MP3 file of at most 10 MB."),
        )
    await prompts.keep_sound(client, prompt, data, seen.media_type)
    return htmx.redirect(f"/p/voice/set-up/prompts/{client}", _("From the next call on this recording is played."))


@get("/sounds/{token:str}", include_in_schema=False)
async def sound(token: FromPath[str]) -> Response[bytes]:
    """For the provider: whoever knows the address may hear it."""
    data, kind = await prompts.sound(token)
    return Response(data, media_type=kind, headers={"Cache-Control": "public, max-age=86400"})


async def _queue(request: Req, queue: int) -> queues.Queue:
    viewer = cast(Viewer, request.user)
    it = await queues.get_queue(viewer, queue)
    viewer.require(MANAGE, it.client, it.market)
    return it


async def _others(request: Req, queue: queues.Queue) -> dict[str, list[Choice]]:
    viewer = cast(Viewer, request.user)
    return {
        "then_queue": [
            Choice(str(each.id), Text("{name}", {"name": each.name}))
            for each in await queues.list_queues(viewer)
            if each.client == queue.client and each.id != queue.id
        ]
    }


async def _place(request: Req, client: int, market: int) -> str:
    viewer = cast(Viewer, request.user)
    viewer.require(MANAGE, client, market or None)
    for each in await scopes.list_clients((client,)):
        if not market:
            return each.name
        for one in each.markets:
            if one.id == market:
                return f"{each.name} · {one.name}"
    raise NotFound(_("There is nothing here, or it is not yours to see."))


HANDLERS: list[Any] = [
    overview,
    queue_form,
    save_queue,
    prompt_list,
    record_prompt,
    sound,
]
