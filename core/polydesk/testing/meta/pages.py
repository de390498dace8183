"""Facebook pages and Instagram accounts as Meta runs them: who writes to them, and what becomes of what is sent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from polydesk.testing.meta import page_requests
from polydesk.testing.meta.failures import TRANSIENT, GraphError, wanted_by
from polydesk.testing.meta.media import Shelf, uploaded
from polydesk.testing.meta.webhooks import Webhooks

WINDOW_SECONDS, HUMAN_SECONDS = 24 * 3600.0, 7 * 24 * 3600.0
APP, FOREIGN_APP = "app-polydesk", "263902037430900"


class Asked(Protocol):
    """What of a request is looked at here."""

    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]: ...


@dataclass
class Page:
    """A page (`platform` "page") or an Instagram account ("instagram")."""

    id: str
    platform: str
    name: str
    subscribed: bool = True
    feature: bool = True
    """Whether people may answer late here (HUMAN_AGENT)."""


@dataclass
class Fan:
    """Somebody as one page knows them; `asked_not` hides the profile."""

    id: str
    name: str = ""
    username: str = ""
    asked_not: bool = False


@dataclass
class PageSent:
    """A message the desk sent, as Meta took it."""

    id: str
    page: str
    to: str
    message: dict[str, Any]


@dataclass
class Pages:
    """All pages and Instagram accounts of one Meta app. Attributes say how the service behaves; change them at will."""

    webhooks: Webhooks
    shelf: Shelf
    chance: random.Random
    clock: Callable[[], float]
    pages: dict[str, Page] = field(default_factory=dict)
    fans: dict[str, Fan] = field(default_factory=dict)
    sent: list[PageSent] = field(default_factory=list)
    signs: list[dict[str, Any]] = field(default_factory=list)
    outbox: asyncio.Queue[PageSent] = field(default_factory=asyncio.Queue)
    origin: Callable[[], str] = str
    echoes: bool = True
    reads: bool = True
    windows: bool = True
    unsubscribe_after: int = 3
    """So many webhooks that nobody takes, and Meta stops calling about that page."""
    _last: dict[tuple[str, str], float] = field(default_factory=dict)
    _comments: dict[str, str] = field(default_factory=dict)
    _answered: set[str] = field(default_factory=set)
    _refused: set[tuple[int, str]] = field(default_factory=set)
    _uploads: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def add(self, id: str = "PAGE1", platform: str = "page", name: str = "Parcel Post") -> Page:
        """A page or an Instagram account of ours."""
        self.pages[id] = Page(id, platform, name)
        return self.pages[id]

    # --- People write ---

    async def write(self, fan: Fan, page: Page | None = None, *, standby: bool = False, **message: Any) -> str:
        """Somebody sends something: `text="hi"`, `attachments=[…]`, `reply_to={…}`…"""
        page = page or next(iter(self.pages.values()))
        message.setdefault("mid", self.new_id(page))
        await self.happen(fan, page, standby=standby, message=message)
        return str(message["mid"])

    def remember(self, fan: Fan, page: Page | None = None) -> None:
        """They wrote just now, or before this service was opened: their window is open."""
        page = page or next(iter(self.pages.values()))
        self._last[page.id, fan.id] = self.clock()
        self.fans[fan.id] = fan

    async def happen(self, fan: Fan, page: Page | None = None, *, standby: bool = False, **event: Any) -> None:
        """Anything else about a person: `postback=…`, `reaction=…`, `read=…`, `referral=…`."""
        page = page or next(iter(self.pages.values()))
        await self.call(page, self.event(fan, page, standby=standby, **event))

    def event(self, fan: Fan, page: Page, *, standby: bool = False, **event: Any) -> dict[str, Any]:
        """The webhook body of an event, not delivered yet; messages and taps open the window."""
        self.fans[fan.id] = fan
        if "message" in event or "postback" in event:
            self.remember(fan, page)
        if standby:
            event = {name: self._without_payload(value) for name, value in event.items()}
        stamp = event.pop("timestamp", self.stamp())
        about = {"sender": {"id": fan.id}, "recipient": {"id": page.id}, "timestamp": stamp, **event}
        return self.body(page, **{"standby" if standby else "messaging": [about]})

    async def file(self, fan: Fan, kind: str, data: bytes, mime_type: str, page: Page | None = None) -> str:
        """Somebody sends a file, at an address that needs no token and runs out."""
        url = self.address_of(data, mime_type)
        return await self.write(fan, page, attachments=[{"type": kind, "payload": {"url": url}}])

    def address_of(self, data: bytes, mime_type: str) -> str:
        """Where a file may be fetched by anyone, for a while."""
        return self.shelf.address_of(self.shelf.put(data, mime_type), self.origin(), open=True)

    async def comment(self, fan: Fan, words: str, page: Page | None = None, **more: Any) -> str:
        """Somebody comments in public."""
        page = page or next(iter(self.pages.values()))
        self.fans[fan.id] = fan
        id = f"C{self.new_id(page)}"
        self._comments[id] = fan.id
        if page.platform == "instagram":
            value: dict[str, Any] = {"id": id, "from": {"id": fan.id, "username": fan.username}, "text": words}
            value["media"] = {"id": "MED1", "media_product_type": "FEED"}
            change = {"field": "comments", "value": {**value, **more}}
        else:
            value = {"item": "comment", "verb": "add", "comment_id": id, "post_id": f"{page.id}_POST1"}
            value |= {"from": {"id": fan.id, "name": fan.name}, "message": words, "created_time": int(self.clock())}
            change = {"field": "feed", "value": {**value, **more}}
        await self.call(page, self.body(page, changes=[change]))
        return id

    async def answered_elsewhere(self, fan: Fan, words: str, page: Page | None = None) -> str:
        """Somebody answers in Meta's own inbox."""
        page = page or next(iter(self.pages.values()))
        mid = self.new_id(page)
        await self.call(page, self._echo(page, fan.id, {"mid": mid, "text": words, "app_id": FOREIGN_APP}))
        return mid

    def body(self, page: Page, **entry: Any) -> dict[str, Any]:
        """An envelope of this page."""
        return {"object": page.platform, "entry": [{"id": page.id, "time": self.stamp(), **entry}]}

    async def call(self, page: Page, body: dict[str, Any]) -> None:
        """Deliver, unless Meta has stopped calling about this page."""
        if not page.subscribed:
            return
        await self.webhooks.deliver(body)
        if len(self.webhooks.given_up) >= self.unsubscribe_after:
            page.subscribed = False

    def stamp(self) -> int:
        """Milliseconds."""
        return int(self.clock() * 1000)

    def new_id(self, page: Page) -> str:
        """Ids differ from one another."""
        self._count += 1
        start = "aWdf" if page.platform == "instagram" else "m_"
        return f"{start}{self.chance.randrange(16**10):010x}{self._count:06x}"

    def _echo(self, page: Page, to: str, message: dict[str, Any]) -> dict[str, Any]:
        about = {"sender": {"id": page.id}, "recipient": {"id": to}, "timestamp": self.stamp()}
        return self.body(page, messaging=[{**about, "message": {"is_echo": True, **message}}])

    @staticmethod
    def _without_payload(value: Any) -> Any:
        return {name: each for name, each in value.items() if name != "payload"} if isinstance(value, dict) else value

    # --- The desk asks ---

    async def answer(self, method: str, id: str, edge: str, request: Asked) -> Any:
        """What Graph answers about a page or a person, or `GraphError`."""
        if fan := self.fans.get(id):
            if fan.asked_not:
                raise GraphError(230, message="Requires pages_messaging permission or user consent")
            first, _space, last = fan.name.partition(" ")
            return {"id": id, "first_name": first, "last_name": last, "name": fan.name, "username": fan.username}
        page = self.pages.get(id)
        if page is None:
            raise GraphError(100, message=f"Unsupported {method.lower()} request. Object with ID '{id}' does not exist")
        match method, edge:
            case "GET", "":
                return {"id": page.id, "name": page.name, "username": page.name.lower().replace(" ", ".")}
            case "GET", "subscribed_apps":
                fields = ["messages", "messaging_postbacks"]
                return {
                    "data": [{"id": APP, "name": "Polydesk", "subscribed_fields": fields}] if page.subscribed else []
                }
            case "POST", "subscribed_apps":
                page.subscribed = True
                self.webhooks.given_up.clear()
                return {"success": True}
            case "POST", "message_attachments":
                return self._upload(request)
            case "POST", "messages":
                return await self.take(page, request.json())
        raise GraphError(100, f"{method} {edge} is not known here")

    def _upload(self, request: Asked) -> dict[str, Any]:
        parts = uploaded(request.headers.get("content-type", ""), request.body)
        if "message" not in parts or "filedata" not in parts:
            raise GraphError(100, "message and filedata are required")
        attachment = msgspec.json.decode(parts["message"][2])["attachment"]
        if attachment.get("type") not in page_requests.KINDS:
            raise GraphError(100, "attachment type is not known")
        name, declared, data = parts["filedata"]
        media = self.shelf.put(data, declared, name)
        self._uploads[media.id] = attachment["type"]
        return {"attachment_id": media.id}

    async def take(self, page: Page, asked: dict[str, Any]) -> dict[str, Any]:
        """`POST /{page}/messages`."""
        recipient = asked.get("recipient") or {}
        if asked.get("sender_action"):
            page_requests.check_sign(asked)
            self.signs.append(asked)
            return {"recipient_id": recipient["id"]}
        page_requests.check(asked, page.platform)
        to = self._private(str(recipient["comment_id"])) if "comment_id" in recipient else str(recipient.get("id", ""))
        if wanted := wanted_by(to):
            self._refuse(wanted, to)
        if to not in self.fans:
            raise GraphError(2018001, message="No matching user found")
        if "comment_id" not in recipient and self.windows:
            self._in_window(page, to, asked)
        attachment = asked["message"].get("attachment", {})
        named = attachment.get("payload", {}).get("attachment_id", "")
        if named and self._uploads.get(named) != attachment.get("type"):
            raise GraphError(100, message="The attachment id does not exist or is of another type")
        if "comment_id" in recipient:
            self._answered.add(recipient["comment_id"])
        sent = PageSent(self.new_id(page), page.id, to, asked)
        self.sent.append(sent)
        self.outbox.put_nowait(sent)
        self.webhooks.watch(asyncio.create_task(self._tell(page, sent)))
        return {"recipient_id": to, "message_id": sent.id}

    async def _tell(self, page: Page, sent: PageSent) -> None:
        message = sent.message["message"]
        fan = self.fans[sent.to]
        if self.echoes:
            echo = {
                "mid": sent.id,
                "app_id": APP,
                **{name: message[name] for name in ("text", "metadata") if name in message},
            }
            await self.call(page, self._echo(page, sent.to, echo))
        if page.platform == "page":
            await self.happen(fan, page, delivery={"mids": [sent.id], "watermark": self.stamp()})
        if self.reads:
            seen = {"watermark": self.stamp()} if page.platform == "page" else {"mid": sent.id}
            await self.happen(fan, page, read=seen)

    def _private(self, comment: str) -> str:
        if comment not in self._comments:
            raise GraphError(100, message="Invalid comment id")
        if comment in self._answered:
            raise GraphError(10900, message="Activity already replied to", status=400)
        return self._comments[comment]

    def _in_window(self, page: Page, to: str, asked: dict[str, Any]) -> None:
        age = self.clock() - self._last.get((page.id, to), -1e12)
        human = asked.get("tag") == "HUMAN_AGENT" and page.feature
        if age > (HUMAN_SECONDS if human else WINDOW_SECONDS):
            raise GraphError(2534022 if page.platform == "instagram" else 2018278)

    def _refuse(self, number: int, to: str) -> None:
        """A passing trouble is over when the same message comes again."""
        if number in TRANSIENT:
            if (number, to) in self._refused:
                return
            self._refused.add((number, to))
        raise GraphError(number)
