"""The music of a line that has none of its own: a short piece, so that a document that plays it ends about in time."""

from __future__ import annotations

from pathlib import Path

from litestar import Response, get

from polydesk import addresses

SECONDS = 20
FILE = Path(__file__).parent / "hold.wav"
_sound: list[bytes] = []


def address() -> str:
    """Where it is fetched."""
    return addresses.public("/p/voice/hold.wav")


def times(seconds: int) -> int:
    """How often it is to be played to fill about so many seconds."""
    return max(1, round(seconds / SECONDS))


@get("/hold.wav", opt={"no_session": True}, include_in_schema=False, sync_to_thread=False)
def hold() -> Response[bytes]:
    """For providers, who keep it."""
    if not _sound:
        _sound.append(FILE.read_bytes())
    return Response(_sound[0], media_type="audio/wav", headers={"Cache-Control": "public, max-age=86400"})


HANDLERS = [hold]
