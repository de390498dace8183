"""A notice board as a channel: raw bytes are JSON, and what is sent is pinned to a list."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from polydesk import Channel, Field, OutcomeUnknown, Refused, Text, TryLater, Unreadable, untrusted
from polydesk.types import (
    Account,
    Arrival,
    Attached,
    Capabilities,
    CheckResult,
    Handle,
    Message,
    Nothing,
    Outgoing,
    Parsed,
    SendResult,
    StatusUpdate,
)


class BoardSettings(msgspec.Struct, kw_only=True):
    """One board."""

    board: Annotated[str, Field(label=Text("Board"))]
    token: Annotated[str, Field(label=Text("Token"), input="secret", required=False)] = ""


class BoardChannel(Channel):
    """Understands `{"id", "from", "name", "text", "reply_to", "ticket", "automatic", "files", "status_of"…}`."""

    name = "board"
    label = Text("Notice board")
    icon = "pin"
    handle_kind = "board"
    capabilities = Capabilities(attachments=True, max_text=5000)
    settings = BoardSettings

    def __init__(self) -> None:
        self.pinned: list[Outgoing] = []
        self.answers: list[Exception] = []

    def address(self, settings: Any) -> str:
        return str(settings.board)

    def message_id(self, account: Account, conversation: int, item: int) -> str:
        return f"board-{conversation}-{item}"

    async def parse(self, arrival: Arrival, account: Account) -> Parsed:
        try:
            notice = untrusted.json(arrival.raw, dict[str, Any])
        except Unreadable as error:
            raise Unreadable(f"This is not a notice: {error}") from None
        if "crash" in notice:
            raise RuntimeError(notice["crash"])
        if not fits(notice):
            raise Unreadable("This is not a notice: something in it is of another kind.")
        if "status_of" in notice:
            return StatusUpdate(
                external_ids=(notice["status_of"],),
                state=notice["state"],
                reason=notice.get("reason", ""),
                permanent=True,
                recipient=notice.get("recipient", ""),
            )
        if "text" not in notice:
            return Nothing(reason="an empty notice")
        if not notice.get("id") or not notice.get("from"):
            raise Unreadable("A notice without a name or a sender.")
        return Message(
            external_id=notice["id"],
            sender=Handle("board", notice["from"], notice.get("name", "")),
            text=notice["text"],
            subject=notice.get("subject", ""),
            references=tuple(notice.get("reply_to", ())),
            ticket=notice.get("ticket"),
            automatic=notice.get("automatic", ""),
            language=notice.get("language", ""),
            attachments=tuple(
                Attached(name=name, media_type="text/plain", data=text.encode())
                for name, text in notice.get("files", {}).items()
            ),
        )

    async def send(self, outgoing: Outgoing, account: Account) -> SendResult:
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, TryLater | Refused | OutcomeUnknown | RuntimeError):
                raise answer
        self.pinned.append(outgoing)
        return SendResult()

    async def check(self, settings: Any) -> list[CheckResult]:
        return [CheckResult(step=Text("Find the board"), ok=bool(settings.board))]


_STATES = ("queued", "sending", "sent", "delivered", "read", "failed")
_WORDS = ("id", "from", "name", "text", "subject", "automatic", "language", "status_of", "reason", "recipient")


def fits(notice: dict[str, Any]) -> bool:
    """Is everything in a notice of the kind it should be?"""
    replies, files = notice.get("reply_to", []), notice.get("files", {})
    return (
        all(isinstance(notice.get(name, ""), str) for name in _WORDS)
        and notice.get("state", "sent") in _STATES
        and ("status_of" not in notice or "state" in notice)
        and (notice.get("ticket") is None or (type(notice["ticket"]) is int and abs(notice["ticket"]) < 2**62))
        and isinstance(replies, list)
        and all(isinstance(each, str) for each in replies)
        and isinstance(files, dict)
        and all(isinstance(each, str) for each in files.values())
    )


BOARD = BoardChannel()
