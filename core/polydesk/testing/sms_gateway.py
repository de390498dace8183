"""A Twilio-style gateway on a port of this machine: signed webhooks, pictures, reports, refusals by number.

What becomes of a message is told by the end of its recipient's number, see `sms_messages.FATES`.
"""

from __future__ import annotations

import asyncio
import base64
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import msgspec

from polydesk.http import trusted
from polydesk.signatures import form_signature
from polydesk.testing.http_server import HttpServer
from polydesk.testing.sms_messages import FATES, STOPPING, Sent, segments


@dataclass
class SmsGateway:
    """The whole gateway. The same seed gives the same ids."""

    numbers: tuple[str, ...] = ("+995322000222",)
    token: str = "polydesk-sms-token"
    seed: int = 0
    mood: str = ""
    """"down" answers 503, "busy" 429 with Retry-After, "silent" takes messages and drops the line."""
    retry_after: int = 7
    duplicates: float = 0.0
    """How likely a webhook comes a second time."""
    reports: bool = True
    """Whether anything is told of what became of messages."""
    sent: list[Sent] = field(default_factory=list)
    authorised: list[tuple[str, bool]] = field(default_factory=list)
    """Which paths were asked for, and whether with credentials."""
    answers: list[int] = field(default_factory=list)
    given_up: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self.account_sid = "AC" + self._hex()
        self.outbox: asyncio.Queue[Sent] = asyncio.Queue()
        self.stopped: set[str] = set()
        self.url, self.hook, self.port = "", "", 0
        self.back_off, self.attempts = 0.02, 10
        self._media: dict[str, tuple[str, bytes]] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None
        self._server = HttpServer(self._app)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The API's own host, and the store that it points to for pictures."""
        return (f"127.0.0.1:{self.port}", f"localhost:{self.port}")

    async def start(self, hook: str = "", port: int = 0) -> SmsGateway:
        """Open it; messages go to `hook`."""
        self.hook = hook
        self.port = await self._server.open(port)
        self.url = f"http://127.0.0.1:{self.port}"
        self._client = httpx.AsyncClient(timeout=20, trust_env=False, verify=trusted())
        return self

    async def stop(self) -> None:
        """Close it again."""
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._server.close()
        if self._client is not None:
            await self._client.aclose()

    async def __aenter__(self) -> SmsGateway:
        return await self.start()

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    # --- people

    async def write(
        self,
        sender: str,
        text: str,
        *,
        to: str = "",
        media: Sequence[tuple[str, bytes]] = (),
        sid: str = "",
        **more: str,
    ) -> dict[str, str]:
        """Somebody writes to a number of ours; the parameters that were posted."""
        if text.strip().lower() in STOPPING:
            self.stopped.add(sender)
        elif text.strip().lower() in ("start", "unstop", "yes"):
            self.stopped.discard(sender)
        sid = sid or ("MM" if media else "SM") + self._hex()
        form = {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self.account_sid,
            "From": sender,
            "To": to or self.numbers[0],
            "Body": text,
            "NumMedia": str(len(media)),
            "NumSegments": str(segments(text)),
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            **more,
        }
        for place, (kind, data) in enumerate(media):
            key = "ME" + self._hex()
            self._media[key] = (kind, data)
            form[f"MediaUrl{place}"] = f"{self.url}/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}/Media/{key}"
            form[f"MediaContentType{place}"] = kind
        await self.deliver(self.hook, form)
        return form

    async def settled(self) -> None:
        """Wait until every report was delivered or given up."""
        while self._under_way:
            await asyncio.gather(*self._under_way, return_exceptions=True)

    # --- webhooks

    async def deliver(self, address: str, form: dict[str, str]) -> None:
        """Post until told 2xx; give up after `attempts`."""
        if not address:
            return
        for attempt in range(self.attempts):
            if 200 <= await self.post(address, form) < 300:
                break
            await asyncio.sleep(self.back_off * 2**attempt)
        else:
            self.given_up.append(form)
            return
        if self._chance.random() < self.duplicates:
            await self.post(address, form)

    async def post(self, address: str, form: dict[str, str], *, signature: str | None = None) -> int:
        """One attempt; the status, 0 when nobody answered."""
        assert self._client is not None
        given = form_signature(self.token, address, form.items()) if signature is None else signature
        headers = {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}
        if given:
            headers["X-Twilio-Signature"] = given
        try:
            answer = await self._client.post(address, content=urlencode(form), headers=headers)
        except httpx.HTTPError:
            self.answers.append(0)
            return 0
        self.answers.append(answer.status_code)
        return answer.status_code

    async def report(self, sent: Sent, status: str, error: int = 0) -> None:
        """Tell what became of a message."""
        ranks = ("accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed")
        if ranks.index(status) > ranks.index(sent.status):
            sent.status, sent.error = status, error
        form = {
            "MessageSid": sent.sid,
            "SmsSid": sent.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "To": sent.to,
            "From": sent.sender,
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
        }
        if error:
            form["ErrorCode"] = str(error)
        await self.deliver(sent.callback, form)

    async def _reports(self, sent: Sent) -> None:
        fate, code = self._fate(sent.to)
        if not self.reports:
            return
        orders = {
            "unfinished": ("queued", "sent"),
            "disorder": ("delivered", "sent", "queued"),
            "fail": ("queued", "sent", "undelivered"),
            "twice": ("sent", "sent", "delivered", "delivered"),
        }
        for status in orders.get(fate, ("queued", "sent", "delivered")):
            await self.report(sent, status, code if status == "undelivered" else 0)

    @staticmethod
    def _fate(number: str) -> tuple[str, int]:
        return next((fate for end, fate in FATES.items() if number.endswith(end)), ("", 0))

    # --- the API

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        headers = {key.decode().lower(): value.decode("latin-1") for key, value in scope["headers"]}
        path, query = scope["path"], dict(parse_qsl(scope["query_string"].decode()))
        self.authorised.append((path, "authorization" in headers))
        form = parse_qsl(body.decode(), keep_blank_values=True)
        status, more, answer = await self._answered(scope["method"], path, query, form, headers)
        given = {"content-type": "application/json", "content-length": str(len(answer) if status else 1000), **more}
        lines = [(name.encode(), value.encode()) for name, value in given.items()]
        await send({"type": "http.response.start", "status": status or 201, "headers": lines})
        # With the status 0 fewer bytes come than were promised, and the line is dropped.
        await send({"type": "http.response.body", "body": answer, "more_body": not status})

    async def _answered(
        self, method: str, path: str, query: dict[str, str], form: list[tuple[str, str]], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        if self.mood == "down":
            return 503, {"content-type": "text/html"}, b"<html>Service unavailable</html>"
        if path.startswith("/store/"):
            kind, data = self._media[path.removeprefix("/store/")]
            return 200, {"content-type": kind}, data
        known = base64.b64encode(f"{self.account_sid}:{self.token}".encode()).decode()
        if headers.get("authorization") != f"Basic {known}":
            return self._error(401, 20003, "Authenticate")
        base = f"/2010-04-01/Accounts/{self.account_sid}"
        if path.startswith(f"{base}/Messages/") and "/Media/" in path:
            place = f"http://localhost:{self.port}/store/{path.rpartition('/')[2]}"
            return 307, {"location": place}, b""
        if self.mood == "busy":
            status, more, words = self._error(429, 20429, "Too Many Requests")
            return status, {**more, "retry-after": str(self.retry_after)}, words
        if method == "POST" and path == f"{base}/Messages.json":
            return await self._take(form)
        found = self._found(path.removeprefix(base), query)
        return (200, {}, msgspec.json.encode(found)) if found is not None else self._error(404, 20404, "Not found")

    def _found(self, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        if path == ".json":
            return {"sid": self.account_sid, "status": "active", "friendly_name": "Make-believe"}
        if path == "/Balance.json":
            return {"balance": "42.10", "currency": "USD"}
        if path == "/IncomingPhoneNumbers.json":
            shown = [
                {"phone_number": each, "capabilities": {"sms": True, "mms": True}, "sms_url": self.hook}
                for each in self.numbers
                if each == query.get("PhoneNumber", each)
            ]
            return {"incoming_phone_numbers": shown}
        if path == "/Messages.json":
            mine = [each for each in self.sent if each.to == query.get("To", each.to)]
            mine = [each for each in mine if each.sender == query.get("From", each.sender)]
            return {"messages": [each.shown() for each in reversed(mine)]}
        return None

    async def _take(self, form: list[tuple[str, str]]) -> tuple[int, dict[str, str], bytes]:
        given = dict(form)
        to, sender = given.get("To", ""), given.get("From", "") or self.numbers[0]
        fate, code = self._fate(to)
        if not re.fullmatch(r"\+\d{7,15}", to):
            return self._error(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if sender not in self.numbers:
            return self._error(400, 21606, "The From phone number is not a valid, SMS-capable number.")
        if len(given.get("Body", "")) > 1600:
            return self._error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if fate == "refuse":
            return self._error(400, code, "Refused by the number's end")
        if to in self.stopped:
            return self._error(400, 21610, "Attempt to send to unsubscribed recipient")
        media = tuple(value for name, value in form if name == "MediaUrl")
        sent = Sent("SM" + self._hex(), to, sender, given.get("Body", ""), media, given.get("StatusCallback", ""),
                    datetime.now(UTC).replace(microsecond=0))  # fmt: skip
        self.sent.append(sent)
        self.outbox.put_nowait(sent)
        answer = msgspec.json.encode(sent.shown())
        if fate == "early":
            # The report overtakes the answer that would have named the message.
            await self._reports(sent)
        else:
            task = asyncio.create_task(self._reports(sent))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return (0, {}, b"{") if self.mood == "silent" else (201, {}, answer)

    @staticmethod
    def _error(status: int, code: int, words: str) -> tuple[int, dict[str, str], bytes]:
        body = {"code": code, "message": words, "more_info": f"https://example.com/errors/{code}", "status": status}
        return status, {}, msgspec.json.encode(body)

    def _hex(self) -> str:
        return f"{self._chance.getrandbits(128):032x}"
