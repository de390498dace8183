"""WhatsApp as Meta runs it: numbers, the people who write to them, and what becomes of what is sent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from polydesk.testing.meta import whatsapp_bodies, whatsapp_requests
from polydesk.testing.meta.failures import TRANSIENT, GraphError, wanted_by
from polydesk.testing.meta.media import Shelf
from polydesk.testing.meta.webhooks import Webhooks

WINDOW_SECONDS = 24 * 3600.0


@dataclass
class Number:
    """A business telephone number."""

    id: str
    shown: str
    business: str
    name: str = "Parcel Post"
    quality: str = "GREEN"
    limit: str = "TIER_2K"
    name_status: str = "APPROVED"
    status: str = "CONNECTED"


@dataclass
class User:
    """Somebody with WhatsApp; a `hidden` one shows neither number nor `wa_id`, only the business-scoped id."""

    wa_id: str = ""
    name: str = ""
    user_id: str = ""
    username: str = ""
    hidden: bool = False

    @property
    def key(self) -> str:
        """What the desk can write to."""
        return self.user_id if self.hidden or not self.wa_id else self.wa_id

    def contact(self) -> dict[str, Any]:
        """The `contacts` entry."""
        profile = {"name": self.name} if self.name else {}
        found: dict[str, Any] = {"profile": {**profile, **({"username": self.username} if self.username else {})}}
        if self.wa_id and not self.hidden:
            found["wa_id"] = self.wa_id
        if self.user_id:
            found["user_id"] = self.user_id
        return found

    def origin(self) -> dict[str, Any]:
        """How a message names its sender."""
        found = {} if self.hidden or not self.wa_id else {"from": self.wa_id}
        return {**found, **({"from_user_id": self.user_id} if self.user_id else {})}


@dataclass
class Sent:
    """A message the desk sent, as Meta took it."""

    id: str
    number: str
    to: str
    message: dict[str, Any]
    correlation: str = ""


@dataclass
class WhatsApp:
    """All numbers of one Meta app. Attributes say how the service behaves; change them at will."""

    webhooks: Webhooks
    shelf: Shelf
    chance: random.Random
    clock: Callable[[], float]
    numbers: dict[str, Number] = field(default_factory=dict)
    templates: list[dict[str, Any]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    signs: list[dict[str, Any]] = field(default_factory=list)
    subscribed: set[str] = field(default_factory=set)
    reports: tuple[str, ...] = ("sent", "delivered", "read")
    """What is told of each message; ("sent", "read") leaves out "delivered", as an open chat does."""
    before_reply: bool = False
    """Tell of a message before the request that sent it is answered."""
    late: set[int] = field(default_factory=lambda: {131026, 131049, 131050, 130472})
    """Errors told by webhook after the request was answered with 200."""
    windows: bool = True
    page_size: int = 2
    outbox: asyncio.Queue[Sent] = field(default_factory=asyncio.Queue)
    _last: dict[tuple[str, str], float] = field(default_factory=dict)
    _known: dict[str, User] = field(default_factory=dict)
    _refused: set[tuple[int, str]] = field(default_factory=set)
    _count: int = 0

    def add(self, id: str = "110000000000001", shown: str = "995322000222", business: str = "WABA1") -> Number:
        """A number of ours."""
        self.numbers[id] = Number(id, shown, business)
        self.subscribed.add(business)
        return self.numbers[id]

    # --- People write ---

    async def write(self, user: User, number: Number | None = None, **message: Any) -> str:
        """A person sends something: `type="text", text={"body": "hi"}` and whatever else a message may hold."""
        id, body = self.incoming(user, number, **message)
        await self.webhooks.deliver(body)
        return id

    def remember(self, user: User, number: Number | None = None) -> None:
        """They wrote just now, or before this service was opened: their window is open."""
        number = number or next(iter(self.numbers.values()))
        self._last[number.id, user.key] = self.clock()
        self._known[user.key] = user

    async def text(self, user: User, words: str, number: Number | None = None, **more: Any) -> str:
        """A person sends words."""
        return await self.write(user, number, type="text", text={"body": words}, **more)

    async def file(self, user: User, kind: str, data: bytes, mime_type: str, **more: Any) -> str:
        """A person sends an image, a video, a document, a sticker or a sound."""
        message: dict[str, Any] = {"type": kind, kind: self.shelf.incoming(self.shelf.put(data, mime_type), **more)}
        return await self.write(user, None, **message)

    def incoming(self, user: User, number: Number | None = None, **message: Any) -> tuple[str, dict[str, Any]]:
        """A message's id and its webhook body, not delivered yet; it opens the window."""
        number = number or next(iter(self.numbers.values()))
        message.setdefault("id", self.new_id())
        message.setdefault("timestamp", str(int(self.clock())))
        if message.get("type") not in ("system", "reaction", "edit", "revoke"):
            self.remember(user, number)
        self._known[user.key] = user
        value: dict[str, Any] = {"messages": [{**user.origin(), **message}]}
        if message.get("type") != "system":
            value["contacts"] = [user.contact()]
        return message["id"], self.body(number, "messages", **value)

    async def echo(self, user: User, words: str, number: Number | None = None) -> str:
        """Somebody answers from the telephone on which the Business app runs."""
        number = number or next(iter(self.numbers.values()))
        echo: dict[str, Any] = {
            "from": number.shown,
            "to": user.wa_id,
            "id": self.new_id(),
            "timestamp": str(int(self.clock())),
        }
        echo |= {"type": "text", "text": {"body": words}}
        await self.webhooks.deliver(self.body(number, "smb_message_echoes", message_echoes=[echo]))
        return str(echo["id"])

    async def tell(self, change: str, number: Number | None = None, **value: Any) -> None:
        """Any other kind of news (`message_template_status_update`, `account_update`, one that does not exist yet…)."""
        await self.webhooks.deliver(self.body(number or next(iter(self.numbers.values())), change, **value))

    def body(self, number: Number, field: str = "messages", /, **value: Any) -> dict[str, Any]:
        """An envelope of this number."""
        return whatsapp_bodies.envelope(number.business, number.id, number.shown, field, **value)

    def new_id(self) -> str:
        """Ids differ from one another and, by the seed, from those of other services."""
        self._count += 1
        return f"wamid.{self.chance.randrange(16**12):012X}{self._count:06X}"

    # --- The desk sends ---

    async def take(self, number: Number, message: dict[str, Any]) -> dict[str, Any]:
        """`POST /{number}/messages`: what Graph answers, or `GraphError`."""
        if message.get("status") == "read":
            if not message.get("message_id"):
                raise GraphError(131008, "message_id is required")
            self.signs.append(message)
            return {"success": True}
        whatsapp_requests.check(message)
        to = str(message.get("to") or message["recipient"]).removeprefix("+")
        if message.get("to") and not str(message["to"]).startswith("+"):
            raise GraphError(100, "Without a + the number is read as one of the sender's own country.")
        if (wanted := wanted_by(to)) and wanted not in self.late:
            self._refuse(wanted, to)
        if message.get("type") == "template":
            whatsapp_requests.check_template(message["template"], self.templates)
        elif self.windows and self.clock() - self._last.get((number.id, to), -1e12) > WINDOW_SECONDS:
            raise GraphError(131047)
        for kind in ("image", "video", "document", "audio", "sticker"):
            if (named := message.get(kind, {}).get("id", "")) and named not in self.shelf.files:
                raise GraphError(100, "Media ID does not exist")
        sent = Sent(self.new_id(), number.id, to, message, message.get("biz_opaque_callback_data", ""))
        self.sent.append(sent)
        self.outbox.put_nowait(sent)
        news = self.news(number, sent, wanted)
        if self.before_reply:
            for body in news:
                await self.webhooks.deliver(body)
        elif news:
            task = asyncio.create_task(self._in_order(news))
            self.webhooks.watch(task)
        key = "wa_id" if message.get("to") else "user_id"
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": message.get("to") or message["recipient"], key: to}],
            "messages": [{"id": sent.id}],
        }

    def news(self, number: Number, sent: Sent, failure: int = 0) -> list[dict[str, Any]]:
        """The webhook bodies that tell what became of a message."""
        states = ("failed",) if failure else self.reports
        who = {"wa_id" if sent.to.isdigit() else "user_id": sent.to}
        known = self._known.get(sent.to)
        contacts = [known.contact() if known else who]
        return [
            # Failures come without contacts.
            self.body(
                number, statuses=[self.status(sent, state, failure)], **({} if failure else {"contacts": contacts})
            )
            for state in states
        ]

    def status(self, sent: Sent, state: str, failure: int = 0) -> dict[str, Any]:
        """One status object."""
        recipient = {"recipient_id": sent.to} if sent.to.isdigit() else {"recipient_user_id": sent.to}
        found: dict[str, Any] = {"id": sent.id, "status": state, "timestamp": str(int(self.clock())), **recipient}
        if sent.correlation:
            found["biz_opaque_callback_data"] = sent.correlation
        if state in ("sent", "delivered"):
            kind = "free_customer_service" if sent.message.get("type") != "template" else "regular"
            found["pricing"] = {"billable": kind == "regular", "pricing_model": "PMP", "type": kind}
            found["pricing"]["category"] = "service" if kind != "regular" else "utility"
        if failure:
            found["errors"] = [GraphError(failure).in_status()]
        return found

    async def _in_order(self, bodies: list[dict[str, Any]]) -> None:
        for body in bodies:
            await self.webhooks.deliver(body)

    def _refuse(self, number: int, to: str) -> None:
        """A passing trouble is over when the same message comes again."""
        if number in TRANSIENT:
            if (number, to) in self._refused:
                return
            self._refused.add((number, to))
        raise GraphError(number)

    # --- The desk asks ---

    def facts(self, number: Number) -> dict[str, Any]:
        """`GET /{number}`."""
        return {
            "id": number.id,
            "display_phone_number": number.shown,
            "verified_name": number.name,
            "quality_rating": number.quality,
            "name_status": number.name_status,
            "status": number.status,
            "whatsapp_business_manager_messaging_limit": number.limit,
            "throughput": {"level": "STANDARD"},
        }

    def page(self, business: str, after: str, address: str) -> dict[str, Any]:
        """`GET /{business}/message_templates`: a page and where the next is."""
        start = int(after or 0)
        data = self.templates[start : start + self.page_size]
        end = start + len(data)
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(self.templates):
            paging["next"] = f"{address}/{business}/message_templates?after={end}"
        return {"data": data, "paging": paging}


def template(name: str, language: str, body: str, *, status: str = "APPROVED", **more: Any) -> dict[str, Any]:
    """A template as Graph lists it; `header`, `footer` and `buttons` make the other components."""
    components: list[dict[str, Any]] = []
    if header := more.pop("header", ""):
        components.append({"type": "HEADER", "format": "TEXT", "text": header})
    if kind := more.pop("header_format", ""):
        components.append({"type": "HEADER", "format": kind})
    components.append({"type": "BODY", "text": body, **more.pop("body_more", {})})
    if footer := more.pop("footer", ""):
        components.append({"type": "FOOTER", "text": footer})
    if buttons := more.pop("buttons", ()):
        components.append({"type": "BUTTONS", "buttons": list(buttons)})
    return {
        "id": f"T-{name}-{language}",
        "name": name,
        "language": language,
        "category": "UTILITY",
        "status": status,
        "components": components,
        **more,
    }
