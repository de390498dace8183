"""Visitors who do not exist: each a browser that posts and listens over HTTP as the chat's own script does."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx

from polydesk import Simulator
from polydesk.simulator import Heard, Persona, Saying
from polydesk.types import Choice
from polydesk_webchat.settings import ChatSettings

KEY = "make-believe"
_ATTEMPTS = 400
_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:148.0) Gecko/20100101 Firefox/148.0"
_CHOICE = re.compile(r'name="choice" value="([^"]*)"')


class ChatVisitors(Simulator):
    """A chat on a web site of its own, with people on it."""

    channel = "webchat"

    def __init__(self) -> None:
        self.desk = ""
        self.browser: httpx.AsyncClient | None = None
        self.heard_things: asyncio.Queue[Heard | None] = asyncio.Queue()
        self.listening: dict[str, asyncio.Task[None]] = {}
        self.last: dict[str, int] = {}

    async def start(self, hook: str) -> ChatSettings:
        """The settings of the chat they write in."""
        self.desk = hook.partition("/hooks/")[0]
        self.browser = httpx.AsyncClient(base_url=f"{self.desk}/p/webchat/{KEY}", timeout=30.0, trust_env=False)
        self.heard_things = asyncio.Queue()
        return ChatSettings(key=KEY, title="Chat", per_minute=600, chats_per_hour=100_000, mail_after=0)

    async def stop(self) -> None:
        """Close every page."""
        for task in self.listening.values():
            task.cancel()
        await asyncio.gather(*self.listening.values(), return_exceptions=True)
        self.listening.clear()
        if self.browser is not None:
            await self.browser.aclose()
        self.heard_things.put_nowait(None)

    async def say(self, persona: Persona, saying: Saying) -> None:
        """Post the form, again until it is taken, as an impatient visitor would."""
        form = {
            "once": secrets.token_urlsafe(12),
            "text": saying.text,
            "name": persona.name,
            "email": persona.email,
            "page": "https://shop.example/help",
            "title": "Help",
        }
        if saying.choice is not None:
            form["choice"] = f"{saying.choice.value}\n{saying.choice.label}"
        files = [("files", (each.name, each.data, each.media_type)) for each in saying.files]
        for _attempt in range(_ATTEMPTS):
            with contextlib.suppress(httpx.HTTPError):
                answer = await self._asks().post(
                    "/messages",
                    data=form,
                    files=files or None,
                    headers=self._headers(persona),
                    params=_language(persona),
                )
                if answer.status_code == 201:
                    self._listen(persona)
                    return
                if answer.status_code < 429:
                    raise RuntimeError(f"the chat answered {answer.status_code}: {answer.text[:200]}")
            await asyncio.sleep(0.5)
        raise RuntimeError("the chat takes no messages")

    async def heard(self) -> AsyncIterator[Heard]:
        """What the desk sends, as the visitors' pages show it."""
        while (one := await self.heard_things.get()) is not None:
            yield one

    def _asks(self) -> httpx.AsyncClient:
        assert self.browser is not None
        return self.browser

    def _headers(self, persona: Persona) -> dict[str, str]:
        # The same persona is the same browser each time the simulation is started.
        token = hashlib.sha256(f"make-believe visitor {persona.key}".encode()).hexdigest()[:43]
        return {"Authorization": f"Bearer {token}", "User-Agent": _AGENT, "Accept-Language": persona.language}

    def _listen(self, persona: Persona) -> None:
        task = self.listening.get(persona.key)
        if task is None or task.done():
            self.listening[persona.key] = asyncio.create_task(self._stay(persona))

    async def _stay(self, persona: Persona) -> None:
        """Keep the page open: look whenever told that something changed."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                async with self._asks().stream("GET", "/events", headers=self._headers(persona), timeout=60.0) as lines:
                    async for line in lines.aiter_lines():
                        # What came before the line was open is not signalled on it: hence also on its first word.
                        if line in ("event: hello", "event: change"):
                            await self._look(persona)
            await asyncio.sleep(0.5)

    async def _look(self, persona: Persona) -> None:
        query = {"after": str(self.last.get(persona.key, 0)), **_language(persona)}
        answer = await self._asks().get("/messages", headers=self._headers(persona), params=query)
        seen: list[dict[str, Any]] = answer.json().get("messages", []) if answer.status_code == 200 else []
        for message in seen:
            self.last[persona.key] = max(self.last.get(persona.key, 0), message["id"])
            if not message["mine"]:
                html = message["html"]
                choices = tuple(
                    Choice(value=value.strip(), label=label.strip())
                    for value, _bar, label in (unescape(each).partition("\n") for each in _CHOICE.findall(html))
                )
                self.heard_things.put_nowait(Heard(persona=persona.key, text=_words(html), choices=choices))
        if any(not each["mine"] for each in seen):
            await self._asks().post("/signs", json={"seen": self.last[persona.key]}, headers=self._headers(persona))


def _language(persona: Persona) -> dict[str, str]:
    return {"lang": persona.language}


def _words(html: str) -> str:
    bubble = html.partition('<div class="bubble">')[2].partition("</div>")[0]
    return unescape(re.sub(r"<[^>]+>", "", bubble.replace("<br>", "\n"))).strip()
