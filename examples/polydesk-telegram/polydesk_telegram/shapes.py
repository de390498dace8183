"""What of the Bot API's updates is read here, as https://core.telegram.org/bots/api describes it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Id = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]


class User(msgspec.Struct):
    """Somebody, or a bot."""

    id: Id
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str = ""


class Chat(msgspec.Struct):
    """Where something was written; a private chat has its contact's own number."""

    id: Id
    type: str


class File(msgspec.Struct):
    """Any kind of file; photos have neither name nor kind."""

    file_id: str
    file_unique_id: str = ""
    file_size: int = 0
    file_name: str = ""
    mime_type: str = ""


class Sticker(File):
    """A sticker stands for a sign, and is a picture, an animation or a film."""

    emoji: str = ""
    is_animated: bool = False
    is_video: bool = False


class Location(msgspec.Struct):
    """A place; out of range it is none."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]


class Venue(msgspec.Struct):
    """A place with a name."""

    location: Location
    title: str = ""
    address: str = ""


class Shared(msgspec.Struct):
    """A visiting card; with the sender's own id it is their own."""

    phone_number: str
    first_name: str = ""
    last_name: str = ""
    user_id: Id = 0


class Dice(msgspec.Struct):
    """Thrown."""

    emoji: str
    value: int


class Button(msgspec.Struct):
    """One that calls back has data."""

    text: str
    callback_data: str = ""


class Keyboard(msgspec.Struct):
    """Rows of buttons below a message."""

    inline_keyboard: list[list[Button]] = []


class Written(msgspec.Struct, rename={"sender": "from"}, kw_only=True):
    """A message."""

    message_id: Id
    chat: Chat
    date: int = 0
    sender: User | None = None
    edit_date: int = 0
    text: str = ""
    caption: str = ""
    reply_to_message: Written | None = None
    reply_markup: Keyboard | None = None
    photo: list[File] = []
    document: File | None = None
    voice: File | None = None
    audio: File | None = None
    video: File | None = None
    video_note: File | None = None
    animation: File | None = None
    sticker: Sticker | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: Shared | None = None
    dice: Dice | None = None

    def label_of(self, data: str) -> str:
        """What stands on the button with this data."""
        rows = self.reply_markup.inline_keyboard if self.reply_markup else []
        return next((each.text for row in rows for each in row if each.callback_data == data), "")


class Callback(msgspec.Struct, rename={"sender": "from"}, kw_only=True):
    """A button was pressed."""

    id: str
    sender: User
    message: Written | None = None
    data: str = ""


class Emoji(msgspec.Struct):
    """A reaction; one of Telegram's own pictures has no sign."""

    type: str = ""
    emoji: str = ""


class Reacted(msgspec.Struct, kw_only=True):
    """Somebody changed their reactions to a message."""

    chat: Chat
    message_id: Id
    date: int = 0
    user: User | None = None
    new_reaction: list[Emoji] = []


class Status(msgspec.Struct):
    """ "kicked" in a private chat: the bot was blocked."""

    status: Literal["creator", "administrator", "member", "restricted", "left", "kicked"]


class Member(msgspec.Struct):
    """Somebody blocked the bot or lets it write again."""

    chat: Chat
    new_chat_member: Status


class Update(msgspec.Struct, kw_only=True):
    """One thing that happened."""

    update_id: int
    message: Written | None = None
    edited_message: Written | None = None
    callback_query: Callback | None = None
    message_reaction: Reacted | None = None
    my_chat_member: Member | None = None
