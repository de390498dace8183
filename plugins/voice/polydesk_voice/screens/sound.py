"""The sound of a recording, whole or in the parts that browsers ask for; whoever fetches it is written down."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import cast

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Stream

from polydesk import NotFound, storage
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk.web import guards
from polydesk.web.forms import whole
from polydesk.web.htmx import Req
from polydesk_voice.recordings import hearing, playlists

_PIECE = 262_144
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_ENDINGS = {"audio/wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg"}


@get("/recordings/{number:int}/sound", guards=[guards.signed_in], include_in_schema=False, opt={"uncompressed": True})
async def sound(request: Req, number: FromPath[int]) -> Response[bytes] | Stream:
    """206 for a part, 416 for one that is not there."""
    viewer = cast(Viewer, request.user)
    row = await hearing.find(viewer, number)
    if row["state"] != "kept":
        raise NotFound(_("There is no sound of it."))
    size = await storage.size(row["storage_key"])
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f'inline; filename="recording-{number}.{_ENDINGS.get(row["media_type"], "bin")}"',
    }
    begins, ends = 0, size
    status = 200
    if (asked := request.headers.get("range")) and (found := _RANGE.fullmatch(asked.strip())) and any(found.groups()):
        begins, ends = _span(found[1], found[2], size)
        if begins >= ends:
            return Response(b"", status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
        status, headers["Content-Range"] = 206, f"bytes {begins}-{ends - 1}/{size}"
    headers["Content-Length"] = str(ends - begins)
    wanted = whole(request.query_params.get("playlist", ""))
    # Only one they may see is written down with it.
    known = {each.id for each in await playlists.listing(viewer)} if wanted is not None else set()
    await hearing.note(viewer, number, wanted if wanted in known else None)
    return Stream(
        _pieces(row["storage_key"], begins, ends), status_code=status, media_type=row["media_type"], headers=headers
    )


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size


async def _pieces(key: str, begins: int, ends: int) -> AsyncIterator[bytes]:
    while begins < ends:
        piece = await storage.part(key, begins, min(_PIECE, ends - begins))
        if not piece:
            return
        begins += len(piece)
        yield piece


HANDLERS = [sound]
