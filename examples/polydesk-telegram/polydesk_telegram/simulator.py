"""A make-believe bot with people writing to it, for `polydesk simulate`."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Any

from polydesk import Simulator
from polydesk.simulator import Heard, Persona, Saying
from polydesk.types import Card, Choice, Place
from polydesk_telegram.make_believe import Sent, Telegram
from polydesk_telegram.settings import TelegramSettings


class TelegramSimulator(Simulator):
    """Everyone has Telegram; the bot's updates are fetched."""

    channel = "telegram"

    def __init__(self) -> None:
        self._telegram = Telegram()
        self._personas: dict[int, str] = {}
        self._asked: dict[int, Sent] = {}

    async def start(self, hook: str) -> TelegramSettings:
        """Open Telegram with one bot."""
        self._telegram, self._personas, self._asked = Telegram(), {}, {}
        await self._telegram.start(hook)
        return TelegramSettings(token=self._telegram.token, api_url=self._telegram.url, signed=True)

    async def stop(self) -> None:
        """Close it again."""
        await self._telegram.stop()

    def expect(self, persona: Persona) -> None:
        """They talk to the bot already."""
        self._person(persona)

    async def say(self, persona: Persona, saying: Saying) -> None:
        """Words, files, places, or a button pressed."""
        person = self._person(persona)
        asked = self._asked.get(person["id"])
        if saying.choice is not None and asked is not None:
            await self._press(person, asked, saying.choice)
            return
        text = saying.choice.label if saying.choice else saying.text
        for piece in saying.pieces:
            if isinstance(piece, Place):
                await self._write(person, location={"latitude": piece.latitude, "longitude": piece.longitude})
            elif isinstance(piece, Card) and piece.phones:
                await self._write(person, contact={"phone_number": piece.phones[0], "first_name": piece.name})
        for file in saying.files:
            named = self._telegram.keep_file(file.data, file_name=file.name, mime_type=file.media_type)
            await self._write(person, document=named, caption=text)
            text = ""
        if text:
            await self._write(person, text=text)

    async def heard(self) -> AsyncIterator[Heard]:
        """What the desk sends, until the service is stopped."""
        while True:
            sent = await self._telegram.outbox.get()
            if sent.buttons:
                self._asked[sent.chat] = sent
            choices = tuple(Choice(value=each["callback_data"], label=each["text"]) for each in sent.buttons)
            if persona := self._personas.get(sent.chat):
                yield Heard(persona=persona, text=sent.text, choices=choices)

    async def _write(self, person: dict[str, Any], **content: Any) -> None:
        await self._telegram.deliver(self._telegram.update(message=self._telegram.message(person, **content)))

    async def _press(self, person: dict[str, Any], asked: Sent, choice: Choice) -> None:
        message = self._telegram.message(person, id=asked.id, text=asked.text, reply_markup=asked.given["reply_markup"])
        pressed = {"id": f"press-{asked.id}", "from": person, "message": message, "data": choice.value}
        await self._telegram.deliver(self._telegram.update(callback_query=pressed))

    def _person(self, persona: Persona) -> dict[str, Any]:
        """The same persona has the same number every time."""
        number = 10_000_000 + zlib.crc32(persona.key.encode()) % 900_000_000
        self._personas[number] = persona.key
        first, _space, last = persona.name.partition(" ")
        return {
            "id": number,
            "first_name": first,
            "last_name": last,
            "username": persona.key,
            "language_code": persona.language,
        }
