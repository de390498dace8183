"""A make-believe page and a make-believe Instagram account on a make-believe Meta, for `polydesk simulate`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from polydesk import Simulator
from polydesk.simulator import Heard, Persona, Saying
from polydesk.testing.meta import Fan, Meta
from polydesk.testing.meta.pages import APP
from polydesk.types import Choice, Place
from polydesk_messenger.compose import kind_of
from polydesk_messenger.settings import InstagramSettings, PageSettings


class MessengerSimulator(Simulator):
    """A Facebook page and the people who write to it."""

    channel = "messenger"
    _platform = "page"
    _id = "PAGE1"
    _settings: type[PageSettings] = PageSettings

    def __init__(self) -> None:
        self._meta = Meta()
        self._fans: dict[str, Fan] = {}
        self._personas: dict[str, str] = {}

    async def start(self, hook: str) -> PageSettings:
        """Open Meta's side with one page or account."""
        self._meta = Meta()
        self._fans, self._personas = {}, {}
        self._meta.pages.add(self._id, self._platform)
        await self._meta.start(hook)
        return self._settings(
            account_id=self._id,
            token=self._meta.token,
            app_secret=self._meta.secret,
            verify_token=self._meta.verify_token,
            app_id=APP,
            base_url=self._meta.url,
        )

    async def stop(self) -> None:
        """Close it again."""
        await self._meta.stop()

    def expect(self, persona: Persona) -> None:
        """They may still be answered freely, as far as Meta's side goes; the desk knows better."""
        self._meta.pages.remember(self._fan(persona))

    async def say(self, persona: Persona, saying: Saying) -> None:
        """Words, files and taps as Meta delivers them: one after the other."""
        fan, pages = self._fan(persona), self._meta.pages
        if saying.choice is not None:
            await pages.write(fan, text=saying.choice.label[:20], quick_reply={"payload": saying.choice.value})
            return
        for file in saying.files:
            await pages.file(fan, kind_of(file.media_type), file.data, file.media_type)
        places = [each for each in saying.pieces if isinstance(each, Place)]
        lines = [saying.text, *(f"https://maps.example/?q={each.latitude},{each.longitude}" for each in places)]
        if text := "\n".join(each for each in lines if each):
            await pages.write(fan, text=text)

    async def heard(self) -> AsyncIterator[Heard]:
        """What the desk sends, until the service is stopped."""
        while True:
            sent = await self._meta.pages.outbox.get()
            message: dict[str, Any] = sent.message["message"]
            replies = message.get("quick_replies") or ()
            choices = tuple(Choice(value=each["payload"], label=each["title"]) for each in replies)
            if persona := self._personas.get(sent.to):
                yield Heard(persona=persona, text=str(message.get("text") or ""), choices=choices)

    def _fan(self, persona: Persona) -> Fan:
        if persona.key not in self._fans:
            fan = Fan(f"{self._platform}-{persona.key}", persona.name, persona.key)
            self._fans[persona.key] = self._meta.pages.fans[fan.id] = fan
            self._personas[fan.id] = persona.key
        return self._fans[persona.key]


class InstagramSimulator(MessengerSimulator):
    """An Instagram account and the people who write to it."""

    channel = "instagram"
    _platform = "instagram"
    _id = "IGACC1"
    _settings = InstagramSettings
