"""Web chat keeps the contract of a channel: its visitors come by pages of its own, so nothing is signed."""

from __future__ import annotations

import hashlib
import re
from html import unescape
from typing import Any

import httpx
import msgspec

from polydesk import db, storage
from polydesk.testing.contract import ChannelContract, Knock, Received, Said, Sample
from polydesk.testing.contract.stage import Stage
from polydesk.types import DeliveryState, Handle, StatusUpdate
from polydesk_webchat.settings import ChatSettings

KEY = "acme-shop"


def _token(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()[:43]


class TestWebChat(ChannelContract):
    plugin = "webchat"
    states: tuple[DeliveryState, ...] = ("read",)
    moods = frozenset()
    wrong = {"per_minute": "many"}
    samples = (
        Sample(
            name="seen",
            raw=msgspec.json.encode(
                {"id": "x", "visitor": "v", "text": "", "sent_at": "2026-01-01T00:00:00Z", "seen": "webchat:1:2"}
            ),
            becomes=(StatusUpdate,),
        ),
    )

    async def open(self, hook: str) -> ChatSettings:
        self.handles: dict[str, str] = {}
        return ChatSettings(
            key=KEY, title="Acme", per_minute=10_000, chats_per_hour=100_000, origins="https://acme.example"
        )

    def handle(self, who: str) -> Handle:
        return Handle("webchat", self.handles[who])

    async def comes(self, said: Said) -> Knock:
        form = {"once": said.id.ljust(12, "-"), "text": said.text, "name": said.who}
        if said.choice is not None:
            form["choice"] = f"{said.choice.value}\n{said.choice.label}"
        files = [("files", (each.name, each.data, each.media_type)) for each in said.files]
        request = httpx.Request("POST", "http://desk/", data=form, files=files or [("none", ("", b""))])
        headers = {"Authorization": f"Bearer {_token(said.who)}", "content-type": request.headers["content-type"]}
        return Knock(body=request.read(), headers=headers, path=f"/p/webchat/{KEY}/messages")

    async def received(self) -> list[Received]:
        rows = await db.fetch(
            "SELECT m.*, v.handle FROM webchat_message m JOIN webchat_visitor v ON v.id = m.visitor "
            "WHERE m.direction = 'out' ORDER BY m.id"
        )
        return [await self._got(row) for row in rows]

    async def _got(self, row: dict[str, Any]) -> Received:
        kept = await db.fetch("SELECT storage_key FROM webchat_file WHERE message = {}", row["id"])
        page = await self.http.get(
            f"/p/webchat/{KEY}/messages",
            params={"after": str(row["id"] - 1)},
            headers={"Authorization": f"Bearer {_token('nino')}"},
        )
        html = "".join(each["html"] for each in page.json().get("messages", ()) if each["id"] == row["id"])
        choices = [unescape(each).partition("\n")[2] for each in re.findall(r'name="choice" value="([^"]*)"', html)]
        return Received(
            id=str(row["id"]),
            to=row["handle"],
            text=row["text"],
            choices=tuple(choices),
            files=tuple([await storage.get(each["storage_key"]) for each in kept]),
        )

    async def news(self, received: Received, state: DeliveryState) -> Knock:
        body = msgspec.json.encode({"seen": int(received.id)})
        headers = {"Authorization": f"Bearer {_token('nino')}", "content-type": "application/json"}
        return Knock(body=body, headers=headers, path=f"/p/webchat/{KEY}/signs")

    async def begin(self, stage: Stage, text: str = "Where is order 1042?") -> None:
        await super().begin(stage, text)
        await self._learn()

    async def _learn(self) -> None:
        rows = await db.fetch("SELECT handle FROM webchat_visitor ORDER BY id")
        self.handles |= dict(zip(("nino", "dato"), (row["handle"] for row in rows), strict=False))
