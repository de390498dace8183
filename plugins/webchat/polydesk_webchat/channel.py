"""Web chat as a channel: what visitors said becomes messages, what agents answer waits for the visitor to see."""

from __future__ import annotations

from typing import Any

from polydesk import N_, Channel, Refused, Text, db, live, storage, untrusted
from polydesk.types import (
    Account,
    Arrival,
    Attached,
    Capabilities,
    CheckResult,
    Handle,
    Instruction,
    Message,
    Outgoing,
    Parsed,
    SendResult,
    Sign,
    StatusUpdate,
)
from polydesk_webchat import embedding, following, hub, limits, messages, visitors
from polydesk_webchat.messages import Extras
from polydesk_webchat.saying import Raw
from polydesk_webchat.settings import ChatSettings


class WebChat(Channel):
    """One account is one chat of a web site."""

    name = "webchat"
    label = Text(N_("Web chat"))
    icon = "message-circle"
    handle_kind = visitors.KIND
    settings = ChatSettings
    capabilities = Capabilities(
        chat=True,
        attachments=True,
        choices=10,
        max_text=limits.LONGEST_TEXT * 2,
        max_file=25_000_000,
        pieces=frozenset({"place", "card", "products", "link"}),
        quotes=True,
        typing=True,
        seen=True,
    )

    def address(self, settings: Any) -> str:
        """The public key."""
        return str(settings.key)

    def message_id(self, account: Account, conversation: int, item: int) -> str:
        """The name the answer will have here."""
        return f"webchat:{account.id}:{item}"

    async def parse(self, arrival: Arrival, account: Account) -> Parsed:
        """A message, or that our own was seen."""
        raw = untrusted.json(arrival.raw, Raw)
        if raw.seen:
            return StatusUpdate(external_ids=(raw.seen,), state="read", occurred_at=raw.sent_at)
        proven = raw.proven
        email = proven.email if proven else ""
        notices: tuple[Text, ...] = (
            (Text(N_("Answers the invitation “{words}”"), {"words": raw.invitation}),) if raw.invitation else ()
        )
        notices += (Text(N_("Left while the chat was closed: expects the answer by e-mail.")),) if raw.away else ()
        page = {"page": raw.page, "title": raw.title}
        return Message(
            external_id=raw.id,
            sender=Handle(visitors.KIND, raw.visitor, (proven.name if proven else "") or raw.name),
            also=(Handle("email", email, proven.name if proven else ""),) if email else (),
            stated=(Handle("email", raw.email, raw.name),) if raw.email and raw.email != email else (),
            attributes=dict(proven.facts) if proven else {},
            text=raw.text,
            choice=raw.choice,
            language=raw.language if len(raw.text) < 20 else "",
            sent_at=raw.sent_at,
            attachments=tuple(
                [Attached(name=name, media_type=kind, data=await storage.get(key)) for name, kind, _n, key in raw.files]
            ),
            notices=notices,
            details={name: value for name, value in page.items() if value},
        )

    async def send(self, outgoing: Outgoing, account: Account) -> SendResult:
        """Keep the answer for the visitor and tell their page, if it is open."""
        visitor = await visitors.by_handle(account.id, outgoing.to[0].value) if outgoing.to else None
        if visitor is None:
            raise Refused(Text(N_("This visitor is not known any more.")))
        files = await messages.stored(outgoing.files)
        quoted = await messages.named(account, visitor.id, outgoing.quotes) if outgoing.quotes else None
        extras = Extras(
            choices=outgoing.prompt.choices if outgoing.prompt else (),
            pieces=outgoing.pieces,
            quote=quoted.text[:200] if quoted else "",
        )
        async with db.transaction():
            await messages.add(
                visitor,
                outgoing.external_id,
                mine=False,
                text=outgoing.text,
                files=files,
                author=outgoing.author,
                extras=extras,
                conversation=outgoing.conversation.id,
            )
            live.signal(visitor.client, hub.CHANGE, visitor.id)
        return SendResult(state="delivered" if visitor.here else "sent")

    async def sign(self, sign: Sign, account: Account) -> None:
        """An agent is typing, or has read."""
        visitor = await visitors.by_handle(account.id, sign.to.value)
        if visitor is None:
            return
        if sign.kind == "typing":
            await following.typing(visitor, sign.author)
            live.signal(visitor.client, hub.TYPING, visitor.id)
        else:
            await messages.seen_by_desk(visitor, sign.external_id)

    async def check(self, settings: Any) -> list[CheckResult]:
        """Nothing to connect to, but an embedded chat needs a site that may embed it."""
        told = Text(N_("Sites that may embed the chat"))
        if settings.allowed():
            return [CheckResult(step=told, ok=True)]
        advice = Text(N_("Name the site's address: until then the chat opens only as a page of its own."))
        return [CheckResult(step=told, ok=False, advice=advice)]

    def instructions(self, settings: Any, hook: str) -> list[Instruction]:
        """What to put into the site's pages."""
        return embedding.instructions(settings, hook.partition("/hooks/")[0])
