"""A make-believe number on a make-believe Meta, for `polydesk simulate`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from polydesk import Simulator
from polydesk.simulator import Heard, Persona, Saying
from polydesk.testing.meta import Meta, Sent, User, template
from polydesk.types import Choice
from polydesk_whatsapp import pieces
from polydesk_whatsapp.compose import kind_of
from polydesk_whatsapp.settings import WhatsAppSettings

_NUMBER, _BUSINESS = "110000000000001", "WABA1"


class WhatsAppSimulator(Simulator):
    """People with telephone numbers, of whom every seventh hides theirs."""

    channel = "whatsapp"

    def __init__(self) -> None:
        self._meta = Meta()
        self._users: dict[str, User] = {}
        self._personas: dict[str, str] = {}

    async def start(self, hook: str) -> WhatsAppSettings:
        """Open Meta's side with one number and its templates."""
        self._meta = Meta()
        self._users, self._personas = {}, {}
        self._meta.whatsapp.add(_NUMBER, business=_BUSINESS)
        self._meta.whatsapp.templates = [
            template("order_shipped", "en", "Hello {{1}}, your order {{2}} is on its way.", footer="Parcel Post"),
            template("order_shipped", "fr", "Bonjour {{1}}, votre commande {{2}} est en route."),
            template("we_answer", "en", "Hello {{1}}, we have an answer for you.", header="Your question"),
            template("autumn_offer", "en", "Only today: {{1}} less.", status="PAUSED"),
        ]
        await self._meta.start(hook)
        return WhatsAppSettings(
            phone_number_id=_NUMBER,
            number="+995 322 000 222",
            business_id=_BUSINESS,
            token=self._meta.token,
            app_secret=self._meta.secret,
            verify_token=self._meta.verify_token,
            base_url=self._meta.url,
            catalogue="CAT1",
        )

    async def stop(self) -> None:
        """Close it again."""
        await self._meta.stop()

    def expect(self, persona: Persona) -> None:
        """They may still be answered freely, as far as Meta's side goes; the desk knows better."""
        self._meta.whatsapp.remember(self._user(persona))

    async def say(self, persona: Persona, saying: Saying) -> None:
        """Words, files and places as WhatsApp delivers them: one after the other."""
        user = self._user(persona)
        whatsapp = self._meta.whatsapp
        if saying.choice is not None:
            await whatsapp.write(user, type="interactive", interactive=_tap(saying.choice))
            return
        for file in saying.files:
            kind = kind_of(file.media_type)
            more = {"filename": file.name} if kind == "document" else {}
            await whatsapp.file(user, kind, file.data, file.media_type, **more)
        for piece in saying.pieces:
            if piece.__class__.__name__ in ("Place", "Card"):
                await whatsapp.write(user, **pieces.written(piece))  # type: ignore[arg-type]
        if saying.text:
            await whatsapp.text(user, saying.text)

    async def heard(self) -> AsyncIterator[Heard]:
        """What the desk sends, until the service is stopped."""
        while True:
            sent = await self._meta.whatsapp.outbox.get()
            if persona := self._personas.get(sent.to):
                yield _heard(persona, sent)

    def _user(self, persona: Persona) -> User:
        if persona.key not in self._users:
            number = persona.phone.lstrip("+")
            user = User(wa_id=number, name=persona.name, user_id=f"GE.{number}", username=persona.key)
            user.hidden = number.isdigit() and int(number) % 7 == 0
            self._users[persona.key] = user
            self._personas[user.key] = persona.key
        return self._users[persona.key]


def _tap(choice: Choice) -> dict[str, Any]:
    return {"type": "button_reply", "button_reply": {"id": choice.value, "title": choice.label[:20]}}


def _heard(persona: str, sent: Sent) -> Heard:
    message = sent.message
    about = message.get(str(message.get("type"))) or {}
    about = about if isinstance(about, dict) else {}
    text = about.get("body") or about.get("caption") or about.get("name") or about.get("emoji") or ""
    text = text.get("text", "") if isinstance(text, dict) else text
    action = about.get("action") or {}
    choices = [Choice(value=each["reply"]["id"], label=each["reply"]["title"]) for each in action.get("buttons") or ()]
    for section in action.get("sections") or ():
        choices += [Choice(value=row["id"], label=row["title"]) for row in section.get("rows") or ()]
    return Heard(persona=persona, text=str(text), choices=tuple(choices))
