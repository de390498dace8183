"""Carrying out documents verb by verb, as the service would."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urljoin

from polydesk.testing.telephone import twiml_dialling, twiml_queues
from polydesk.testing.telephone.twiml_calls import Failed, Next, Target, TwilioLine, onward
from polydesk.testing.telephone.twiml_documents import Document, Verb

_SIGNS_PER_SECOND = 15.0
_SPEECH_PAUSE = 1.0
_REJECTED = {"busy": "busy", "rejected": "no-answer"}


async def perform(line: TwilioLine, target: Target) -> Target | None:
    """One document; where the party goes on, or None when its call is over."""
    try:
        try:
            document = await line.exchange.desk.fetch(line, target)
            return await _obey(line, document)
        except Failed as failed:
            exchange = line.exchange
            if not line.fallback:
                raise
            told = {"ErrorCode": str(failed.code), "ErrorUrl": failed.url}
            exchange.fallbacks.append(failed.url)
            document = await exchange.desk.fetch(line, Target(line.fallback, extra=told))
            return await _obey(line, document)
    except Failed as failed:
        line.exchange.complain(f"{line.sid} at {failed.url}: {failed}")
        await line.hear("We are sorry, an application error has occurred.")
        await line.end("completed" if line.answered else "failed")
        return None


async def _obey(line: TwilioLine, document: Document) -> Target | None:
    if line.status == "ringing" and line.direction == "inbound":
        if document.verbs and document.verbs[0].name == "Reject":
            reason = document.verbs[0].get("reason", "rejected")
            await line.end(_REJECTED.get(reason, "no-answer"), lived="refused")
            return None
        await line.advance("in-progress")
    found = await run(line, document)
    return found if isinstance(found, Target) else None


async def run(line: TwilioLine, document: Document) -> Next:
    """Its verbs in order, until one leads elsewhere."""
    for remark in document.remarks:
        line.exchange.complain(f"{document.url}: {remark}")
    for verb in document.verbs:
        after = await _VERBS[verb.name](line, verb, document)
        if after is not None:
            return after
    return None


# --- What is heard


async def heard(line: TwilioLine, verb: Verb, document: Document) -> AsyncIterator[float]:
    """Let them hear it, and yield how long each part of it lasts."""
    if verb.name == "Pause":
        yield verb.number("length", 1.0)
        return
    times = int(verb.number("loop", 1.0))
    if verb.get("digits"):
        await line.hear(f"digits {verb.get('digits')}")
        yield 0.5 * len(verb.get("digits"))
        return
    what = verb.text if verb.name == "Say" else urljoin(document.url, verb.text)
    seconds = len(verb.text) / _SIGNS_PER_SECOND if verb.name == "Say" else await line.exchange.desk.audio(what)
    line.music = bool(line.queue) and (line.music or verb.name == "Play")
    count = 0
    while times == 0 or count < times:
        count += 1
        await line.hear(what)
        yield max(seconds, 0.2)


async def _spoken(line: TwilioLine, verb: Verb, document: Document) -> Next:
    async for seconds in heard(line, verb, document):
        await line.exchange.pass_time(seconds)
    return None


# --- What is asked


async def _gather(line: TwilioLine, verb: Verb, document: Document) -> Next:
    kinds = verb.get("input", "dtmf").split()
    keys, speech = "dtmf" in kinds, "speech" in kinds
    barges = speech and verb.yes("bargeIn", True)
    interrupted = False
    for child in verb.children:
        async for seconds in heard(line, child, document):
            interrupted = await line.listen(seconds, keys=keys, speech=barges)
            if interrupted:
                break
        if interrupted:
            break
    found = await _answer(line, verb, keys, speech)
    if found or verb.yes("actionOnEmptyResult"):
        return onward(verb, document, **({"msg": "Gather End", "Digits": ""} | found))
    return None


async def _answer(line: TwilioLine, verb: Verb, keys: bool, speech: bool) -> dict[str, str]:
    most = int(verb.number("numDigits", 0.0))
    finish = verb.get("finishOnKey", "#")
    timeout = verb.number("timeout", 5.0)
    digits = ""
    while await line.listen(timeout, keys=keys, speech=speech and not digits):
        if keys and line.keys:
            key, line.keys = line.keys[0], line.keys[1:]
            if key in finish:
                return {"Digits": digits, "FinishedOnKey": key} if digits else {}
            digits += key
            if most and len(digits) >= most:
                break
        else:
            words, confidence = line.words.pop(0)
            await line.exchange.pass_time(_SPEECH_PAUSE)
            return {"SpeechResult": words, "Confidence": f"{confidence:.8f}", "Language": verb.get("language", "en-US")}
    return {"Digits": digits} if digits else {}


async def _record(line: TwilioLine, verb: Verb, document: Document) -> Next:
    recording = line.exchange.recordings.begin(
        line,
        source="RecordVerb",
        callback=verb.get("recordingStatusCallback") and urljoin(document.url, verb.get("recordingStatusCallback")),
        events=verb.get("recordingStatusCallbackEvent", "completed"),
    )
    if verb.yes("playBeep", True):
        await line.hear("beep")
    finish, silence = verb.get("finishOnKey", "1234567890*#"), verb.number("timeout", 5.0)
    left, key = verb.number("maxLength", 3600.0), ""
    try:
        while left > 0 and await line.listen(min(silence, left), keys=True, speech=True):
            if line.words:
                words, _confidence = line.words.pop(0)
                spoken = min(left, len(words) / _SIGNS_PER_SECOND)
                recording.add(line, words, spoken)
                left -= spoken
                await line.exchange.pass_time(spoken)
                continue
            key, line.keys = line.keys[0], line.keys[1:]
            if key in finish:
                break
            key = ""
    finally:
        line.exchange.recordings.finish(recording)
        if line.over and recording.seconds:
            hung_up = onward(verb, document, Digits="hangup", **recording.told())
            line.exchange.desk.later(line, hung_up)
    if not recording.seconds and not key:
        line.exchange.recordings.forget(recording)
        return None
    return onward(verb, document, **recording.told(), **({"Digits": key} if key else {}))


# --- Elsewhere


async def _redirect(line: TwilioLine, verb: Verb, document: Document) -> Next:
    del line
    return Target(urljoin(document.url, verb.text), verb.get("method", "POST").upper())


async def _hangup(line: TwilioLine, verb: Verb, document: Document) -> Next:
    del line, verb, document
    return "end"


async def _leave(line: TwilioLine, verb: Verb, document: Document) -> Next:
    del verb
    if not line.queue:
        line.exchange.complain(f"{document.url}: Leave outside a queue")
        return None
    return "leave"


async def _refer(line: TwilioLine, verb: Verb, document: Document) -> Next:
    """To another SIP address: the call goes on without us."""
    if not line.to.startswith("sip:") and not line.sender.startswith("sip:"):
        line.exchange.complain(f"{document.url}: only a SIP call can be referred elsewhere")
        return None
    if verb.get("action"):
        return onward(verb, document, ReferCallStatus="success", ReferSipResponseCode="202")
    return "end"


async def _aside(line: TwilioLine, verb: Verb, document: Document) -> Next:
    """A copy of the sound for somebody else: nothing that those in the call would notice."""
    _check_streams(line, verb, document)
    return None


async def _connect(line: TwilioLine, verb: Verb, document: Document) -> Next:
    """Sound both ways over a socket, until hung up or turned: nobody here talks at the other end."""
    _check_streams(line, verb, document)
    await line.exchange.pass_time(14400.0)
    return None


def _check_streams(line: TwilioLine, verb: Verb, document: Document) -> None:
    for stream in verb.children:
        if verb.name != "Stop" and not stream.get("url").startswith("wss://"):
            line.exchange.complain(f"{document.url}: a stream goes to wss:// only, not {stream.get('url')!r}")


async def _enqueue(line: TwilioLine, verb: Verb, document: Document) -> Next:
    return await twiml_queues.enqueue(line, verb, document, run)


async def _dial(line: TwilioLine, verb: Verb, document: Document) -> Next:
    return await twiml_dialling.dial(line, verb, document, run)


_VERBS: dict[str, Callable[[TwilioLine, Verb, Document], Awaitable[Next]]] = {
    "Say": _spoken,
    "Play": _spoken,
    "Pause": _spoken,
    "Gather": _gather,
    "Enqueue": _enqueue,
    "Leave": _leave,
    "Dial": _dial,
    "Record": _record,
    "Redirect": _redirect,
    "Hangup": _hangup,
    "Reject": _hangup,
    "Refer": _refer,
    "Start": _aside,
    "Stop": _aside,
    "Connect": _connect,
}
