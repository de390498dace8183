"""What a request tells, in the words of every provider; nothing for what is no news to a call."""

from __future__ import annotations

from polydesk_voice.happenings import (
    Heard,
    Incoming,
    MessageTaken,
    Met,
    Progress,
    Progressed,
    Ready,
    Recorded,
    Unwaited,
    Waited,
)
from polydesk_voice.providers.twiml.told import Told

PROGRESS: dict[str, Progress] = {
    "ringing": "ringing",
    "in-progress": "answered",
    "answered": "answered",
    "completed": "completed",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "canceled",
    "cancelled": "canceled",
}
BY_ITSELF = frozenset({"hangup", "queue-full", "error", "system-error"})
"""How a party may leave where it was parked without us having moved it."""
_INSIDE = {"participant-join": True, "participant-leave": False}
_DETAILS = {
    "ForwardedFrom": "forwarded_from",
    "StirVerstat": "attestation",
    "FromCity": "city",
    "FromState": "region",
    "FromCountry": "country",
}
_SEQUENCES = 100_000
"""More than the news of one room."""


def incoming(told: Told) -> Incoming:
    """Somebody calls."""
    details = {ours: told.form[name] for name, ours in _DETAILS.items() if told.form.get(name)}
    details |= {name: value for name, value in told.form.items() if name.startswith("SipHeader_")}
    return Incoming(
        leg=told.leg,
        key=f"incoming:{told.leg}",
        caller=told.form.get("From") or told.form.get("Caller", ""),
        called=told.number,
        caller_name=told.form.get("CallerName", ""),
        details=details,
    )


def ready(told: Told) -> Ready:
    """Somebody we dialled has picked up."""
    return Ready(leg=told.leg, token=told.token, key=f"ready:{told.leg}", machine=is_machine(told))


def is_machine(told: Told) -> bool:
    """Whether the provider took what picked up for a machine."""
    return told.form.get("AnsweredBy", "").startswith(("machine", "fax"))


def progressed(told: Told) -> Progressed | None:
    """How far a party has come."""
    progress = PROGRESS.get(told.form.get("CallStatus", ""))
    if progress is None:
        return None
    sequence = told.whole("SequenceNumber")
    seconds = told.whole("CallDuration")
    return Progressed(
        leg=told.leg,
        token=told.token,
        key=f"progress:{told.leg}:{sequence}:{progress}",
        at=told.at,
        progress=progress,
        sequence=sequence,
        seconds=seconds if seconds >= 0 else None,
        reason=_reason(told),
        machine=is_machine(told),
    )


def heard(told: Told) -> Heard:
    """Keys, words, or nothing."""
    try:
        confidence = float(told.form.get("Confidence") or 0.0)
    except ValueError:
        confidence = 0.0
    return Heard(
        leg=told.leg,
        key=f"heard:{told.leg}:{told.query.get('g') or told.query.get('w', '') + '.' + told.query.get('n', '')}",
        digits=told.form.get("Digits", ""),
        speech=told.form.get("SpeechResult", ""),
        confidence=confidence,
    )


def waited(told: Told, name: str, number: int) -> Waited:
    """A round of waiting has come to its end."""
    return Waited(leg=told.leg, key=f"waited:{told.leg}:{name}:{number}")


def left(told: Told) -> Met:
    """Out of a room, and asking what to do now; the room's own news, which is numbered, may come later."""
    return Met(
        leg=told.leg, key=f"left:{told.leg}:{told.query.get('g', '')}", room=told.query.get("r", ""), inside=False
    )


def unwaited(told: Told) -> Unwaited | None:
    """They gave up, or could not be parked; not when it was us who took them from there."""
    why = told.form.get("QueueResult", "")
    if why not in BY_ITSELF:
        return None
    return Unwaited(leg=told.leg, key=f"unwaited:{told.leg}:{told.query.get('w', '')}:{why}", why=why)


def met(told: Told) -> Met | None:
    """In or out of a room."""
    inside = _INSIDE.get(told.form.get("StatusCallbackEvent", ""))
    if inside is None or not told.leg:
        return None
    number = told.whole("SequenceNumber")
    # A room that everybody left and that comes to life again counts from the beginning.
    order = int(told.at.timestamp()) * _SEQUENCES + number if told.at and number >= 0 else -1
    return Met(
        leg=told.leg,
        key=f"room:{told.form.get('ConferenceSid', '')}:{number}:{told.leg[-8:]}:{int(inside)}",
        at=told.at,
        room=told.form.get("FriendlyName", ""),
        inside=inside,
        sequence=order,
    )


def message_taken(told: Told) -> MessageTaken:
    """They have said what they had to say."""
    return MessageTaken(
        leg=told.leg,
        key=f"message:{told.leg}:{told.query.get('g', '')}",
        seconds=max(0, told.whole("RecordingDuration", 0)),
    )


def recorded(told: Told) -> Recorded | None:
    """A recording is there, or never will be."""
    status, reference = told.form.get("RecordingStatus", "completed"), told.form.get("RecordingSid", "")
    if not reference or status not in ("completed", "absent", "failed"):
        return None
    missing = "" if status == "completed" else " ".join(["recording", status, told.form.get("ErrorCode", "")]).strip()
    return Recorded(
        leg=told.leg,
        key=f"recorded:{reference}:{status}",
        reference=reference,
        room=told.query.get("r", ""),
        seconds=float(max(0, told.whole("RecordingDuration", 0))),
        channels=max(1, told.whole("RecordingChannels", 1)),
        message="m" in told.query,
        missing=missing,
    )


def _reason(told: Told) -> str:
    code = told.form.get("SipResponseCode") or told.form.get("ErrorCode") or ""
    return f"SIP {code}" if code and "SipResponseCode" in told.form else code
