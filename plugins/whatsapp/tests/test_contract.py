"""WhatsApp keeps the contract of a channel."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import Unreadable
from polydesk.testing.contract import ChannelContract, Knock, Mood, Received, Said, Sample
from polydesk.testing.meta import GraphError, Meta, Sent, User, signature, signed
from polydesk.testing.meta.signing import HEADER
from polydesk.types import AccountNews, DeliveryState, Elsewhere, Handle, Message, Reaction, Revision
from polydesk_whatsapp.compose import kind_of
from polydesk_whatsapp.settings import WhatsAppSettings

NUMBER, BUSINESS = "110000000000001", "WABA1"
PEOPLE = {
    "nino": User(wa_id="995555000111", name="Nino K", user_id="GE.111"),
    "dato": User(wa_id="995555000222", name="Dato B", user_id="GE.222"),
}


def _piece(kind: str, body: Any, number: str = NUMBER, field: str = "messages") -> bytes:
    piece = {"kind": kind, "field": field, "business": BUSINESS, "number": number, "contact": {}, "body": body}
    return msgspec.json.encode(piece)


def _message(**more: Any) -> bytes:
    return _piece("message", {"from": "995555000111", "id": "wamid.1", "timestamp": "1700000000", **more})


class TestWhatsApp(ChannelContract):
    plugin = "whatsapp"
    secret = "app_secret"
    states = ("delivered", "read", "failed")
    refusal = "Business account locked"
    wrong = {"per_second": "0", "version": "26"}
    open_settings = frozenset({"verify_token"})
    recipients = {"+995 555 000 111": "+995555000111", "00995555000111": "+995555000111", "555 000 111": ""}
    samples = (
        Sample(
            name="of a kind nobody knows", raw=_message(type="hologram", hologram={}), becomes=(Message, Unreadable)
        ),
        Sample(name="no sender", raw=_piece("message", {"id": "wamid.1", "type": "text"}), becomes=(Unreadable,)),
        Sample(name="another number", raw=_piece("message", {}, number="9"), becomes=(Elsewhere, Unreadable)),
        Sample(
            name="a reaction",
            raw=_message(type="reaction", reaction={"message_id": "wamid.0", "emoji": "👍"}),
            becomes=(Reaction,),
        ),
        Sample(
            name="taken back",
            raw=_message(type="revoke", revoke={"original_message_id": "wamid.0"}),
            becomes=(Revision,),
        ),
        Sample(name="a complaint", raw=_piece("error", {"code": 131031, "title": "locked"}), becomes=(AccountNews,)),
        Sample(name="no message", raw=_piece("message", ["list"]), becomes=(Unreadable,)),
    )

    async def open(self, hook: str) -> WhatsAppSettings:
        self.meta = await Meta().start()
        self.now: Mood = "well"
        whatsapp = self.meta.whatsapp
        whatsapp.add(NUMBER, business=BUSINESS)
        whatsapp.reports = ()
        whatsapp.windows = False
        take = whatsapp.take

        async def moody(number: Any, message: dict[str, Any]) -> dict[str, Any]:
            if message.get("status") != "read" and self.now == "busy":
                raise GraphError(130429)
            if message.get("status") != "read" and self.now == "refuse":
                raise GraphError(131031)
            return await take(number, message)

        whatsapp.take = moody  # type: ignore[method-assign]
        return WhatsAppSettings(
            phone_number_id=NUMBER,
            business_id=BUSINESS,
            token=self.meta.token,
            app_secret=self.meta.secret,
            verify_token=self.meta.verify_token,
            base_url=self.meta.url,
            per_second=1000,
        )

    async def close(self) -> None:
        await self.meta.stop()

    def handle(self, who: str) -> Handle:
        return Handle("phone", f"+{PEOPLE[who].wa_id}")

    async def comes(self, said: Said) -> Knock:
        shelf = self.meta.whatsapp.shelf
        about: dict[str, Any] = {"type": "text", "text": {"body": said.text}}
        if said.choice is not None:
            reply = {"id": said.choice.value, "title": said.choice.label}
            about = {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": reply}}
        for file in said.files:
            kind = kind_of(file.media_type)
            media = shelf.put(file.data, file.media_type)
            about = {"type": kind, kind: shelf.incoming(media, caption=said.text)}
        stamp = str(int(said.at.timestamp()))
        _id, body = self.meta.whatsapp.incoming(PEOPLE[said.who], id=f"wamid.{said.id}", timestamp=stamp, **about)
        return self._knock(body)

    def _knock(self, body: Any) -> Knock:
        raw, headers = signed(self.meta.secret, body)
        return Knock(body=raw, headers=headers)

    def signed(self, knock: Knock, settings: Any, url: str) -> Knock:
        given = {"content-type": "application/json", HEADER: signature(settings.app_secret, knock.body)}
        return msgspec.structs.replace(knock, headers=given)

    async def received(self) -> list[Received]:
        return [self._got(each) for each in self.meta.whatsapp.sent]

    def _got(self, sent: Sent) -> Received:
        kind = sent.message["type"]
        about = sent.message[kind]
        text = about.get("body") or about.get("caption") or ""
        text = text["text"] if isinstance(text, dict) else text
        files = (self.meta.whatsapp.shelf.files[about["id"]].data,) if "id" in about else ()
        choices = tuple(each["reply"]["title"] for each in (about.get("action") or {}).get("buttons", ()))
        return Received(id=sent.id, to=f"+{sent.to}", text=text, files=files, choices=choices, details=sent)

    async def mood(self, mood: Mood) -> None:
        self.now = mood
        self.meta.mood = mood if mood in ("silent", "down") else ""

    async def news(self, received: Received, state: DeliveryState) -> Knock:
        number = self.meta.whatsapp.numbers[NUMBER]
        status = self.meta.whatsapp.status(received.details, state, 131026 if state == "failed" else 0)
        return self._knock(self.meta.whatsapp.body(number, statuses=[status]))
