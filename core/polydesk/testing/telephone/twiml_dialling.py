"""Dial: phones that ring at once, the head of a queue, or a room."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urljoin

from polydesk.testing.telephone.twiml_calls import Callback, Next, Target, TwilioLine, onward
from polydesk.testing.telephone.twiml_documents import INSIDE, Document, Verb
from polydesk.testing.telephone.twiml_queues import Member, Run

_PHONES = ("Number", "Client", "Sip")
_WHISPERED = INSIDE["Response"] - {"Dial", "Enqueue", "Leave", "Reject"}


async def dial(line: TwilioLine, verb: Verb, document: Document, run: Run) -> Next:
    """Connect to whatever is named; what is told afterwards at `action`, or the next verb."""
    nouns = verb.children or [Verb("Number", verb.text, {}, [])]
    begun = time.monotonic()
    told: dict[str, str]
    if nouns[0].name == "Conference":
        told = await line.exchange.rooms.attend(line, nouns[0], document)
    elif nouns[0].name == "Queue":
        told = await _take(line, nouns[0], document, run)
    else:
        told = await _ring(line, verb, [each for each in nouns if each.name in _PHONES], document, run)
    if told.get("DialCallStatus") in ("completed", "answered"):
        told.setdefault("DialCallDuration", str(int((time.monotonic() - begun) * line.exchange.speed)))
    if verb.get("action"):
        return onward(verb, document, **told)
    return None


async def _ring(line: TwilioLine, verb: Verb, nouns: list[Verb], document: Document, run: Run) -> dict[str, str]:
    """Everyone at once; the first to pick up has it, and the others stop ringing."""
    exchange = line.exchange
    timeout = min(600.0, max(5.0, verb.number("timeout", 30.0)))
    children = [_child(line, verb, noun, document) for noun in nouns]
    ringing = {asyncio.create_task(exchange.ring(child, timeout)): child for child in children}
    waiting = set(ringing)
    taken: TwilioLine | None = None
    try:
        while waiting and taken is None:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            taken = next((ringing[task] for task in done if task.result()), None)
        for child in children:
            if child is not taken and not child.over:
                await child.end("no-answer" if taken is None else "canceled")
        if taken is None:
            return {"DialCallStatus": children[-1].status, "DialCallSid": children[-1].sid, "DialBridged": "false"}
        noun = nouns[children.index(taken)]
        if noun.get("url") and not await _whisper(taken, Target(urljoin(document.url, noun.get("url"))), run):
            return {"DialCallStatus": "no-answer", "DialCallSid": taken.sid, "DialBridged": "false"}
        return await _talk(line, taken, verb, document)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for child in children:
            if not child.over:
                await asyncio.shield(child.end("completed" if child.answered else "canceled"))


def _child(line: TwilioLine, verb: Verb, noun: Verb, document: Document) -> TwilioLine:
    to = noun.text
    if noun.name == "Client" and not to.startswith("client:"):
        to = f"client:{to}"
    callback = Callback()
    if noun.get("statusCallback"):
        events = frozenset(noun.get("statusCallbackEvent", "completed").split())
        callback = Callback(urljoin(document.url, noun.get("statusCallback")), "POST", events)
    sender = verb.get("callerId") or (line.sender if line.direction == "inbound" else line.to)
    return TwilioLine(
        line.exchange, who=to, sender=sender, to=to, direction="outbound-dial", callback=callback, parent=line.sid
    )


async def _whisper(line: TwilioLine, target: Target, run: Run) -> bool:
    """Something to hear, or to answer, before they are connected; False when they hung up over it."""
    following: Target | None = target
    while following is not None and not line.over:
        document = await line.exchange.desk.fetch(line, following, allowed=_WHISPERED)
        after = await run(line, document)
        if after == "end":
            await line.end("completed")
            return False
        following = after if isinstance(after, Target) else None
    return not line.over


async def _talk(line: TwilioLine, other: TwilioLine, verb: Verb, document: Document) -> dict[str, str]:
    """The two hear each other until one of them hangs up, or the time is up."""
    exchange = line.exchange
    recording = None
    if verb.get("record", "do-not-record") not in ("do-not-record", "false"):
        recording = exchange.recordings.begin(
            line,
            source="DialVerb",
            callback=verb.get("recordingStatusCallback") and urljoin(document.url, verb.get("recordingStatusCallback")),
            events=verb.get("recordingStatusCallbackEvent", "completed"),
            channels=2 if verb.get("record").endswith("dual") else 1,
            also=other,
        )
    begun = time.monotonic()
    await exchange.rooms.connect(line, other)
    try:
        most = verb.number("timeLimit", 14400.0)
        while exchange.rooms.connected(line, other) and (time.monotonic() - begun) * exchange.speed < most:
            if verb.yes("hangupOnStar") and "*" in line.keys:
                line.keys = line.keys.replace("*", "", 1)
                break
            await exchange.pass_time(0.25)
    finally:
        await asyncio.shield(exchange.rooms.part(line, other))
        if recording is not None:
            exchange.recordings.finish(recording)
    told = {
        "DialCallStatus": "completed",
        "DialCallSid": other.sid,
        "DialCallDuration": str(int((time.monotonic() - begun) * exchange.speed)),
        "DialBridged": "true",
    }
    return told | (recording.told() if recording is not None else {})


async def _take(line: TwilioLine, noun: Verb, document: Document, run: Run) -> dict[str, str]:
    """Whoever waits longest in a queue; waits for somebody while it is empty."""
    exchange = line.exchange
    queue = exchange.queue(noun.text, 100)
    while not queue.members:
        await exchange.pass_time(0.5)
    member: Member = queue.members[0]
    other, waited = member.line, queue.waited(member)
    member.taken.set_result(line)
    queue.leave(member)
    try:
        if noun.get("url"):
            told = {"DequeingCallSid": line.sid, "QueueSid": queue.sid, "QueueTime": str(waited)}
            await _whisper(other, Target(urljoin(document.url, noun.get("url")), extra=told), run)
        if other.over:
            return {"DialCallStatus": "no-answer", "DialCallSid": other.sid}
        return await _talk(line, other, Verb("Dial", "", {}, []), document)
    finally:
        if not member.parted.done():
            member.parted.set_result(None)
