"""How calls read in the timeline: one line each, in the reader's words."""

from __future__ import annotations

from typing import Any

from polydesk import i18n
from polydesk.i18n import _
from polydesk.types import Told

Data = dict[str, Any]


def clock(seconds: Any) -> str:
    """Minutes and seconds, "1:05", or with hours "1:02:03"."""
    whole = round(float(seconds or 0))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def outcome_name(outcome: str) -> str:
    """What became of a call."""
    return {
        "answered": _("Answered"),
        "abandoned": _("Hung up while waiting"),
        "left_menu": _("Hung up in the menu"),
        "voicemail": _("Left a message"),
        "callback": _("Wants to be called back"),
        "closed": _("Out of hours"),
        "refused": _("Turned away"),
        "self_service": _("Answered by the menu"),
        "busy": _("Busy"),
        "no_answer": _("No answer"),
        "failed": _("Could not be reached"),
        "machine": _("Answering machine"),
    }.get(outcome, outcome)


def began(who: str, _text: str, data: Data) -> Told:
    """In or out, and between whom."""
    caller, called = _number(data.get("caller")), _number(data.get("called"))
    if data.get("direction") == "out":
        line = _("%(who)s called %(number)s", who=_name(who), number=called)
        return Told(line=line, icon="phone-outgoing")
    return Told(line=_("Call from %(caller)s to %(called)s", caller=caller, called=called), icon="phone-incoming")


def said(_who: str, text: str, data: Data) -> Told:
    """A key, or words."""
    if digits := data.get("digits"):
        if not text or text == digits:
            return Told(line=_("Pressed %(keys)s", keys=_number(digits)))
        return Told(line=_("Pressed %(keys)s: %(meaning)s", keys=_number(digits), meaning=_name(text)))
    return Told(line=_("Said “%(words)s”", words=_name(text)))


def queued(_who: str, _text: str, _data: Data) -> Told:
    """The wait begins; which queue is said by the core's own line."""
    return Told(line=_("Waits on the line"))


def blocked(_who: str, _text: str, _data: Data) -> Told:
    """They never waited."""
    return Told(line=_("The queue was full"))


def rang(who: str, _text: str, _data: Data) -> Told:
    """Whose phone."""
    return Told(line=_("The phone of %(who)s rings", who=_name(who)))


def unanswered(who: str, _text: str, data: Data) -> Told:
    """Declined, or rang in vain."""
    if data.get("declined"):
        return Told(line=_("%(who)s declined the call", who=_name(who)))
    return Told(line=_("%(who)s did not answer", who=_name(who)))


def answered(who: str, _text: str, data: Data) -> Told:
    """By whom, and after how long."""
    if data.get("waited") is None:
        return Told(line=_("They answered"))
    return Told(line=_("%(who)s answered after %(time)s", who=_name(who), time=clock(data["waited"])))


def left(_who: str, _text: str, data: Data) -> Told:
    """Why nobody answered."""
    time = clock(data.get("waited"))
    line = {
        "abandoned": _("Hung up after waiting %(time)s", time=time),
        "callback": _("Asked to be called back after waiting %(time)s", time=time),
        "voicemail": _("Sent to leave a message after waiting %(time)s", time=time),
        "overflow": _("Sent on after waiting %(time)s", time=time),
        "diverted": _("Moved by an emergency diversion after waiting %(time)s", time=time),
        "closed": _("Nobody could answer within %(time)s", time=time),
    }.get(str(data.get("why")), str(data.get("why")))
    return Told(line=line, tone="bad" if data.get("why") == "abandoned" else "")


def held(who: str, _text: str, data: Data) -> Told:
    """On hold, or back."""
    if data.get("on"):
        return Told(line=_("%(who)s put the call on hold", who=_name(who)))
    return Told(line=_("%(who)s took the call back", who=_name(who)), icon="player-play")


def transferred(who: str, _text: str, data: Data) -> Told:
    """Whereto, and how."""
    to = _name(str(data.get("to", "")))
    if data.get("way") == "conference":
        return Told(line=_("%(who)s brought in %(to)s", who=_name(who), to=to))
    if data.get("way") == "warm":
        return Told(line=_("%(who)s asked %(to)s to take over", who=_name(who), to=to))
    return Told(line=_("%(who)s transferred to %(to)s", who=_name(who), to=to))


def talked(who: str, _text: str, data: Data) -> Told:
    """For how long."""
    talk, hold = clock(data.get("talk")), data.get("hold") or 0
    if hold:
        return Told(
            line=_("%(who)s talked for %(talk)s, on hold for %(hold)s", who=_name(who), talk=talk, hold=clock(hold))
        )
    return Told(line=_("%(who)s talked for %(talk)s", who=_name(who), talk=talk))


def wrapped_up(who: str, _text: str, data: Data) -> Told:
    """For how long, and with what."""
    time = clock(data.get("seconds"))
    if data.get("category"):
        words = _("Wrap-up by %(who)s, %(time)s: %(category)s", who=_name(who), time=time, category=data["category"])
        return Told(line=words)
    return Told(line=_("Wrap-up by %(who)s, %(time)s", who=_name(who), time=time))


def recorded(_who: str, _text: str, data: Data) -> Told:
    """Where it can be heard, by those who may."""
    link = f"/p/voice/recordings/{data['recording']}" if data.get("recording") else ""
    if data.get("missing"):
        reason = i18n.kept(str(data["missing"]))
        line = _("A recording could not be fetched: %(reason)s", reason=reason)
        return Told(line=line, tone="bad", link=link, link_label=_("Details"))
    return Told(line=_("Recording of %(time)s", time=clock(data.get("seconds"))), link=link, link_label=_("Listen"))


def ended(_who: str, _text: str, data: Data) -> Told:
    """How it came out."""
    outcome = str(data.get("outcome", ""))
    line = _("Call ended: %(outcome)s, %(time)s", outcome=outcome_name(outcome), time=clock(data.get("seconds")))
    return Told(line=line, tone="bad" if outcome in ("abandoned", "failed") else "")


def _name(words: str) -> str:
    return i18n.isolated(words or _("somebody"), "auto")


def _number(words: Any) -> str:
    return i18n.isolated(str(words or _("unknown")), "ltr")
