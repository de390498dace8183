"""How the make-believe Twilio asks the desk: signed, in time, and particular about what comes back."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from polydesk.signatures import form_signature
from polydesk.testing.telephone import twiml_documents, voices
from polydesk.testing.telephone.twiml_calls import Failed, Target, TwilioLine
from polydesk.testing.telephone.twiml_documents import Document
from polydesk.testing.telephone.wire import Client, Response

if TYPE_CHECKING:
    from polydesk.testing.telephone.twiml import TwilioExchange

PATIENCE = 15.0
"""Seconds (of ours) a document may take."""
_ELSEWHERE_SECONDS = 20.0


class Asking:
    """One client for everything, with lines kept open."""

    def __init__(self, exchange: TwilioExchange) -> None:
        self._exchange = exchange
        self._client = Client()
        self._audio: dict[str, float] = {}
        self.asked: Counter[str] = Counter()
        """How often each path was asked for."""

    async def close(self) -> None:
        """Let go of every line."""
        await self._client.close()

    async def fetch(
        self, line: TwilioLine, target: Target, allowed: frozenset[str] = twiml_documents.INSIDE["Response"]
    ) -> Document:
        """A document for whoever holds the receiver. Raises `Failed`."""
        if target.text:
            return self._read(target.text.encode(), "text/xml", target.url, allowed)
        told = line.base() | target.extra
        begun = time.monotonic()
        try:
            answer = await self.ask(target.url, told, target.method)
        except (OSError, TimeoutError) as error:
            raise Failed(11200, target.url, f"no answer: {error or type(error).__name__}") from error
        self._exchange.answer_times.append(time.monotonic() - begun)
        if not 200 <= answer.status < 300:
            raise Failed(11200, target.url, f"HTTP {answer.status}")
        return self._read(answer.body, answer.headers.get("content-type", ""), target.url, allowed)

    def _read(self, body: bytes, media_type: str, url: str, allowed: frozenset[str]) -> Document:
        try:
            return twiml_documents.parse(body, media_type, url, allowed)
        except twiml_documents.Invalid as error:
            self._exchange.complain(f"{url}: {error}")
            raise Failed(error.code, url, str(error)) from error

    async def ask(self, url: str, told: dict[str, str], method: str = "POST") -> Response:
        """One signed request; asked once more when nobody could be reached."""
        self.asked[urlsplit(url).path] += 1
        body, headers = b"", {"user-agent": "TwilioProxy/1.1", "i-twilio-idempotency-token": self._exchange.sid("")}
        if method == "GET":
            url += ("&" if urlsplit(url).query else "?") + urlencode(told)
            headers["x-twilio-signature"] = form_signature(self._exchange.token, url)
        else:
            body = urlencode(told).encode()
            headers["content-type"] = "application/x-www-form-urlencoded; charset=UTF-8"
            headers["x-twilio-signature"] = form_signature(self._exchange.token, url, told.items())
        try:
            return await self._client.ask(method, url, headers, body, PATIENCE)
        except ConnectionRefusedError:
            return await self._client.ask(method, url, headers, body, PATIENCE)

    def later(self, line: TwilioLine, target: Target) -> None:
        """Ask for a document although nobody is there any more to hear it."""
        self._exchange.spawn(self._unheard(line, target))

    async def _unheard(self, line: TwilioLine, target: Target) -> None:
        try:
            await self.fetch(line, target)
        except Failed as failed:
            self._exchange.complain(f"{line.sid} at {failed.url}: {failed}")

    async def audio(self, url: str) -> float:
        """How long a piece of sound lasts; what is not on this machine is not fetched."""
        if (urlsplit(url).hostname or "") not in ("127.0.0.1", "localhost"):
            return _ELSEWHERE_SECONDS
        if url not in self._audio:
            try:
                answer = await self._client.ask("GET", url, seconds=PATIENCE)
            except (OSError, TimeoutError) as error:
                self._exchange.complain(f"{url}: {error}")
                return 1.0
            kind = answer.headers.get("content-type", "")
            if answer.status != 200 or not kind.startswith("audio/"):
                self._exchange.complain(f"{url}: {answer.status} {kind} is no sound")
                return 1.0
            self._audio[url] = voices.seconds_of(answer.body, kind)
        return self._audio[url]
