"""Web chat with many pages open: from a visitor to the agent's stream, and from the agent to the visitor's page."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from bench.http import Answer, Line, percentile
from bench.places import Place
from polydesk.channels import service as channels
from polydesk.queues import service as queues
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.web.security import SESSION

PAGES = 500
MESSAGES = 200
PER_SECOND = 15.0
_KEY = "bench-chat"
_PATIENCE = 60.0
Speaks = Callable[[int], Coroutine[Any, Any, float]]


class Latency(msgspec.Struct, frozen=True):
    """95th percentiles in ms."""

    to_agent: float
    to_visitor: float


async def begin(viewer: Viewer) -> str:
    """A chat on an open desk; the session of an agent who looks on."""
    found = channels.find_channel("webchat")
    if found is None:
        raise SystemExit("the web chat plugin is not installed")
    settings = found[1].settings(key=_KEY, per_minute=10_000, chats_per_hour=1_000_000)
    client = viewer.clients[0]
    queue = await queues.save_queue(viewer, client=client, market=None, name="Chat", assigns=False)
    await channels.save_account(
        viewer, channel="webchat", client=client, market=None, name="Chat", settings=settings, queue=queue
    )
    return await staff.start_session(viewer.id)


class _Watched:
    """When each thing was heard of, for whoever waits for it."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[str, str], bool], asyncio.Future[tuple[float, str]]]] = []

    def wait(self, wanted: Callable[[str, str], bool]) -> asyncio.Future[tuple[float, str]]:
        future: asyncio.Future[tuple[float, str]] = asyncio.get_running_loop().create_future()
        self.waiting.append((wanted, future))
        return future

    def hear(self, event: str, data: str) -> None:
        now = time.perf_counter()
        for pair in [pair for pair in self.waiting if pair[0](event, data)]:
            self.waiting.remove(pair)
            if not pair[1].done():
                pair[1].set_result((now, data))


class _Headed(Line):
    """A line whose requests carry one more header."""

    def __init__(self, url: str, header: str) -> None:
        # Line ends the cookie's line after its value: what follows a line break here is a header of its own.
        super().__init__(url, f"none=1\r\n{header.rstrip()}")


class _Page:
    """A visitor with the chat open."""

    def __init__(self, url: str) -> None:
        self.url, self.token, self.conversation = url, secrets.token_urlsafe(32), 0
        self.watched = _Watched()
        self.line = _Headed(url, f"Authorization: Bearer {self.token}\r\n")
        self.last = 0

    async def say(self, text: str) -> None:
        form = urlencode({"once": secrets.token_urlsafe(12), "text": text}).encode()
        answer = await self._ask("POST", f"/p/webchat/{_KEY}/messages", form, "application/x-www-form-urlencoded")
        if answer.status != 201:
            raise SystemExit(f"the chat answered {answer.status}: {answer.body[:300]!r}")

    async def shows(self, text: str) -> bool:
        """Fetch what is new, as the page does when told that something changed."""
        answer = await self._ask("GET", f"/p/webchat/{_KEY}/messages?after={self.last}")
        found = json.loads(answer.body)["messages"]
        self.last = max([self.last, *(each["id"] for each in found)])
        return any(text in each["html"] for each in found)

    async def _ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Answer:
        # Visitors write seldom: by then the server has hung up, and a new connection is part of the time.
        answer = await self.line.ask(method, path, body, kind)
        self.line.close()
        return answer


async def _events(url: str, path: str, header: str) -> AsyncIterator[tuple[str, str]]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: text/event-stream\r\n{header}\r\n".encode())
    event = ""
    try:
        while raw := await reader.readline():
            line = raw.decode("latin-1").rstrip("\r\n")
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: "):
                yield event, line[6:]
    finally:
        writer.close()


async def _follow(url: str, path: str, header: str, watched: _Watched) -> None:
    async for event, data in _events(url, path, header):
        watched.hear(event, data)


async def measure(place: Place, token: str, pages: int = PAGES, messages: int = MESSAGES) -> Latency:
    """Open `pages` chats on a served desk, each with its stream, and talk both ways at the pace of a large desk."""
    agent = _Watched()
    tasks = [asyncio.create_task(_follow(place.url, "/events", f"Cookie: {SESSION}={token}\r\n", agent))]
    await asyncio.wait_for(agent.wait(lambda event, _data: event == "hello"), _PATIENCE)
    visitors = [_Page(place.url) for _ in range(pages)]
    try:
        known: set[int] = set()
        for page in visitors:
            new = agent.wait(lambda event, data: event == "inbox" and _id(data) not in known)
            await page.say("Hello, I have a question about my order.")
            page.conversation = _id((await asyncio.wait_for(new, _PATIENCE))[1])
            known.add(page.conversation)
            opened = page.watched.wait(lambda event, _data: event == "hello")
            header = f"Authorization: Bearer {page.token}\r\n"
            tasks.append(asyncio.create_task(_follow(place.url, f"/p/webchat/{_KEY}/events", header, page.watched)))
            await asyncio.wait_for(opened, _PATIENCE)
        turns = _turns(visitors)
        return Latency(
            percentile(await _paced(messages, lambda n: _ask(next(turns), agent)), 0.95),
            percentile(await _paced(messages, await _answers(place, token, turns)), 0.95),
        )
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _id(data: str) -> int:
    return int(json.loads(data).get("id", 0))


async def _paced(count: int, one: Speaks) -> list[float]:
    """Begin one every so often, whether or not the last has ended; how long each took in ms."""
    running: list[asyncio.Task[float]] = []
    begun = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(max(0.0, begun + number / PER_SECOND - time.perf_counter()))
        running.append(asyncio.create_task(one(number)))
    return await asyncio.wait_for(asyncio.gather(*running), _PATIENCE)


async def _ask(page: _Page, agent: _Watched) -> float:
    heard = agent.wait(lambda event, data: event == "conversation" and _id(data) == page.conversation)
    begun = time.perf_counter()
    await page.say("And one more thing: can it come in the evening?")
    return ((await heard)[0] - begun) * 1000


def _turns(visitors: list[_Page]) -> Iterator[_Page]:
    """Each visitor once before anyone is twice: an answer to another message is not taken for this one's."""
    while True:
        yield from random.Random(5).sample(visitors, len(visitors))


async def _answers(place: Place, token: str, turns: Iterator[_Page]) -> Speaks:
    first = next(turns)
    desk = [Line(place.url, f"{SESSION}={token}") for _ in range(8)]
    proofs = {}
    for line in desk:
        page = await line.ask("GET", f"/conversations/{first.conversation}")
        line.cookie += f"; {page.headers.get('set-cookie', '').partition(';')[0]}"
        page = await line.ask("GET", f"/conversations/{first.conversation}")
        found = re.search(rb'name="_csrf_token" value="([^"]+)"', page.body)
        if found is None:
            raise SystemExit("the conversation page has no form token")
        proofs[line] = found[1].decode()
    free = asyncio.Queue[Line]()
    for line in desk:
        free.put_nowait(line)

    async def one(number: int) -> float:
        page, words = next(turns), f"Of course: answer {number} of the bench."
        await page.shows("")
        line = await free.get()
        form = {"_csrf_token": proofs[line], "kind": "reply", "text": words, "once": f"chat-{number}-{page.token}"}
        heard = page.watched.wait(lambda event, _data: event == "change")
        begun = time.perf_counter()
        answer = await line.ask(
            "POST",
            f"/conversations/{page.conversation}/messages",
            urlencode(form).encode(),
            "application/x-www-form-urlencoded",
        )
        free.put_nowait(line)
        if answer.status not in (200, 302, 303):
            raise SystemExit(f"a reply was answered {answer.status}: {answer.body[:300]!r}")
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(heard, 5)
            heard = page.watched.wait(lambda event, _data: event == "change")
            if await page.shows(words):
                return (time.perf_counter() - begun) * 1000

    return one
