"""Words as sound where Asterisk has no voice: spoken by espeak-ng on this machine, as 8 kHz WAV that Asterisk plays."""

from __future__ import annotations

import array
import asyncio
import base64
import binascii
import io
import re
import shutil
import sys
import wave
import zlib
from collections import OrderedDict

from polydesk import NotFound, secrets

_PROGRAM = "espeak-ng"
_RATE = 8000
_SECONDS = 20.0
_PURPOSE = "voice.said"
_MOST_KEPT = 300
_LARGEST_TOKEN = 6000
_kept: OrderedDict[str, bytes] = OrderedDict()


def available() -> bool:
    """Is there a voice on this machine?"""
    return shutil.which(_PROGRAM) is not None


def token_for(language: str, text: str) -> str:
    """Names these words in an address, signed: nobody else can have us say things."""
    packed = zlib.compress(f"{language}\0{text}".encode(), 9)
    data = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return f"{data}.{secrets.sign(_PURPOSE, data, 26)}"


def words_of(token: str) -> tuple[str, str]:
    """Language and words of a token of ours; any other is `NotFound`."""
    data, _dot, signature = token.partition(".")
    if len(token) > _LARGEST_TOKEN or len(signature) != 26 or not secrets.verify(_PURPOSE, data, signature):
        raise NotFound()
    try:
        packed = base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
        language, _null, text = zlib.decompress(packed).decode().partition("\0")
    except (binascii.Error, zlib.error, UnicodeDecodeError) as error:
        raise NotFound() from error
    return language, text


async def render(token: str) -> bytes:
    """The WAV of a token's words; said once and kept in memory while it is asked for."""
    if token in _kept:
        _kept.move_to_end(token)
        return _kept[token]
    language, text = words_of(token)
    sound = await _say(language, text)
    _kept[token] = sound
    while len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return sound


async def _say(language: str, text: str) -> bytes:
    if not available():
        raise NotFound()
    process = await asyncio.create_subprocess_exec(
        _PROGRAM, "-v", _voice(language), "-s", "150", "--stdin", "--stdout",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_SECONDS):
            said, _errors = await process.communicate(text.encode())
    except TimeoutError:
        process.kill()
        await process.wait()
        raise NotFound() from None
    return await asyncio.to_thread(narrowed, said)


def _voice(language: str) -> str:
    """How espeak-ng calls a language: lower case, and nothing that could be taken for an option."""
    return re.sub(r"[^a-z0-9-]", "", language.lower().replace("_", "-")).strip("-") or "en"


def narrowed(said: bytes) -> bytes:
    """Mono WAV at 8 kHz: each sample the mean of those it stands for, which keeps the worst of the hiss out."""
    if not said:
        raise NotFound()
    # What comes through a pipe has no length in its header: it is read as far as it goes.
    with wave.open(io.BytesIO(_with_length(said))) as given:
        rate, width = given.getframerate(), given.getsampwidth()
        samples = array.array("h", given.readframes(given.getnframes())) if width == 2 else array.array("h")
    if sys.byteorder == "big":
        samples.byteswap()
    count = len(samples) * _RATE // rate if rate > _RATE else len(samples)
    if rate > _RATE:
        edges = [place * rate // _RATE for place in range(count + 1)]
        samples = array.array(
            "h", (sum(samples[edges[at] : edges[at + 1]]) // (edges[at + 1] - edges[at]) for at in range(count))
        )
    if sys.byteorder == "big":
        samples.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(min(rate, _RATE))
        made.writeframes(samples.tobytes())
    return out.getvalue()


def _with_length(said: bytes) -> bytes:
    place = said.find(b"data", 12)
    if not said.startswith(b"RIFF") or place < 0:
        raise NotFound()
    length = len(said) - place - 8
    return (
        b"RIFF" + (len(said) - 8).to_bytes(4, "little") + said[8 : place + 4] + length.to_bytes(4, "little")
        + said[place + 8 :]
    )  # fmt: skip
