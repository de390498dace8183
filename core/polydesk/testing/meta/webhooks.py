"""Meta's caller: signs, posts, tries again until it is told 200, and, when asked, does so twice or in disorder."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import httpx

from polydesk.http import trusted
from polydesk.testing.meta.signing import signed
from polydesk.testing.meta.whatsapp_bodies import merged


class Webhooks:
    """Calls one address. Without an address bodies are only kept in `told`."""

    def __init__(self, secret: str, verify_token: str, chance: random.Random) -> None:
        self.address = ""
        self.secret = secret
        self.verify_token = verify_token
        self.duplicates = 0.0
        """How likely a body comes a second time."""
        self.back_off, self.attempts = 0.02, 12
        self.told: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.given_up: list[dict[str, Any]] = []
        self._chance = chance
        self._under_way: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    async def handshake(self, token: str = "", challenge: str = "1158201444") -> bool:
        """Ask the address whether it is ours, as Meta does when an admin enters it."""
        answer = await self._http().get(
            self.address,
            params={
                "hub.mode": "subscribe",
                "hub.challenge": challenge,
                "hub.verify_token": token or self.verify_token,
            },
        )
        return answer.status_code == 200 and answer.text == challenge

    async def deliver(self, body: dict[str, Any]) -> None:
        """Post until told 200; give up after `attempts`."""
        self.told.append(body)
        if not self.address:
            return
        raw, headers = signed(self.secret, body)
        wait = self.back_off
        for _attempt in range(self.attempts):
            if await self.post(raw, headers) == 200:
                break
            await asyncio.sleep(wait)
            wait = min(wait * 2, 5.0)
        else:
            self.given_up.append(body)
            return
        if self._chance.random() < self.duplicates:
            await self.post(raw, headers)

    async def post(self, raw: bytes, headers: dict[str, str]) -> int:
        """One attempt with bytes and headers as they are; the status, 0 when nobody answered."""
        try:
            answer = await self._http().post(self.address, content=raw, headers=headers)
        except httpx.HTTPError:
            self.answers.append(0)
            return 0
        self.answers.append(answer.status_code)
        return answer.status_code

    def later(self, body: dict[str, Any]) -> None:
        """Deliver in the background."""
        self.watch(asyncio.create_task(self.deliver(body)))

    def watch(self, task: asyncio.Task[None]) -> None:
        """Count a task among what is under way."""
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def settled(self) -> None:
        """Wait until everything said so far was delivered or given up."""
        while self._under_way:
            await asyncio.gather(*self._under_way)

    async def disorderly(self, bodies: list[dict[str, Any]], *, batch: int = 1000, twice: float = 0.0) -> None:
        """Deliver these in any order, some of them again, up to `batch` in one call: an outage caught up with."""
        mixed = [*bodies, *(body for body in bodies if self._chance.random() < twice)]
        self._chance.shuffle(mixed)
        for start in range(0, len(mixed), batch):
            await self.deliver(merged(mixed[start : start + batch]))

    async def close(self) -> None:
        """Stop calling."""
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=20, trust_env=False, verify=trusted())
        return self._client
