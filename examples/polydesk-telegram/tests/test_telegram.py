"""What is Telegram's own, through a served desk and a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from polydesk import Invalid, db
from polydesk.channels import service as channels
from polydesk.conversations import replying
from polydesk.conversations.extras import NO_EXTRAS, Extras
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing.fixtures import LiveDesk
from polydesk.types import Card, Choice, Handle, Place, Prompt, Sign
from polydesk_telegram.composing import cut, length
from polydesk_telegram.make_believe import Sent, Telegram
from polydesk_telegram.settings import TelegramSettings

NINO: dict[str, Any] = {
    "id": 555000111,
    "first_name": "Nino",
    "last_name": "K",
    "username": "nino_k",
    "language_code": "ka",
}


@dataclass
class Bot:
    """A served desk, and a bot at a make-believe Telegram."""

    desk: LiveDesk
    telegram: Telegram
    owner: Any
    account: int

    async def write(self, person: dict[str, Any] = NINO, **content: Any) -> dict[str, Any]:
        message = self.telegram.message(person, **content)
        await self.telegram.deliver(self.telegram.update(message=message))
        return message

    async def conversation(self) -> int:
        return int(str((await self.desk.until("SELECT id FROM pd_conversation"))[0]["id"]))

    async def reply(self, text: str, extras: Extras = NO_EXTRAS) -> int:
        return await replying.reply(self.owner, await self.conversation(), text, extras=extras)

    async def sent(self) -> Sent:
        return await self.telegram.outbox.get()

    async def the_message(self) -> dict[str, Any]:
        rows = await self.desk.until(
            "SELECT * FROM pd_item WHERE kind = 'message' AND direction = 'in' ORDER BY id DESC"
        )
        return {**rows[0], "data": msgspec.json.decode(str(rows[0]["data"]))}


async def until(met: Callable[[], bool]) -> None:
    """Wait for what happens at the service."""
    async with asyncio.timeout(15):
        while not met():
            await asyncio.sleep(0.02)


@pytest.fixture
async def bot(live_desk: LiveDesk, request: pytest.FixtureRequest) -> AsyncIterator[Bot]:
    person = await people.create_owner(
        name="Mara <Olsen>", email="mara@telegram.example", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    telegram = await Telegram().start()
    given = {"token": telegram.token, "api_url": telegram.url, "secret_token": "proof", **getattr(request, "param", {})}
    account = await channels.save_account(
        owner, channel="telegram", client=owner.clients[0], market=None, name="Bot", settings=TelegramSettings(**given)
    )
    yield Bot(live_desk, telegram, owner, account)
    await telegram.stop()


async def test_fetched_and_answered(bot: Bot) -> None:
    await bot.write(text="გამარჯობა 🙂")
    assert (await bot.the_message())["text"] == "გამარჯობა 🙂"
    contact = (await db.fetch("SELECT name, language FROM pd_contact"))[0]
    assert (contact["name"], contact["language"]) == ("Nino K", "ka")
    await bot.reply("1 < 2 & *stars* _stay_")
    assert (await bot.sent()).text == "1 < 2 & *stars* _stay_"
    assert bot.telegram.memory.calls[0] in ("getMe", "deleteWebhook")


async def test_what_was_stored_is_not_asked_for_again(bot: Bot) -> None:
    for number in range(3):
        await bot.write(text=f"message {number}")
    await bot.desk.until("SELECT id FROM pd_item WHERE text = 'message 2'")
    await bot.write(text="the last")
    await bot.desk.until("SELECT id FROM pd_item WHERE text = 'the last'")
    cursor = (await db.fetch("SELECT cursor FROM pd_account WHERE id = {}", bot.account))[0]["cursor"]
    assert msgspec.json.decode(cursor) == {"offset": 105}


@pytest.mark.parametrize("bot", [{"way": "webhook"}], indirect=True)
async def test_the_connection_test_tells_telegram_where_to_call(bot: Bot) -> None:
    account = await channels.load(bot.account)
    found = await channels.check_account(bot.owner, "telegram", account.settings, bot.account)
    assert [each.ok for each in found] == [True, True]
    assert bot.telegram.hook_at.url == f"{bot.desk.url}/hooks/telegram/{bot.telegram.bot}"
    assert "message_reaction" in bot.telegram.hook_at.allowed
    await bot.write(text="called")
    assert (await bot.the_message())["text"] == "called"
    assert bot.telegram.statuses == [200]
    bot.telegram.hook_at.secret = "forged"
    await bot.write(text="forged")
    assert bot.telegram.statuses[-1] == 403


async def test_buttons_are_shown_pressed_and_answered(bot: Bot) -> None:
    await bot.write(text="help")
    long = "x" * 70
    prompt = Prompt(
        text="What is it about?", choices=(Choice(value="order", label="An order"), Choice(value=long, label="Else"))
    )
    await bot.reply("What is it about?", Extras(prompt=prompt))
    sent = await bot.sent()
    assert [each["text"] for each in sent.buttons] == ["An order", "Else"]
    message = bot.telegram.message(NINO, id=sent.id, text=sent.text, reply_markup=sent.given["reply_markup"])
    for number, button in enumerate(sent.buttons):
        pressed = {"id": f"p{number}", "from": NINO, "message": message, "data": button["callback_data"]}
        await bot.telegram.deliver(bot.telegram.update(callback_query=pressed))
    await bot.desk.until("SELECT id FROM pd_item WHERE direction = 'in' AND text = 'Else'")
    rows = await bot.desk.until("SELECT data FROM pd_item WHERE direction = 'in' AND text = 'An order'")
    assert '"choice":"order"' in str(rows[0]["data"]).replace(" ", "")
    await until(lambda: set(bot.telegram.memory.answered) == {"p0", "p1"})


async def test_a_picture_is_fetched_and_one_too_large_is_said_so(bot: Bot) -> None:
    small, large = bot.telegram.keep_file(b"small"), bot.telegram.keep_file(b"large enough")
    await bot.write(photo=[small, large], caption="look")
    rows = await bot.desk.until("SELECT name, media_type, size FROM pd_attachment")
    assert [(row["name"], row["media_type"], row["size"]) for row in rows] == [("photo.jpg", "image/jpeg", 12)]
    huge = bot.telegram.keep_file(b"x", size=21 * 1024 * 1024, file_name="film.mp4", mime_type="video/mp4")
    await bot.write(video=huge)
    rows = await bot.desk.until("SELECT data FROM pd_item WHERE data LIKE '%20 MB%'")
    assert "film.mp4" in str(rows[0]["data"])


async def test_stickers_places_and_cards(bot: Bot) -> None:
    await bot.write(sticker=bot.telegram.keep_file(b"RIFF", emoji="🎉"))
    assert (await bot.the_message())["text"] == "🎉"
    await bot.write(
        venue={"location": {"latitude": 41.7, "longitude": 44.8}, "title": "Fountain", "address": "Rustaveli"}
    )
    rows = await bot.desk.until("SELECT data FROM pd_item WHERE data LIKE '%Fountain%'")
    assert "41.7" in str(rows[0]["data"])
    await bot.write(contact={"phone_number": "995555000111", "first_name": "Nino", "user_id": NINO["id"]})
    rows = await bot.desk.until("SELECT value FROM pd_identity WHERE kind = 'phone'")
    assert rows[0]["value"] == "+995555000111"
    await bot.write(contact={"phone_number": "+995555000999", "first_name": "A friend", "user_id": 4})
    await bot.desk.until("SELECT id FROM pd_item WHERE data LIKE '%A friend%'")
    assert len(await db.fetch("SELECT id FROM pd_identity WHERE kind = 'phone'")) == 1


async def test_an_edit_and_a_reaction_are_shown_at_their_message(bot: Bot) -> None:
    message = await bot.write(text="frist")
    await bot.the_message()
    await bot.telegram.deliver(
        bot.telegram.update(edited_message={**message, "text": "first", "edit_date": message["date"] + 5})
    )
    await bot.desk.until("SELECT id FROM pd_item WHERE kind = 'revision' AND data LIKE '%first%'")
    await bot.reply("Thank you")
    sent = await bot.sent()
    await bot.desk.until("SELECT id FROM pd_delivery WHERE state = 'sent'")
    reacted = {"chat": message["chat"], "message_id": sent.id, "user": NINO, "date": message["date"],
               "new_reaction": [{"type": "emoji", "emoji": "❤"}]}  # fmt: skip
    await bot.telegram.deliver(bot.telegram.update(message_reaction=reacted))
    await bot.desk.until("SELECT id FROM pd_item WHERE data LIKE '%❤%'")
    item = await bot.the_message()
    await replying.react(bot.owner, await bot.conversation(), item["id"], "👍")
    await until(lambda: bool(bot.telegram.memory.reactions))
    assert bot.telegram.memory.reactions[0]["reaction"] == [{"type": "emoji", "emoji": "👍"}]
    assert bot.telegram.memory.reactions[0]["message_id"] == message["message_id"]


async def test_a_reply_quotes_and_brings_places_and_cards(bot: Bot) -> None:
    message = await bot.write(text="where are you?")
    item = await bot.the_message()
    pieces = (Place(latitude=41.7, longitude=44.8, name="Office"), Card(name="Mara", phones=("+995322000222",)))
    await bot.reply("Here.", Extras(quotes=item["id"], pieces=pieces))
    words, place, card = await bot.sent(), await bot.sent(), await bot.sent()
    assert words.given["reply_parameters"]["message_id"] == message["message_id"]
    assert (place.method, place.given["title"]) == ("sendVenue", "Office")
    assert (card.method, card.given["phone_number"]) == ("sendContact", "+995322000222")


@pytest.mark.parametrize("bot", [{"signed": True}], indirect=True)
async def test_names_and_words_are_escaped_where_there_is_markup(bot: Bot) -> None:
    await bot.write(text="hello")
    await bot.reply("a < b && c > d </b>")
    sent = await bot.sent()
    assert sent.text == "Mara <Olsen>\na < b && c > d </b>"
    assert sent.given["parse_mode"] == "HTML"


async def test_a_start_link_is_said_and_groups_are_left_alone(bot: Bot) -> None:
    group = bot.telegram.message(NINO, text="not for you")
    group["chat"] = {"id": -100, "type": "supergroup", "title": "Friends"}
    await bot.telegram.deliver(bot.telegram.update(message=group))
    await bot.write(text="/start order-1042")
    assert "order-1042" in str((await bot.the_message())["data"])
    assert len(await db.fetch("SELECT id FROM pd_item WHERE kind = 'message'")) == 1
    rows = await bot.desk.until("SELECT reason FROM pd_arrival WHERE state = 'nothing'")
    assert "group" in str(rows[0]["reason"])


async def test_typing_is_shown(bot: Bot) -> None:
    await bot.write(text="hello")
    await bot.the_message()
    account = await channels.load(bot.account)
    found = channels.find_channel("telegram")
    assert found is not None
    await found[1].sign(Sign(kind="typing", conversation=1, to=Handle("telegram", str(NINO["id"]))), account)
    assert bot.telegram.memory.actions == [{"chat_id": NINO["id"], "action": "typing"}]


async def test_a_wrong_token_is_the_accounts_trouble(bot: Bot) -> None:
    account = await channels.load(bot.account)
    wrong = msgspec.structs.replace(account.settings, token=f"{bot.telegram.bot}:wrong")
    found = await channels.check_account(bot.owner, "telegram", wrong)
    assert [each.ok for each in found] == [False]
    assert "BotFather" in str(found[0].advice)


def test_long_texts_are_cut_where_it_hurts_least() -> None:
    text = "🙂" * 3000 + " " + "word " * 2000
    pieces = cut(text)
    assert all(length(each) <= 4096 for each in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert not any(each.startswith("ord") for each in pieces[2:])


def test_a_secret_token_has_signs_that_telegram_takes() -> None:
    with pytest.raises(Invalid, match="letters"):
        TelegramSettings(token="1:a", secret_token="with space")
