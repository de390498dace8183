"""A desk with a notice board: short words for what tests do with it."""

from __future__ import annotations

import json
from typing import Any

from polydesk import secrets
from polydesk.conversations import assigning
from polydesk.conversations import service as conversations
from polydesk.conversations.views import Opened
from polydesk.inbound import service as inbound
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import TestDesk
from polydesk.types import Account, Arrival, Role


class Board:
    """A desk with one notice board, and short words for what tests do with it."""

    def __init__(self, desk: TestDesk, owner: Viewer, account: Account) -> None:
        self.desk, self.owner, self.account = desk, owner, account
        self._arrivals = 0

    async def write(self, sender: str, text: str, **more: Any) -> None:
        """Pin a notice and let the desk read it."""
        await self.drop(sender, text, **more)
        await self.desk.work()

    async def drop(self, sender: str, text: str, **more: Any) -> None:
        """Pin a notice without letting the desk read it yet."""
        self._arrivals += 1
        notice = {"id": f"notice-{self._arrivals}", "from": sender, "text": text, **more}
        await self.arrive(f"arrival-{self._arrivals}", json.dumps(notice).encode())

    async def arrive(self, name: str, raw: bytes) -> int:
        """Put raw bytes at the door."""
        return await inbound.accept(self.account, [Arrival(external_id=name, raw=raw)])

    async def the_conversation(self, viewer: Viewer | None = None) -> Opened:
        """The only conversation there is."""
        found = [
            row
            for view in ("all", "waiting", "snoozed", "solved")
            for row in (await conversations.list_conversations(self.owner, view)).rows
        ]
        assert len(found) == 1, f"one conversation expected, there are {len(found)}"
        return await conversations.open_conversation(viewer or self.owner, found[0].id)

    async def colleague(
        self, name: str, *, speaks: tuple[str, ...] = ("en",), role: Role = "agent", ready: bool = True
    ) -> Viewer:
        """Someone else who works here."""
        client = self.owner.clients[0]
        await people.invite(
            self.owner,
            name=name,
            email=f"{name.lower()}@example.org",
            client=client,
            market=None,
            role=role,
            speaks=speaks,
        )
        person = next(each for each in await people.list_people(self.owner) if each.name == name)
        viewer = await staff.viewer_by_id(person.id)
        if ready:
            await assigning.set_presence(viewer, "ready")
        return viewer


class Chat(Board):
    """The same with a chat, beside the notice board `board`."""

    def __init__(self, desk: TestDesk, owner: Viewer, account: Account, board: Board) -> None:
        super().__init__(desk, owner, account)
        self.board = board

    async def correlation(self, item: int) -> str:
        """What the desk told the service about an item of ours."""
        return f"pd:{secrets.sign('correlation', '', 8)}:{item}"

    async def say(self, sender: str, text: str = "", **more: Any) -> str:
        """Something said in the chat, read by the desk; its id."""
        name = await self.drop_in(sender, text, **more)
        await self.desk.work()
        return name

    async def drop_in(self, sender: str, text: str = "", **more: Any) -> str:
        """The same without letting the desk read it yet."""
        self._arrivals += 1
        name = str(more.pop("id", f"chat-{self._arrivals}"))
        await self.arrive(name, json.dumps({"id": name, "from": sender, "text": text, **more}).encode())
        return name
