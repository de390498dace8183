"""A chat on the notice board: webhooks, a reply window, templates, choices and marks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from polydesk import Text, TryLater, Unreadable, untrusted
from polydesk.signatures import same
from polydesk.types import (
    Account,
    AccountNews,
    Arrival,
    Call,
    CallAnswer,
    Capabilities,
    Delivered,
    DeliveryState,
    Echo,
    Elsewhere,
    Fact,
    Handle,
    HandlesChanged,
    Message,
    Nothing,
    Outgoing,
    Parsed,
    Place,
    Reaction,
    Revision,
    SeenUntil,
    SendResult,
    Sign,
    StatusUpdate,
    Template,
    TemplateParameter,
)
from polydesk_stranger.channel import BoardChannel


class Note(msgspec.Struct, kw_only=True):
    """What a service says; anything of another shape is unreadable."""

    id: str = ""
    sender: str = msgspec.field(name="from", default="nobody")
    name: str = ""
    kind: str = "message"
    text: str = ""
    also: dict[str, str] = {}
    stated: dict[str, str] = {}
    choice: str = ""
    quotes: str = ""
    language: str = ""
    place: Any = None
    at: datetime | None = None
    of: str = ""
    state: DeliveryState = "sent"
    reason: str = ""
    correlation: str = ""
    sign: str = ""
    to: str = ""
    trouble: str = ""
    address: str = ""
    works_at: int = 0


class ChatChannel(BoardChannel):
    """Understands `{"id", "from", "text", "also", "choice", "quotes", "kind"…}`; the token is the webhook's secret."""

    name = "boardchat"
    label = Text("Board chat")
    icon = "message-circle"
    handle_kind = "chatter"
    capabilities = Capabilities(
        attachments=True,
        file_limits=(("image/", 1000), ("text/", 100)),
        chat=True,
        choices=3,
        templates=True,
        reply_window=24 * 3600,
        pieces=frozenset({"place"}),
        quotes=True,
        reactions=True,
        typing=True,
        seen=True,
        starts_conversations=True,
    )

    def __init__(self) -> None:
        super().__init__()
        self.signs: list[Sign] = []
        self.news = AccountNews(
            facts=(Fact(name="mood", label=Text("Mood"), value=Text("sunny"), tone="good"),),
            templates=(
                Template(
                    name="hello_again",
                    language="en",
                    body="Hello {{name}}, shall we go on?",
                    parameters=(TemplateParameter(key="name"),),
                ),
                Template(name="not_yet", language="en", body="Waiting", status="PENDING", approved=False),
            ),
        )

    def message_id(self, account: Account, conversation: int, item: int) -> str:
        return ""

    async def webhook(self, call: Call, accounts: Sequence[Account]) -> CallAnswer:
        mine = [each for each in accounts if same(each.settings.token, call.headers.get("x-token", ""))]
        if not mine:
            ids = tuple(each.id for each in accounts)
            return CallAnswer(status=403, alarm=Text("Somebody knocked with a wrong token."), alarmed=ids)
        if "explode" in call.path:
            raise RuntimeError("the stranger broke")
        return CallAnswer(
            body=b"thanks",
            deliveries=tuple(
                Delivered(account=mine[0].id, arrival=Arrival(external_id=name, raw=raw))
                for name, raw in _split(call.body)
            ),
        )

    async def parse(self, arrival: Arrival, account: Account) -> Parsed:
        note = untrusted.json(arrival.raw, Note)
        sender = Handle("chatter", note.sender, note.name)
        match note.kind:
            case "status":
                return StatusUpdate(
                    external_ids=(note.of,), state=note.state, reason=note.reason, correlation=note.correlation
                )
            case "seen":
                return SeenUntil(by=sender, until=arrival.hints["arrived_at"])
            case "reaction":
                return Reaction(sender=sender, to=note.of, sign=note.sign)
            case "revision":
                return Revision(of=note.of, text=note.text or None)
            case "echo":
                return Echo(external_id=note.id, recipient=sender, text=note.text)
            case "moved":
                return HandlesChanged(known=sender, now=(Handle("chatter", note.to),))
            case "news":
                return AccountNews(trouble=Text(note.trouble))
            case "elsewhere":
                return Elsewhere(address=note.address)
            case "nothing":
                return Nothing(reason="nothing")
            case "picture" if arrival.hints["attempt"] < note.works_at:
                raise TryLater("the picture is not there yet", after=1.0)
            case "message" | "picture" if note.id and note.sender:
                return Message(
                    external_id=note.id,
                    sender=sender,
                    text=note.text,
                    also=tuple(Handle(kind, value) for kind, value in note.also.items()),
                    stated=tuple(Handle(kind, value) for kind, value in note.stated.items()),
                    choice=note.choice,
                    quotes=note.quotes,
                    language=note.language,
                    pieces=(Place(latitude=41.69, longitude=44.8, name="Fountain"),) if note.place else (),
                    sent_at=note.at,
                )
        raise Unreadable(f"a kind that does not exist yet: {note.kind}")

    async def send(self, outgoing: Outgoing, account: Account) -> SendResult:
        result = await super().send(outgoing, account)
        return msgspec.structs.replace(result, external_id=f"out-{outgoing.item}")

    async def inspect(self, account: Account) -> AccountNews | None:
        return self.news

    async def sign(self, sign: Sign, account: Account) -> None:
        self.signs.append(sign)


def _split(body: bytes) -> list[tuple[str, bytes]]:
    """One arrival for each note; what cannot be taken apart is one that `parse` refuses."""
    try:
        notes = untrusted.json(body, list[dict[str, Any]])
        return [(str(each["id"]), msgspec.json.encode(each)) for each in notes]
    except (Unreadable, KeyError):
        return [(hashlib.sha256(body).hexdigest(), body)]


CHAT = ChatChannel()
