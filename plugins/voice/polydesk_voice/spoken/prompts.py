"""Words to callers: said by the provider, or played where somebody has recorded them."""

from __future__ import annotations

import hashlib
import secrets

import msgspec

from polydesk import NotFound, addresses, db, live, storage
from polydesk.remembered import Remembered
from polydesk_voice.plan import Speak

_written: set[tuple[int, str, str]] = set()
_MOST_WRITTEN = 20_000


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """Words that were said, and whether there is a recording of them."""

    id: int
    language: str
    text: str
    recorded: bool
    token: str


async def _read() -> dict[tuple[int, str, str], str]:
    rows = await db.fetch("SELECT client, language, key, token FROM voice_prompt WHERE storage_key <> ''")
    return {(row["client"], row["language"], row["key"]): row["token"] for row in rows}


_recorded = Remembered("voice.prompts", _read)


async def speak(client: int, language: str, text: str) -> Speak:
    """These words, in the way that is best there. Outside any transaction."""
    key = hashlib.sha256(text.encode()).hexdigest()
    place = (client, language, key)
    if place not in _written:
        await db.fetch(
            "INSERT INTO voice_prompt (client, language, key, text, token) VALUES ({}, {}, {}, {}, {}) "
            "ON CONFLICT (client, language, key) DO NOTHING",
            client,
            language,
            key,
            db.clean(text),
            secrets.token_urlsafe(24),
        )
        if len(_written) >= _MOST_WRITTEN:
            _written.clear()
        _written.add(place)
    token = (await _recorded.get()).get(place, "")
    return Speak(text=text, language=language, audio=address(token) if token else "")


def address(token: str) -> str:
    """Where a provider fetches a recording of words."""
    return addresses.public(f"/p/voice/sounds/{token}")


async def list_prompts(client: int) -> list[Prompt]:
    """What callers of a client were told, the latest first."""
    rows = await db.fetch(
        "SELECT id, language, text, storage_key, token FROM voice_prompt WHERE client = {} ORDER BY language, text "
        "LIMIT 1000",
        client,
    )
    return [
        Prompt(
            id=row["id"],
            language=row["language"],
            text=row["text"],
            recorded=bool(row["storage_key"]),
            token=row["token"],
        )
        for row in rows
    ]


async def keep_sound(client: int, prompt: int, data: bytes, media_type: str) -> None:
    """Play this instead of saying the words, from the next call on."""
    key = await storage.put(data)
    await _change(client, prompt, key, media_type)


async def drop_sound(client: int, prompt: int) -> None:
    """Have the words said again."""
    await _change(client, prompt, "", "")


async def sound(token: str) -> tuple[bytes, str]:
    """The bytes and kind of a recording of words; whoever knows the token may hear it."""
    rows = await db.fetch(
        "SELECT storage_key, media_type FROM voice_prompt WHERE token = {} AND storage_key <> ''", token
    )
    if not rows:
        raise NotFound()
    return await storage.get(rows[0]["storage_key"]), rows[0]["media_type"]


async def _change(client: int, prompt: int, key: str, media_type: str) -> None:
    async with db.transaction():
        rows = await db.fetch(
            "UPDATE voice_prompt SET storage_key = {}, media_type = {}, token = {} WHERE id = {} AND client = {} "
            "RETURNING id",
            key,
            media_type,
            # Providers keep what they fetched: another sound has another address.
            secrets.token_urlsafe(24),
            prompt,
            client,
        )
        if not rows:
            raise NotFound()
        live.signal(0, "voice.prompts")


def _forget(_signal: live.Signal) -> None:
    _written.clear()


live.on("resync", _forget)
