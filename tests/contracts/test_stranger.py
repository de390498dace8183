"""The stranger's channels, which core's own tests are run on, keep the contract too."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from polydesk_stranger.channel import BOARD, BoardSettings
from polydesk_stranger.chat import CHAT

from polydesk import OutcomeUnknown, Refused, TryLater, Unreadable
from polydesk.testing.contract import ChannelContract, Knock, Mood, Received, Said, Sample
from polydesk.types import Arrival, DeliveryState, Handle, Nothing

_MOODS: dict[str, Exception] = {
    "busy": TryLater("too many notices", after=30),
    "refuse": Refused("No notices here, please."),
    "silent": OutcomeUnknown("nobody saw whether it stuck"),
}


class TestBoard(ChannelContract):
    plugin = "stranger"
    channel_name = "board"
    retry_after = 30
    refusal = "No notices here"
    languages = ()
    moods = frozenset({"busy", "refuse", "silent"})
    states: tuple[DeliveryState, ...] = ("delivered", "read", "failed")
    samples = (
        Sample(name="an empty notice", raw=b"{}", becomes=(Nothing,)),
        Sample(name="nobody's notice", raw=b'{"id": "1", "text": "hi"}', becomes=(Unreadable,)),
    )
    board = BOARD
    in_files = (("note.txt", "text/plain", b"A note."),)

    async def open(self, hook: str) -> BoardSettings:
        self.board.pinned.clear()
        self.board.answers.clear()
        return BoardSettings(board="contract", token="a token for the board")

    def handle(self, who: str) -> Handle:
        return Handle(self.board.handle_kind, who)

    async def comes(self, said: Said) -> Arrival | Knock:
        notice = {"id": said.id, "from": said.who, "text": said.text}
        notice |= {"files": {each.name: each.data.decode() for each in said.files}} if said.files else {}
        return Arrival(external_id=f"n:{said.id}", raw=json.dumps(notice).encode())

    async def received(self) -> list[Received]:
        return [
            Received(
                id=self.name_of(each),
                to=each.to[0].value,
                text=each.text,
                files=tuple(file.data for file in each.files),
                choices=tuple(one.label for one in (each.prompt.choices if each.prompt else ())),
            )
            for each in self.board.pinned
        ]

    def name_of(self, sent: Any) -> str:
        return str(sent.external_id)

    async def mood(self, mood: Mood) -> None:
        self.board.answers[:] = [_MOODS[mood]] if mood in _MOODS else []

    async def news(self, received: Received, state: DeliveryState) -> Arrival | Knock:
        notice = {"status_of": received.id, "state": state, "reason": "blown away" if state == "failed" else ""}
        return Arrival(external_id=f"s:{received.id}:{state}", raw=json.dumps(notice).encode())


class TestBoardChat(TestBoard):
    channel_name = "boardchat"
    board = CHAT
    secret = "token"
    signs_body = False
    in_files = ()
    samples = (
        Sample(name="a kind of tomorrow", raw=b'{"id": "1", "kind": "hologram"}', becomes=(Unreadable,)),
        Sample(name="nothing", raw=b'{"id": "1", "kind": "nothing"}', becomes=(Nothing,)),
    )

    async def comes(self, said: Said) -> Knock:
        choice = said.choice.value if said.choice else ""
        note = {"id": said.id, "from": said.who, "text": said.text, "choice": choice, "at": said.at.isoformat()}
        return self.knock(note)

    def knock(self, *notes: dict[str, Any]) -> Knock:
        return Knock(body=json.dumps(notes).encode(), headers={"x-token": "a token for the board"})

    def signed(self, knock: Knock, settings: Any, url: str) -> Knock:
        return msgspec.structs.replace(knock, headers={"x-token": settings.token})

    def name_of(self, sent: Any) -> str:
        return f"out-{sent.item}"

    async def news(self, received: Received, state: DeliveryState) -> Knock:
        return self.knock({"id": f"s:{received.id}:{state}", "kind": "status", "of": received.id, "state": state,
                           "reason": "blown away" if state == "failed" else ""})  # fmt: skip
