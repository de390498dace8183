"""Telegram keeps the contract of a channel."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import Unreadable
from polydesk.testing.contract import ChannelContract, Knock, Mood, Received, Said, Sample
from polydesk.types import Handle, Message, Nothing, Reaction, Revision
from polydesk_telegram.make_believe import Hook, Telegram
from polydesk_telegram.settings import TelegramSettings

PEOPLE = {
    "nino": {"id": 555000111, "first_name": "Nino", "username": "nino_k", "language_code": "ka"},
    "dato": {"id": 555000222, "first_name": "Dato"},
}


def _update(**content: Any) -> bytes:
    return msgspec.json.encode({"update_id": 9, **content})


def _message(chat: str = "private", **content: Any) -> dict[str, Any]:
    return {
        "message_id": 1,
        "chat": {"id": 555000111, "type": chat},
        "from": PEOPLE["nino"],
        "date": 1_700_000_000,
        **content,
    }


class TestTelegram(ChannelContract):
    plugin = "telegram"
    secret = "secret_token"
    signs_body = False
    retry_after = 30
    refusal = "Forbidden: bot was blocked by the user"
    wrong = {"secret_token": "ünïcode", "per_second": "0", "way": "pigeon"}
    recipients = {"@nino_k": "", "555000111": ""}
    samples = (
        Sample(name="in a group", raw=_update(message=_message("supergroup", text="hi all")), becomes=(Nothing,)),
        Sample(name="of a channel", raw=_update(channel_post=_message("channel", text="news")), becomes=(Nothing,)),
        Sample(name="by another bot", raw=_update(message={**_message(text="hi"), "from": {"id": 1, "is_bot": True}}),
               becomes=(Nothing,)),
        Sample(name="blocked", raw=_update(my_chat_member={"chat": {"id": 1, "type": "private"},
               "new_chat_member": {"status": "kicked"}}), becomes=(Nothing,)),
        Sample(name="edited", raw=_update(edited_message=_message(text="better", edit_date=1_700_000_100)),
               becomes=lambda made: isinstance(made, Revision) and made.text == "better" and made.of == "555000111:1"),
        Sample(name="a reaction", raw=_update(message_reaction={"chat": {"id": 555000111, "type": "private"},
               "message_id": 1, "date": 1, "user": PEOPLE["nino"], "new_reaction": [{"type": "emoji", "emoji": "👍"}]}),
               becomes=lambda made: isinstance(made, Reaction) and made.sign == "👍"),
        Sample(name="a place off the map", raw=_update(message=_message(location={"latitude": 900, "longitude": 0})),
               becomes=(Unreadable,)),
        Sample(name="a time beyond time", raw=_update(message=_message(text="hi", date=10**18)), becomes=(Unreadable,)),
        Sample(name="a poll", raw=_update(message=_message(poll={"id": "1"})),
               becomes=lambda made: isinstance(made, Message) and bool(made.notices)),
        Sample(name="no update", raw=b'{"message": {}}', becomes=(Unreadable,)),
    )  # fmt: skip

    async def open(self, hook: str) -> TelegramSettings:
        self.telegram = await Telegram().start()
        self.telegram.hook_at = Hook(f"{hook}/{self.telegram.bot}", "a_secret_token")
        return TelegramSettings(
            token=self.telegram.token, api_url=self.telegram.url, way="webhook", secret_token="a_secret_token"
        )

    async def close(self) -> None:
        await self.telegram.stop()

    def handle(self, who: str) -> Handle:
        return Handle("telegram", str(PEOPLE[who]["id"]))

    async def comes(self, said: Said) -> Knock:
        number = sum(ord(each) * 7**place for place, each in enumerate(said.id)) + 1_000_000
        person = PEOPLE[said.who]
        content: dict[str, Any] = {"text": said.text}
        for file in said.files:
            kept = self.telegram.keep_file(file.data, file_name=file.name, mime_type=file.media_type)
            content = {"caption": said.text, "document": kept}
        message = self.telegram.message(person, id=number, date=said.at.timestamp(), **content)
        if said.choice is not None:
            asked = self.telegram.memory.sent[-1]
            message |= {"message_id": asked.id, "reply_markup": asked.given["reply_markup"]}
            pressed = {"id": said.id, "from": person, "message": message, "data": said.choice.value}
            return self.knock(self.telegram.update(callback_query=pressed))
        return self.knock(self.telegram.update(message=message))

    def knock(self, update: dict[str, Any]) -> Knock:
        raw, headers = self.telegram.call_of(update)
        return Knock(body=raw, headers=headers, path=self.telegram.bot)

    def signed(self, knock: Knock, settings: Any, url: str) -> Knock:
        given = {"content-type": "application/json", "X-Telegram-Bot-Api-Secret-Token": settings.secret_token}
        return msgspec.structs.replace(knock, headers=given)

    async def received(self) -> list[Received]:
        return [
            Received(
                id=f"{each.chat}:{each.id}",
                to=str(each.chat),
                text=each.text,
                files=(each.file,) if each.file else (),
                choices=tuple(button["text"] for button in each.buttons),
            )
            for each in self.telegram.memory.sent
        ]

    async def mood(self, mood: Mood) -> None:
        self.telegram.mood = mood
