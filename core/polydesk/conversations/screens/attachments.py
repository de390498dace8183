"""Files that strangers sent: downloaded, never run in our pages."""

from __future__ import annotations

from urllib.parse import quote

from litestar import Response, get
from litestar.params import FromPath

from polydesk import storage
from polydesk.conversations import service
from polydesk.conversations.screens.inbox import signed_in
from polydesk.conversations.screens.showing import PLAYED, SAFE_IMAGES
from polydesk.inbound import service as inbound
from polydesk.web import guards
from polydesk.web.htmx import Req
from polydesk.web.security import FILE_POLICY

SIGNATURES = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}


def download(data: bytes, name: str, media_type: str) -> Response[bytes]:
    """The file as something to save; a picture that is one may be looked at."""
    kind = media_type.partition(";")[0].strip().lower()
    picture = media_type in SAFE_IMAGES and data.startswith(SIGNATURES[media_type])
    shown = picture or kind in PLAYED
    plain = name.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "_")
    plain = "".join(letter if letter.isprintable() else "_" for letter in plain)
    disposition = (
        f"{'inline' if shown else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    headers = {
        "Content-Disposition": disposition,
        "Content-Security-Policy": FILE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=86400",
    }
    return Response(data, media_type=kind if shown else "application/octet-stream", headers=headers)


@get("/attachments/{number:int}", guards=[guards.signed_in], include_in_schema=False)
async def attachment(request: Req, number: FromPath[int]) -> Response[bytes]:
    """One attachment, for someone who may see its conversation."""
    file, key = await service.attachment(signed_in(request), number)
    return download(await storage.get(key), file.name, file.media_type)


@get("/items/{number:int}/raw", guards=[guards.signed_in], include_in_schema=False)
async def original(request: Req, number: FromPath[int]) -> Response[bytes]:
    """The bytes a message was made of."""
    return download(await inbound.raw_of_item(signed_in(request), number), f"message-{number}.eml", "message/rfc822")


HANDLERS = [attachment, original]
