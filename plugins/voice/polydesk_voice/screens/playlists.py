"""Playlists for listening sessions: made, filled, ordered, heard from beginning to end."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from polydesk import db
from polydesk.errors import Invalid
from polydesk.i18n import _, ngettext
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.web import guards, htmx
from polydesk.web.forms import whole
from polydesk.web.htmx import Page, Req
from polydesk_voice.figures.columns import duration
from polydesk_voice.recordings import hearing, playlists
from polydesk_voice.recordings.playlists import Entry
from polydesk_voice.screens.waveform import wave

GUARDS = [guards.may(hearing.LISTEN)]


@get("/recordings/playlists", guards=GUARDS, include_in_schema=False)
async def list_playlists(request: Req) -> Page:
    """All of them, and a new one."""
    viewer = cast(Viewer, request.user)
    return await htmx.page(
        request,
        "voice/playlists.html",
        playlists=await playlists.listing(viewer),
        places=[
            client for client in await scopes.list_clients(viewer.clients) if viewer.can(hearing.LISTEN, client.id)
        ],
        clients={client.id: client.name for client in await scopes.list_clients(viewer.clients)},
        duration=duration,
    )


@post("/recordings/playlists", guards=GUARDS, include_in_schema=False)
async def make(request: Req) -> Response[bytes]:
    """A new one, perhaps with recordings chosen in the list."""
    viewer = cast(Viewer, request.user)
    typed = await request.form()
    chosen = [number for each in typed.getall("recording", []) if (number := whole(each)) is not None]
    playlist = whole(typed.get("playlist", ""))
    try:
        if playlist is None:
            playlist = await _made(viewer, typed, chosen)
        added = await playlists.add(viewer, playlist, chosen) if chosen else 0
    except Invalid as problem:
        return htmx.redirect(htmx.here(str(typed.get("back", "")), "/p/voice/recordings/playlists"), str(problem))
    said = ngettext("%(num)s recording was added.", "%(num)s recordings were added.", added) if chosen else _("Made.")
    return htmx.redirect(f"/p/voice/recordings/playlists/{playlist}", said)


async def _made(viewer: Viewer, typed: Any, chosen: list[int]) -> int:
    """For the client that was named, or that of the first recording."""
    client, market = whole(typed.get("client", "")), None
    if client is None and chosen:
        row = await hearing.find(viewer, chosen[0])
        client = row["client"]
        # Whoever may listen in one market only makes a playlist of that market.
        market = None if viewer.can(hearing.LISTEN, client) and viewer.markets(client) is None else row["market"]
    if client is None:
        raise Invalid({"client": _("Choose recordings, or whose playlist it is.")})
    return await playlists.make(viewer, client, market, str(typed.get("name", "")))


@get("/recordings/playlists/{number:int}", guards=GUARDS, include_in_schema=False)
async def playlist(request: Req, number: FromPath[int]) -> Page:
    """Its recordings, with the player for one of them."""
    viewer = cast(Viewer, request.user)
    it = await playlists.get(viewer, number)
    entries = await playlists.entries(viewer, number)
    playable = [each for each in entries if each.found is not None and each.found.state == "kept"]
    asked = whole(request.query_params.get("at", ""))
    at = next((each for each in playable if each.id == asked), next(iter(playable), None))
    after = playable[playable.index(at) + 1] if at is not None and playable.index(at) + 1 < len(playable) else None
    return await htmx.page(
        request,
        "voice/playlist.html",
        playlist=it,
        entries=entries,
        at=at,
        after=after,
        wave=await _wave(at),
        duration=duration,
        clients={client.id: client.name for client in await scopes.list_clients(viewer.clients)},
    )


async def _wave(at: Entry | None) -> Any:
    if at is None:
        return None
    rows = await db.fetch("SELECT peaks FROM voice_recording WHERE id = {}", at.recording)
    return wave(msgspec.json.decode(rows[0]["peaks"])) if rows and rows[0]["peaks"] else None


@post("/recordings/playlists/{number:int}/entries/{entry:int}", guards=GUARDS, include_in_schema=False)
async def change(request: Req, number: FromPath[int], entry: FromPath[int]) -> Response[bytes]:
    """Move it, take it out, or say why it is there."""
    viewer = cast(Viewer, request.user)
    typed = await request.form()
    match str(typed.get("do", "")):
        case "up":
            await playlists.move(viewer, number, entry, -1)
        case "down":
            await playlists.move(viewer, number, entry, 1)
        case "remove":
            await playlists.take_out(viewer, number, entry)
        case _:
            await playlists.remark(viewer, number, entry, str(typed.get("remark", "")))
    return htmx.redirect(f"/p/voice/recordings/playlists/{number}#entry-{entry}")


@post("/recordings/playlists/{number:int}/remove", guards=GUARDS, include_in_schema=False)
async def remove(request: Req, number: FromPath[int]) -> Response[bytes]:
    """It is not needed any more."""
    await playlists.remove(cast(Viewer, request.user), number)
    return htmx.redirect("/p/voice/recordings/playlists", _("The playlist is gone; its recordings are not."))


HANDLERS = [list_playlists, make, playlist, change, remove]
