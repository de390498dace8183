"""A desk with a web chat, visitors who talk HTTP, and a browser."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from polydesk.channels import service as channels
from polydesk.conversations import replying
from polydesk.conversations import service as conversations
from polydesk.queues import service as queues
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk, TestDesk, free_port
from polydesk.types import Account
from polydesk_webchat.settings import ChatSettings

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
KEY = "acme-shop"
SECRET = "a secret that only the shop's server and the desk know"
PASSWORD = "a long enough password"


class Chat:
    """A chat, and short words for what tests do with it."""

    def __init__(self, owner: Viewer, account: Account, queue: int) -> None:
        self.owner, self.account, self.queue = owner, account, queue

    async def change(self, **settings: Any) -> None:
        """Save the account with these settings changed."""
        fresh = ChatSettings(**{**{name: getattr(self.account.settings, name) for name in
                                   ChatSettings.__struct_fields__}, **settings})  # fmt: skip
        await channels.save_account(
            self.owner,
            channel="webchat",
            client=self.owner.clients[0],
            market=None,
            name="Shop",
            settings=fresh,
            queue=self.queue,
            account=self.account.id,
        )
        self.account = await channels.load(self.account.id)

    async def numbers(self) -> list[int]:
        """The conversations there are, the latest first."""
        found = [
            row.id
            for view in ("all", "waiting", "solved")
            for row in (await conversations.list_conversations(self.owner, view)).rows
        ]
        return sorted(found, reverse=True)

    async def answer(self, conversation: int, text: str) -> int:
        """Reply as the owner."""
        return await replying.reply(self.owner, conversation, text)


class Visitor:
    """A browser on the chat, as the chat's own script uses HTTP."""

    def __init__(self, http: httpx.AsyncClient, identity: str = "") -> None:
        self.http, self.token, self.identity = http, secrets.token_urlsafe(32), identity

    @property
    def headers(self) -> dict[str, str]:
        given = {"Authorization": f"Bearer {self.token}"}
        return {**given, "X-Polydesk-Identity": self.identity} if self.identity else given

    async def say(self, text: str, *, once: str = "", files: Any = None, **more: str) -> httpx.Response:
        form = {"once": once or secrets.token_urlsafe(12), "text": text, **more}
        return await self.http.post(f"/p/webchat/{KEY}/messages", data=form, files=files, headers=self.headers)

    async def look(self, after: int = 0, lang: str = "en") -> dict[str, Any]:
        answer = await self.http.get(
            f"/p/webchat/{KEY}/messages", params={"after": str(after), "lang": lang}, headers=self.headers
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def sign(self, **what: Any) -> None:
        answer = await self.http.post(f"/p/webchat/{KEY}/signs", json=what, headers=self.headers)
        assert answer.status_code == 204


async def furnish(**settings: Any) -> Chat:
    """An owner, a queue and a chat on an open desk."""
    person = await people.create_owner(name="Mara Olsen", email="mara@acme.example", password=PASSWORD, company="Acme")
    owner = await staff.viewer_by_id(person)
    queue = await queues.save_queue(owner, client=owner.clients[0], market=None, name="General", assigns=False)
    given = {"key": KEY, "title": "Acme", "per_minute": 60, "secret": SECRET, **settings}
    account = await channels.save_account(
        owner,
        channel="webchat",
        client=owner.clients[0],
        market=None,
        name="Shop",
        settings=ChatSettings(**given),
        queue=queue,
    )
    return Chat(owner, await channels.load(account), queue)


@pytest.fixture
async def chat(desk: TestDesk) -> Chat:
    """See `Chat`."""
    return await furnish()


class Shop:
    """A foreign site: another host name and port, with the chat's script in its page."""

    def __init__(self, url: str, desk: str) -> None:
        self.url, self.desk, self.requests = url, desk, list[str]()
        self.language, self.identity = "en", ""

    def page(self) -> str:
        identity = f' data-identity="{self.identity}"' if self.identity else ""
        policy = f"default-src 'self'; script-src {self.desk}; frame-src {self.desk}"
        return (
            f'<!doctype html><html lang="{self.language}"><head><meta charset="utf-8"><title>Shop</title>'
            '<meta name="viewport" content="width=device-width">'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            f'</head><body><main><h1>A shop</h1><p><a href="/other">Another page</a></p></main>'
            f'<script src="{self.desk}/p/webchat/{KEY}/loader.js" async{identity}></script>'
            f'<noscript><a href="{self.desk}/p/webchat/{KEY}/">Chat</a></noscript></body></html>'
        )


@pytest.fixture
async def shop(live_desk: LiveDesk) -> AsyncIterator[Shop]:
    """See `Shop`."""
    port = free_port()
    made = Shop(f"http://shop.localhost:{port}", live_desk.url)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            made.requests.append((await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode())
            body = made.page().encode()
            head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    yield made
    server.close()
    await server.wait_closed()


@pytest.fixture
async def live_chat(live_desk: LiveDesk, shop: Shop) -> Chat:
    """A chat on a served desk, which the shop may embed."""
    return await furnish(origins=shop.url)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    if not os.path.exists(CHROMIUM) and os.environ.get("CI") != "true":
        pytest.skip("chromium is not installed: apt-get install chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        await launched.close()
