"""Messenger and Instagram keep the contract of a channel."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from polydesk import Unreadable
from polydesk.testing.contract import ChannelContract, Knock, Mood, Received, Said, Sample
from polydesk.testing.meta import Fan, GraphError, Meta, PageSent, signature, signed
from polydesk.testing.meta.pages import APP
from polydesk.testing.meta.signing import HEADER
from polydesk.types import DeliveryState, Elsewhere, Handle, Message, Nothing, Reaction
from polydesk_messenger import people as known
from polydesk_messenger.compose import kind_of
from polydesk_messenger.settings import InstagramSettings, PageSettings

PEOPLE = {"nino": Fan("5550001", "Nino K", "nino.k"), "dato": Fan("5550002", "Dato B", "dato.b")}


def _event(page: str, **event: Any) -> bytes:
    about = {"sender": {"id": "5550001"}, "recipient": {"id": page}, "timestamp": 1_700_000_000_000, **event}
    return msgspec.json.encode({"kind": "messaging", "page": page, "body": about})


def _samples(page: str) -> tuple[Sample, ...]:
    return (
        Sample(
            name="another page",
            raw=_event("PAGE9", message={"mid": "m1", "text": "hi"}),
            becomes=(Elsewhere, Unreadable),
        ),
        Sample(
            name="a reaction",
            raw=_event(page, reaction={"mid": "m1", "action": "react", "emoji": "❤"}),
            becomes=(Reaction,),
        ),
        Sample(name="an event nobody knows", raw=_event(page, hologram={}), becomes=(Nothing,)),
        Sample(
            name="a tap without words", raw=_event(page, postback={"mid": "m2", "payload": "GO"}), becomes=(Message,)
        ),
        Sample(
            name="no event",
            raw=msgspec.json.encode({"kind": "messaging", "page": page, "body": 7}),
            becomes=(Unreadable,),
        ),
    )


class TestMessenger(ChannelContract):
    plugin = "messenger"
    channel_name = "messenger"
    secret = "app_secret"
    refusal = "This person isn't available right now."
    open_settings = frozenset({"verify_token"})
    recipients = {"somebody": ""}
    page, platform = "PAGE1", "page"
    kind: ClassVar[type[PageSettings]] = PageSettings
    states: ClassVar[tuple[DeliveryState, ...]] = ("delivered", "read")
    samples = _samples("PAGE1")
    out_files = (("photo.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"1" * 50),)

    async def open(self, hook: str) -> PageSettings:
        known._known.clear()
        self.meta = await Meta().start()
        self.now: Mood = "well"
        pages = self.meta.pages
        pages.add(self.page, self.platform)
        pages.windows = pages.echoes = pages.reads = False
        pages.fans |= {each.id: each for each in PEOPLE.values()}
        take = pages.take

        async def moody(page: Any, asked: dict[str, Any]) -> dict[str, Any]:
            if self.now == "busy" and "message" in asked:
                raise GraphError(613)
            if self.now == "refuse" and "message" in asked:
                raise GraphError(551)
            return await take(page, asked)

        pages.take = moody  # type: ignore[method-assign]
        return self.kind(
            account_id=self.page,
            token=self.meta.token,
            app_secret=self.meta.secret,
            verify_token=self.meta.verify_token,
            app_id=APP,
            base_url=self.meta.url,
        )

    async def close(self) -> None:
        await self.meta.stop()

    def handle(self, who: str) -> Handle:
        name = "messenger" if self.platform == "page" else "instagram"
        return Handle(name, f"{self.page}:{PEOPLE[who].id}")

    async def comes(self, said: Said) -> Knock:
        page, pages = self.meta.pages.pages[self.page], self.meta.pages
        message: dict[str, Any] = {"mid": f"m_{said.id}", "text": said.text}
        if said.choice is not None:
            message["quick_reply"] = {"payload": said.choice.value}
        if said.files:
            url = pages.address_of(said.files[0].data, said.files[0].media_type)
            message["attachments"] = [{"type": kind_of(said.files[0].media_type), "payload": {"url": url}}]
        stamp = int(said.at.timestamp() * 1000)
        return self._knock(pages.event(PEOPLE[said.who], page, timestamp=stamp, message=message))

    def _knock(self, body: Any) -> Knock:
        raw, headers = signed(self.meta.secret, body)
        return Knock(body=raw, headers=headers)

    def signed(self, knock: Knock, settings: Any, url: str) -> Knock:
        given = {"content-type": "application/json", HEADER: signature(settings.app_secret, knock.body)}
        return msgspec.structs.replace(knock, headers=given)

    async def received(self) -> list[Received]:
        return [self._got(each) for each in self.meta.pages.sent]

    def _got(self, sent: PageSent) -> Received:
        message = sent.message["message"]
        named = message.get("attachment", {}).get("payload", {}).get("attachment_id", "")
        return Received(
            id=sent.id,
            to=f"{self.page}:{sent.to}",
            text=message.get("text", ""),
            files=(self.meta.pages.shelf.files[named].data,) if named else (),
            choices=tuple(each["title"] for each in message.get("quick_replies", ())),
        )

    async def mood(self, mood: Mood) -> None:
        self.now = mood
        self.meta.mood = mood if mood in ("silent", "down") else ""

    async def news(self, received: Received, state: DeliveryState) -> Knock:
        pages, page = self.meta.pages, self.meta.pages.pages[self.page]
        event: dict[str, Any] = {"delivery": {"mids": [received.id], "watermark": pages.stamp()}}
        if state == "read":
            event = {"read": {"watermark": pages.stamp()} if self.platform == "page" else {"mid": received.id}}
        return self._knock(pages.event(PEOPLE["nino"], page, **event))


class TestInstagram(TestMessenger):
    channel_name = "instagram"
    page, platform = "IGACC1", "instagram"
    kind = InstagramSettings
    states = ("read",)
    samples = _samples("IGACC1")
