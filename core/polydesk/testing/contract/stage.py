"""A real desk with one account of the channel on it, and short words for what the contract does there."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from polydesk import db, plugins, storage
from polydesk import settings as configuration
from polydesk.channel import Channel
from polydesk.conversations import attending, replying
from polydesk.conversations.extras import NO_EXTRAS, Extras
from polydesk.inbound import service as inbound
from polydesk.live import signal
from polydesk.scopes import switches
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.contract.shapes import Came, Knock
from polydesk.testing.fixtures import TestDesk
from polydesk.types import Account, Call, Handle, Scope

COMPANY, PASSWORD = "Parcel Post", "a long enough password"


async def hire() -> Viewer:
    """The owner of an empty desk, with one client."""
    person = await people.create_owner(name="Mara Olsen", email="mara@desk.example", password=PASSWORD, company=COMPANY)
    return await staff.viewer_by_id(person)


async def written(owner: Viewer, text: str) -> int:
    """A conversation in which a contact wrote, on a desk without any channel; its id."""
    account = Account(id=0, client=owner.clients[0], channel="letter", name="Letters", address="")
    async with db.transaction():
        opened = await attending.open(account, Handle("letter", "ana"), kind="letter", direction="in", subject=text)
    return opened.conversation.id


async def switch(plugin: str, scope: Scope, on: bool) -> None:
    """Turn a plugin on or off, as every process would hear of it."""
    await switches.switch(plugin, scope, on)
    await switches.reload()
    signal(0, "plugins")


class Stage(msgspec.Struct, frozen=True):
    """The desk under test; `account` is the channel's one account."""

    desk: TestDesk
    http: httpx.AsyncClient
    owner: Viewer
    plugin: plugins.Plugin
    channel: Channel
    account: Account

    # --- in

    def path(self, knock: Knock) -> str:
        """Where a knock goes on this desk."""
        hook = f"/hooks/{self.channel.name}"
        path = knock.path if knock.path.startswith("/") else f"{hook}/{knock.path}".rstrip("/")
        return f"{path}?{knock.query}" if knock.query else path

    def url(self, knock: Knock) -> str:
        """The public address a service would call."""
        return configuration.current().address.rstrip("/") + self.path(knock)

    def call(self, knock: Knock) -> Call:
        """The same as the channel's `webhook` gets it."""
        url = httpx.URL(self.url(knock))
        return Call(
            method=knock.method,
            url=str(url),
            path=knock.path.strip("/"),
            query=tuple(url.params.multi_items()),
            headers={name.lower(): value for name, value in knock.headers.items()},
            body=knock.body,
        )

    async def knock(self, came: Came) -> int:
        """Let it come in, not read yet; the status (200 for what was fetched)."""
        if not isinstance(came, Knock):
            await inbound.accept(self.account, [came])
            return 200
        answer = await self.http.request(came.method, self.path(came), content=came.body, headers=came.headers)
        return answer.status_code

    async def bring(self, *came: Came) -> None:
        """Let these come in, in this order, and have them read."""
        for each in came:
            await self.knock(each)
        await self.desk.work()

    # --- what is there

    async def messages(self, direction: str = "in") -> list[dict[str, Any]]:
        """Every message of the timeline, in order."""
        return await db.fetch(
            "SELECT id, conversation, contact, text, data, occurred_at FROM pd_item "
            "WHERE kind = 'message' AND direction = {} ORDER BY id",
            direction,
        )

    async def arrivals(self) -> list[dict[str, Any]]:
        """What came through the door, and what became of it."""
        return await db.fetch("SELECT id, external_id, state, reason, item FROM pd_arrival ORDER BY id")

    async def raws(self) -> list[bytes]:
        """The bytes of it."""
        return [await inbound.bytes_of(row) for row in await db.fetch("SELECT * FROM pd_arrival ORDER BY id")]

    async def files(self, item: int) -> list[tuple[str, bytes]]:
        """What is attached to a message."""
        rows = await db.fetch("SELECT name, storage_key FROM pd_attachment WHERE item = {} ORDER BY id", item)
        return [(row["name"], await storage.get(row["storage_key"])) for row in rows]

    async def conversation(self) -> int:
        """The latest conversation."""
        rows = await db.fetch("SELECT id FROM pd_conversation ORDER BY id DESC LIMIT 1")
        assert rows, f"no message became a conversation; what arrived: {await self.arrivals()}"
        return int(rows[0]["id"])

    async def delivery(self, item: int) -> dict[str, Any]:
        """What became of a reply."""
        rows = await db.fetch("SELECT * FROM pd_delivery WHERE item = {}", item)
        return rows[0]

    async def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        names = await tables()
        counted = " UNION ALL ".join(f"SELECT '{name}' AS name, COUNT(*) AS count FROM {name}" for name in names)
        return {row["name"]: row["count"] for row in await db.fetch(counted)}

    # --- out

    async def reply(self, text: str, extras: Extras = NO_EXTRAS) -> int:
        """An agent answers; queued, not sent yet. The item."""
        return await replying.reply(self.owner, await self.conversation(), text, extras=extras)

    async def answer(self, text: str, extras: Extras = NO_EXTRAS) -> int:
        """An agent answers, and the desk has tried once to send it. The item."""
        item = await self.reply(text, extras)
        await self.desk.work()
        return item

    async def time_passes(self, seconds: float) -> None:
        """What waits for up to so long is done now; a service's pause is over."""
        await db.fetch("DELETE FROM pd_pace")
        await self.desk.work(ahead=seconds)

    async def switch(self, on: bool) -> None:
        """The plugin, for the account's client."""
        await switch(self.plugin.name, Scope(self.account.client), on)


async def tables(prefix: str = "") -> list[str]:
    """The database's tables whose names begin so."""
    postgres = configuration.current().dialect == "postgres"
    found = await db.fetch(
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        if postgres
        else "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    )
    return sorted(row["name"] for row in found if row["name"].startswith(prefix))
