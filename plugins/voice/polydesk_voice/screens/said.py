"""Words as sound, for Asterisk to fetch: whoever knows the signed address may hear them."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath

from polydesk import NotFound
from polydesk_voice.providers.ari import speech

_HEADERS = {"Cache-Control": "public, max-age=604800, immutable", "X-Robots-Tag": "noindex"}


@get("/said/{name:str}", include_in_schema=False)
async def said(name: FromPath[str]) -> Response[bytes]:
    """The same address is always the same sound, so it is fetched once."""
    if not name.endswith(".wav"):
        raise NotFound()
    return Response(await speech.render(name.removesuffix(".wav")), media_type="audio/wav", headers=_HEADERS)


HANDLERS = [said]
