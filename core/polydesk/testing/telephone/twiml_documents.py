"""TwiML as a service reads it: names are case-sensitive, and what is unknown is complained of."""

from __future__ import annotations

from xml.etree import ElementTree

import msgspec

LARGEST = 64_000
_SPEECH = frozenset({"Say", "Play", "Pause"})
_STATUS = {"statusCallback", "statusCallbackMethod", "statusCallbackEvent"}
_RECORDING = {"recordingStatusCallback", "recordingStatusCallbackMethod", "recordingStatusCallbackEvent"}
_CALLED = {"url", "method", "machineDetection", "machineDetectionTimeout", *_STATUS}
ATTRIBUTES: dict[str, set[str]] = {
    "Say": {"voice", "language", "loop"},
    "Play": {"loop", "digits"},
    "Pause": {"length"},
    "Gather": {
        "input", "action", "method", "timeout", "speechTimeout", "maxSpeechTime", "numDigits", "finishOnKey",
        "language", "hints", "profanityFilter", "bargeIn", "speechModel", "enhanced", "partialResultCallback",
        "partialResultCallbackMethod", "actionOnEmptyResult", "debug",
    },
    "Enqueue": {"action", "method", "waitUrl", "waitUrlMethod", "maxQueueSize", "workflowSid"},
    "Leave": set(),
    "Dial": {
        "action", "method", "timeout", "timeLimit", "callerId", "hangupOnStar", "record", "trim", "answerOnBridge",
        "ringTone", "recordingTrack", "sequential", "referUrl", "referMethod", *_RECORDING,
    },
    "Number": {"sendDigits", *_CALLED},
    "Client": _CALLED,
    "Sip": {"username", "password", *_CALLED},
    "Queue": {"url", "method"},
    "Conference": {
        "muted", "beep", "startConferenceOnEnter", "endConferenceOnExit", "waitUrl", "waitMethod", "maxParticipants",
        "record", "trim", "coach", "participantLabel", "eventCallbackUrl", "region", "jitterBufferSize",
        *_STATUS, *_RECORDING,
    },
    "Record": {
        "action", "method", "timeout", "finishOnKey", "maxLength", "playBeep", "trim", "transcribe",
        "transcribeCallback", *_RECORDING,
    },
    "Redirect": {"method"},
    "Hangup": set(),
    "Reject": {"reason"},
    "Refer": {"action", "method"},
    "Start": {"action", "method"},
    "Connect": {"action", "method"},
    "Stop": set(),
    "Stream": {"url", "track", "name", *_STATUS},
}  # fmt: skip
INSIDE: dict[str, frozenset[str]] = {
    "Response": frozenset({"Say", "Play", "Pause", "Gather", "Enqueue", "Leave", "Dial", "Record", "Redirect", "Hangup",
                           "Reject", "Refer", "Start", "Connect", "Stop"}),
    "Gather": _SPEECH,
    "Dial": frozenset({"Number", "Client", "Sip", "Queue", "Conference"}),
    "Refer": frozenset({"Sip"}),
    "Start": frozenset({"Stream"}),
    "Connect": frozenset({"Stream"}),
    "Stop": frozenset({"Stream"}),
}  # fmt: skip
WAITING = frozenset({"Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather"})
"""What a party that waits in a queue may be given."""


class Invalid(Exception):
    """Not a document this service can carry out; `code` is its own."""

    def __init__(self, code: int, words: str) -> None:
        self.code = code
        super().__init__(f"{code}: {words}")


class Verb(msgspec.Struct):
    """One element."""

    name: str
    text: str
    given: dict[str, str]
    children: list[Verb]

    def get(self, name: str, otherwise: str = "") -> str:
        """An attribute, or its default."""
        return self.given.get(name, otherwise)

    def number(self, name: str, otherwise: float) -> float:
        """An attribute that is a number; what is none is the default."""
        try:
            return float(self.given[name])
        except (KeyError, ValueError):
            return otherwise

    def yes(self, name: str, otherwise: bool = False) -> bool:
        """An attribute that is true or false."""
        return self.given[name] == "true" if name in self.given else otherwise


class Document(msgspec.Struct):
    """The verbs to carry out, where they came from, and what is wrong with them although they can be carried out."""

    url: str
    verbs: list[Verb]
    remarks: list[str]


def parse(body: bytes, media_type: str, url: str, allowed: frozenset[str] = INSIDE["Response"]) -> Document:
    """Read a document. Raises `Invalid` for what ends a call."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind.startswith("audio/"):
        return Document(url, [Verb("Play", url, {}, [])], [])
    if kind not in ("text/xml", "application/xml", "text/html"):
        raise Invalid(12300, f"the content type {media_type!r} is none for a document")
    if len(body) > LARGEST:
        raise Invalid(11750, f"a document of {len(body)} bytes")
    try:
        # Only documents of the desk under test are read, on this machine.
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError) as error:
        raise Invalid(12100, f"{error} in {body[:200]!r}") from None
    if root.tag != "Response":
        raise Invalid(12102, f"the root is {root.tag}, not Response")
    remarks: list[str] = []
    verbs = [_verb(each, allowed, remarks) for each in root]
    if any(verb.name == "Reject" for verb in verbs[1:]):
        raise Invalid(12200, "Reject is not the first verb")
    return Document(url, verbs, remarks)


def _verb(element: ElementTree.Element, allowed: frozenset[str], remarks: list[str]) -> Verb:
    name = element.tag
    if name not in allowed:
        raise Invalid(12200, f"{name} is not allowed there")
    known = ATTRIBUTES.get(name)
    if known is not None:
        remarks += [f"{name} has no attribute {each}" for each in element.attrib if each not in known]
    inside = INSIDE.get(name, frozenset())
    # What is spoken may be marked up.
    children = [] if name == "Say" else [_verb(each, inside, remarks) for each in element]
    text = "".join(element.itertext() if name == "Say" else [element.text or ""]).strip()
    if name in ("Play", "Redirect") and not (text or "digits" in element.attrib):
        raise Invalid(12200, f"{name} without an address")
    if name in ("Enqueue", "Conference", "Queue", "Number", "Client", "Sip") and not text and name != "Enqueue":
        raise Invalid(13224, f"{name} without a name")
    if name == "Enqueue" and len(text) > 64:
        raise Invalid(12200, "the name of a queue has 64 characters at most")
    if name == "Say" and len(text) > 4096:
        raise Invalid(13510, "Say has 4096 characters at most")
    return Verb(name, text, dict(element.attrib), children)
