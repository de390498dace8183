"""The API of the make-believe Twilio: who may ask, calls, queues, and its ways of saying no."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

import msgspec

from polydesk.testing.telephone import twiml_shown as shown
from polydesk.testing.telephone.twiml_answers import Found, Given, No, Route
from polydesk.testing.telephone.twiml_calls import Callback, Target, TwilioLine
from polydesk.testing.telephone.twiml_rest_rooms import RestOfRooms
from polydesk.testing.telephone.wire import Request, Response

if TYPE_CHECKING:
    from polydesk.testing.telephone.twiml import TwilioExchange
    from polydesk.testing.telephone.twiml_queues import Member, Queue

_LONGEST_TWIML = 4000


class Rest:
    """`mood` is "" or how it is out of sorts: "down" answers 503, "busy" 429, "silent" acts and drops the line."""

    def __init__(self, exchange: TwilioExchange) -> None:
        self._exchange, self._rooms = exchange, RestOfRooms(exchange)
        self.mood = ""
        self.asked: list[tuple[str, str, Given]] = []
        """What the desk asked for: method, path below the account, parameters."""
        self.verified: set[str] = set()
        """Numbers of others that may be shown to those who are called."""
        self.status = "active"

    async def answer(self, request: Request) -> Response:
        """Any request."""
        base = f"/2010-04-01/Accounts/{self._exchange.account_sid}"
        path = unquote(request.path)
        pairs = parse_qsl(request.body.decode(), keep_blank_values=True) or parse_qsl(request.query)
        given = dict(pairs)
        events = [value for name, value in pairs if name == "StatusCallbackEvent"]
        if events:
            given["StatusCallbackEvent"] = " ".join(events)
        try:
            if self.mood == "down":
                return Response(503, {"content-type": "text/html"}, b"<html>Service unavailable</html>")
            known = f"{self._exchange.account_sid}:{self._exchange.token}".encode()
            if request.headers.get("authorization") != f"Basic {base64.b64encode(known).decode()}":
                raise No(401, 20003, "Authenticate")
            if self.mood == "busy":
                raise No(429, 20429, "Too Many Requests")
            if not path.startswith(base):
                raise No(404, 20404, "The requested resource was not found")
            below = path.removeprefix(base)
            self.asked.append((request.method, below, given))
            if below.startswith("/Recordings/") and not below.endswith(".json"):
                return await self._rooms.media(below, given)
            status, found = await self._found(request.method, below.removesuffix(".json"), given)
        except No as no:
            body = {"code": no.code, "message": str(no), "more_info": f"https://example.com/errors/{no.code}"}
            headers = {"content-type": "application/json"} | ({"retry-after": "1"} if no.status == 429 else {})
            return Response(no.status, headers, msgspec.json.encode(body | {"status": no.status}))
        if self.mood == "silent" and request.method != "GET":
            return Response(status, {"content-type": "application/json"}, b"{", broken=True)
        body_ = b"" if found is None else msgspec.json.encode(found)
        return Response(status, {"content-type": "application/json"}, body_)

    async def _found(self, method: str, path: str, given: Given) -> Found:
        if path == "":
            sid = self._exchange.account_sid
            return 200, {"sid": sid, "status": self.status, "friendly_name": "Make-believe"}
        for wanted, pattern, action in self._routes():
            matched = re.fullmatch(pattern, path)
            if wanted == method and matched is not None:
                return await action(*matched.groups(), given)
        raise No(404, 20404, f"The requested resource {path} was not found")

    def _routes(self) -> list[Route]:
        return [
            ("GET", "/Balance", self._balance),
            ("GET", "/IncomingPhoneNumbers", self._numbers),
            ("POST", "/Calls", self._create),
            ("GET", "/Calls", self._calls),
            ("GET", "/Calls/([^/]+)", self._call),
            ("POST", "/Calls/([^/]+)", self._update),
            ("GET", "/Queues", self._queues),
            ("GET", "/Queues/([^/]+)/Members", self._members),
            ("GET", "/Queues/([^/]+)/Members/([^/]+)", self._member),
            ("POST", "/Queues/([^/]+)/Members/([^/]+)", self._dequeue),
            *self._rooms.routes(),
        ]

    # --- the account

    async def _balance(self, given: Given) -> Found:
        del given
        return 200, {"account_sid": self._exchange.account_sid, "balance": "42.5", "currency": "USD"}

    async def _numbers(self, given: Given) -> Found:
        wanted = given.get("PhoneNumber", "")
        numbers = [each for each in self._exchange.numbers.values() if wanted in ("", each.number)]
        return 200, {"incoming_phone_numbers": [shown.number(each) for each in numbers]}

    # --- calls

    async def _create(self, given: Given) -> Found:
        exchange = self._exchange
        to, sender = given.get("To", ""), given.get("From", "")
        if not re.fullmatch(r"\+\d{7,15}|client:[\w.@+-]+|sip:[^\s@]+@[^\s]+", to):
            raise No(400, 21211, f"The phone number you are attempting to call, {to}, is not valid.")
        if sender not in exchange.numbers and sender not in self.verified:
            raise No(400, 21210, f"The source phone number provided, {sender}, is not yet verified for your account.")
        target = self._target(given)
        if target is None:
            raise No(400, 21205, "Url parameter is required.")
        timeout = given.get("Timeout", "60")
        if not timeout.isdigit() or int(timeout) > 600:
            raise No(400, 21217, "Timeout is not valid")
        detection = given.get("MachineDetection", "")
        if detection not in ("", "Enable", "DetectMessageEnd"):
            raise No(400, 20001, "MachineDetection is not valid")
        line = TwilioLine(
            exchange,
            who=to,
            sender=sender,
            to=to,
            direction="outbound-api",
            callback=_callback(given),
            fallback=given.get("FallbackUrl", ""),
        )
        # Digits to be dialled after the answer switch the detection off.
        heeds = "" if given.get("SendDigits") else detection
        told_to = given.get("AsyncAmdStatusCallback", "") if given.get("AsyncAmd") == "true" else ""
        exchange.spawn(exchange.begin(line, target, patience=float(timeout), detection=heeds, told_to=told_to))
        return 201, shown.call(line)

    def _target(self, given: Given) -> Target | None:
        if given.get("Url"):
            return Target(given["Url"], given.get("Method", "POST").upper())
        if text := given.get("Twiml"):
            if len(text) > _LONGEST_TWIML:
                raise No(400, 21216, "Twiml must not be longer than 4000 characters")
            return Target(self._exchange.root, text=text)
        return None

    async def _calls(self, given: Given) -> Found:
        wanted = {"To": "to", "From": "sender", "Status": "status", "ParentCallSid": "parent"}
        lines = [
            line
            for line in self._exchange.calls.values()
            if all(getattr(line, ours) == given[name] for name, ours in wanted.items() if name in given)
        ]
        return 200, {"calls": [shown.call(line) for line in reversed(lines)][: int(given.get("PageSize", "50"))]}

    async def _call(self, sid: str, given: Given) -> Found:
        del given
        return 200, shown.call(self.line(sid))

    async def _update(self, sid: str, given: Given) -> Found:
        line = self.line(sid)
        status = given.get("Status", "")
        if status not in ("", "canceled", "completed"):
            raise No(400, 21218, "Status is not valid")
        if line.over:
            raise No(400, 21220, "Call is not in-progress. Cannot redirect.")
        if given.get("StatusCallback"):
            line.callback = Callback(given["StatusCallback"], "POST", line.callback.events)
        if given.get("FallbackUrl"):
            line.fallback = given["FallbackUrl"]
        if status == "completed" or (status == "canceled" and not line.answered):
            await line.end("completed" if line.answered else "canceled")
        elif (target := self._target(given)) is not None:
            if not line.answered or line.direction == "outbound-dial":
                raise No(400, 21220, "Call is not in-progress. Cannot redirect.")
            line.turn(target)
        return 200, shown.call(line)

    def line(self, sid: str) -> TwilioLine:
        """A call, living or not."""
        if sid not in self._exchange.calls:
            raise No(404, 20404, f"The requested resource /Calls/{sid}.json was not found")
        return self._exchange.calls[sid]

    # --- queues

    async def _queues(self, given: Given) -> Found:
        del given
        return 200, {"queues": [shown.queue(each) for each in self._exchange.queues.values()]}

    async def _members(self, sid: str, given: Given) -> Found:
        del given
        queue = self._queue(sid)
        return 200, {"queue_members": [shown.member(queue, each) for each in queue.members]}

    async def _member(self, sid: str, call: str, given: Given) -> Found:
        del given
        queue = self._queue(sid)
        return 200, shown.member(queue, self._waiting(queue, call))

    async def _dequeue(self, sid: str, call: str, given: Given) -> Found:
        queue = self._queue(sid)
        member = self._waiting(queue, call)
        found = shown.member(queue, member)
        target = self._target(given)
        if target is None:
            raise No(400, 21205, "Url parameter is required.")
        member.line.turn(target)
        return 200, found

    def _queue(self, sid: str) -> Queue:
        found = next((each for each in self._exchange.queues.values() if each.sid == sid), None)
        if found is None:
            raise No(404, 20404, f"The requested resource /Queues/{sid}.json was not found")
        return found

    def _waiting(self, queue: Queue, call: str) -> Member:
        found = next((each for each in queue.members if call in ("Front", each.line.sid)), None)
        if found is None:
            raise No(404, 20404, "The requested resource was not found")
        return found


def _callback(given: Given) -> Callback:
    events = frozenset(given.get("StatusCallbackEvent", "completed").split())
    return Callback(given.get("StatusCallback", ""), given.get("StatusCallbackMethod", "POST").upper(), events)
