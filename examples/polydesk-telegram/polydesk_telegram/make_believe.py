"""The Bot API on a port of this machine: one bot, the people who write to it, and Telegram's own rules.

Refuses what Telegram refuses: texts that are too long or not well formed, buttons with too much in them, chats that
nobody opened, files above 20 MB.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import msgspec

from polydesk.testing.http_service import Asked, HttpService, Told
from polydesk_telegram import requests

TOKEN = "7000000001:AAmake-believe-token-of-a-make-believe-bot"  # noqa: S105 make-believe
_METHOD = re.compile(r"/bot([^/]+)/(\w+)")
_FILE = re.compile(r"/file/bot([^/]+)/(.+)")
_SENDS = {
    "sendMessage",
    "sendPhoto",
    "sendDocument",
    "sendVoice",
    "sendVideo",
    "sendLocation",
    "sendVenue",
    "sendContact",
}


@dataclass
class Sent:
    """A message the desk sent."""

    chat: int
    id: int
    method: str
    given: dict[str, Any]
    file: bytes = b""

    @property
    def text(self) -> str:
        """As people read it."""
        text = str(self.given.get("text", ""))
        return _Reader.read(text) if self.given.get("parse_mode") == "HTML" else text

    @property
    def buttons(self) -> list[dict[str, str]]:
        """Every button, row after row."""
        keyboard = self.given.get("reply_markup", {}).get("inline_keyboard", [])
        return [each for row in keyboard for each in row]


@dataclass
class Hook:
    """Where Telegram was told to call."""

    url: str = ""
    secret: str = ""
    allowed: tuple[str, ...] = ()
    error: str = ""


class No(Exception):
    """An error of the API's."""

    def __init__(self, code: int, words: str, **parameters: int) -> None:
        self.code, self.words, self.parameters = code, words, parameters
        super().__init__(words)


@dataclass
class Memory:
    """What came of it all."""

    sent: list[Sent] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    reactions: list[dict[str, Any]] = field(default_factory=list)
    actions: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


class Telegram(HttpService):
    """The service. `mood` is how it answers from now on; `hook.url` may be entered by hand instead of setWebhook."""

    def __init__(self, token: str = TOKEN, first_update: int = 100) -> None:
        super().__init__()
        self.token, self.mood, self.retry_after = token, "well", 30
        self.memory, self.hook_at = Memory(), Hook()
        self.updates: list[dict[str, Any]] = []
        self.outbox: asyncio.Queue[Sent] = asyncio.Queue()
        self.blocked: set[int] = set()
        self._chats: set[int] = set()
        self._files: dict[str, tuple[bytes, int]] = {}
        self._next_update, self._next_message = first_update, 1
        self._came, self._open = asyncio.Condition(), True

    @property
    def bot(self) -> str:
        """Its id."""
        return self.token.partition(":")[0]

    async def stop(self) -> None:
        """Close it; who waits for updates is told that there are none."""
        async with self._came:
            self._open = False
            self._came.notify_all()
        await super().stop()

    # --- people

    def message(self, person: dict[str, Any], *, id: int = 0, date: float = 0.0, **content: Any) -> dict[str, Any]:
        """A message in the private chat with somebody (`{"id": 1, "first_name": …}`)."""
        self._chats.add(person["id"])
        self._next_message += 1
        return {
            "message_id": id or self._next_message,
            "from": {"is_bot": False, **person},
            "chat": {"id": person["id"], "type": "private", "first_name": person.get("first_name", "")},
            "date": int(date or time.time()),
            **content,
        }

    def update(self, **content: Any) -> dict[str, Any]:
        """One update with the next number, not delivered yet."""
        self._next_update += 1
        return {"update_id": self._next_update, **content}

    def keep_file(self, data: bytes, size: int = 0, **more: Any) -> dict[str, Any]:
        """A file as a message names it; a `size` may be claimed."""
        name = f"file-{len(self._files) + 1}"
        self._files[name] = (data, size or len(data))
        return {"file_id": name, "file_unique_id": name, "file_size": size or len(data), **more}

    async def deliver(self, update: dict[str, Any]) -> int:
        """By a call where there is a webhook; else it waits for getUpdates. The status, 0 when it waits."""
        if self.hook_at.url:
            raw, headers = self.call_of(update)
            status = await self.post(self.hook_at.url, raw, headers)
            self.hook_at.error = "" if 200 <= status < 300 else f"Wrong response from the webhook: {status}"
            return status
        async with self._came:
            self.updates.append(update)
            self._came.notify_all()
        return 0

    def call_of(self, update: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        """Bytes and headers of a call."""
        secret = {"X-Telegram-Bot-Api-Secret-Token": self.hook_at.secret} if self.hook_at.secret else {}
        return msgspec.json.encode(update), {"content-type": "application/json", **secret}

    # --- the API

    async def answer(self, asked: Asked) -> Told:
        """`/bot<token>/<method>` and `/file/bot<token>/<path>`."""
        if self.mood == "down":
            return Told(502, b"<html>Bad Gateway</html>")
        if found := _FILE.fullmatch(asked.path):
            data = self._files.get(found[2], (b"", 0))[0]
            return Told(200, data) if found[1] == self.token and data else Told(404, b"Not Found")
        matched = _METHOD.fullmatch(asked.path)
        try:
            if matched is None:
                raise No(404, "Not Found")
            if matched[1] != self.token:
                raise No(401, "Unauthorized")
            given, file = requests.read(asked)
            self.memory.calls.append(matched[2])
            result = await self._do(matched[2], given, file)
        except No as no:
            told = {"ok": False, "error_code": no.code, "description": no.words}
            return Told.json({**told, **({"parameters": no.parameters} if no.parameters else {})}, no.code)
        if self.mood == "silent" and matched[2] in _SENDS:
            return Told(0, b"{")
        return Told.json({"ok": True, "result": result})

    async def _do(self, method: str, given: dict[str, Any], file: bytes) -> Any:
        match method:
            case "getMe":
                return {"id": int(self.bot), "is_bot": True, "first_name": "Parcel Post", "username": "parcel_post_bot"}
            case "getUpdates":
                return await self._updates(given)
            case "setWebhook":
                return self._set(given)
            case "deleteWebhook":
                self.hook_at = Hook()
                return True
            case "getWebhookInfo":
                error = {"last_error_message": self.hook_at.error} if self.hook_at.error else {}
                return {"url": self.hook_at.url, "pending_update_count": len(self.updates), **error}
            case "getFile":
                return self._file(str(given.get("file_id")))
            case "answerCallbackQuery":
                self.memory.answered.append(str(given["callback_query_id"]))
                return True
            case "sendChatAction":
                self._chat(given)
                self.memory.actions.append(given)
                return True
            case "setMessageReaction":
                self._chat(given)
                self.memory.reactions.append(given)
                return True
        if method in _SENDS:
            return self._take(method, given, file)
        raise No(404, "Not Found: method not found")

    async def _updates(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        if self.hook_at.url:
            raise No(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first")
        offset = given.get("offset") or 0
        async with self._came:
            self.updates = [each for each in self.updates if each["update_id"] >= offset]
            if not self.updates and given.get("timeout"):
                try:
                    await asyncio.wait_for(
                        self._came.wait_for(lambda: bool(self.updates) or not self._open), given["timeout"]
                    )
                except TimeoutError:
                    return []
            return self.updates[:100]

    def _set(self, given: dict[str, Any]) -> bool:
        url, secret = str(given.get("url", "")), str(given.get("secret_token", ""))
        if not url.startswith(("https://", "http://127.0.0.1")):
            raise No(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise No(400, "Bad Request: secret token contains unallowed characters")
        self.hook_at = Hook(url, secret, tuple(given.get("allowed_updates") or ()))
        return True

    def _file(self, name: str) -> dict[str, Any]:
        if name not in self._files:
            raise No(400, "Bad Request: invalid file_id")
        if self._files[name][1] > 20 * 1024 * 1024:
            raise No(400, "Bad Request: file is too big")
        return {"file_id": name, "file_path": name}

    def _chat(self, given: dict[str, Any]) -> int:
        chat = int(given.get("chat_id") or 0)
        if chat not in self._chats:
            raise No(400, "Bad Request: chat not found")
        if chat in self.blocked:
            raise No(403, "Forbidden: bot was blocked by the user")
        return chat

    def _take(self, method: str, given: dict[str, Any], file: bytes) -> dict[str, Any]:
        if self.mood == "busy":
            raise No(429, f"Too Many Requests: retry after {self.retry_after}", retry_after=self.retry_after)
        chat = self._chat(given)
        if self.mood == "refuse":
            raise No(403, "Forbidden: bot was blocked by the user")
        self._next_message += 1
        sent = Sent(chat, self._next_message, method, given, file)
        if method == "sendMessage":
            if not sent.text.strip():
                raise No(400, "Bad Request: message text is empty")
            if len(sent.text.encode("utf-16-le", "replace")) // 2 > 4096:
                raise No(400, "Bad Request: message is too long")
        elif method in ("sendPhoto", "sendDocument", "sendVoice", "sendVideo") and not file:
            raise No(400, "Bad Request: file must be non-empty")
        for button in sent.buttons:
            if not 1 <= len(button["callback_data"].encode()) <= 64:
                raise No(400, "Bad Request: BUTTON_DATA_INVALID")
        self.memory.sent.append(sent)
        self.outbox.put_nowait(sent)
        chat_shown = {"id": chat, "type": "private"}
        return {"message_id": sent.id, "chat": chat_shown, "date": int(time.time()), "text": sent.text}


class _Reader(HTMLParser):
    """What people see of HTML; Telegram refuses tags it does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    @classmethod
    def read(cls, text: str) -> str:
        reader = cls()
        reader.feed(text)
        reader.close()
        return "".join(reader.seen)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("b", "i", "u", "s", "a", "code", "pre"):
            raise No(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')

    def handle_data(self, data: str) -> None:
        self.seen.append(data)
