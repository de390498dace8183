"""A plan as a TwiML document; and, for a party that waits already, the document it hears meanwhile."""

from __future__ import annotations

import re
import secrets
import textwrap
from collections.abc import Iterable
from html import escape

from polydesk.types import Account
from polydesk_voice.plan import Act, Ask, HangUp, Meet, Plan, Refuse, Speak, TakeMessage, Wait
from polydesk_voice.providers.twiml import addresses, music
from polydesk_voice.providers.twiml.languages import tag

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_SAY = 3000
_MOST_HINTS = 100
QUEUE_MOST = 5000
HELD_SECONDS = 3
STUMBLED_SECONDS = 2
"""How long to wait before doing again what the provider has just failed to do."""


def document(plan: Plan, account: Account | None, *, coached: str = "", stumbled: bool = False) -> bytes:
    """Everything up to the first act that is waited for; a plan without one ends the party.

    `coached` is the provider's name of the party that a whisper is for. Where nothing is waited for, no account is
    needed.
    """
    if plan and isinstance(plan[0], Refuse):
        return _response([_tag("Reject", reason="busy" if plan[0].busy else "rejected")])
    parts = [_tag("Pause", length=STUMBLED_SECONDS)] if stumbled else []
    for act in plan:
        if isinstance(act, Speak):
            parts += _said(act)
            continue
        parts += _last(act, account, coached) if account is not None else [_tag("Hangup")]
        break
    else:
        parts.append(_tag("Hangup"))
    return _response(parts)


def held(words: Speak, address: str) -> bytes:
    """Some words, a moment of silence, and then ask there."""
    return _response([*_said(words), _tag("Pause", length=HELD_SECONDS), _redirect(address)])


def waiting(plan: Plan, account: Account, round_: Round, *, quiet: bool = False) -> bytes:
    """What a parked party hears now; one whose plan is no longer to wait leaves, and then gets its new plan.

    What the plan has said before it was parked is not said again. `quiet` goes on with the music alone.
    """
    place = next((number for number, act in enumerate(plan) if not isinstance(act, Speak)), None)
    wait = plan[place] if place is not None else None
    if not isinstance(wait, Wait):
        return _response([_tag("Leave")])
    before = plan[:place] if round_.number else ()
    says = () if quiet else (*(act for act in before if isinstance(act, Speak)), *wait.says)
    heard = [*_many(says), _music(wait)]
    after = round_.next()
    if wait.keys:
        action = addresses.of(account, "pressed", query={**after.query(), "k": wait.keys})
        heard = [_tag("Gather", heard, input="dtmf", numDigits=1, finishOnKey="", timeout=1, action=action)]
    return _response([*heard, _redirect(addresses.of(account, "wait", query=after.query()))])


class Round:
    """One time of waiting: `name` is new for each, `number` counts how often its document has come to an end."""

    def __init__(self, name: str = "", number: int = 0) -> None:
        self.name, self.number = name or secrets.token_hex(4), number

    @classmethod
    def read(cls, query: dict[str, str]) -> Round:
        """As it stands in an address of ours."""
        number = query.get("n", "")
        return cls(query.get("w", ""), int(number) if number.isascii() and number.isdigit() else 0)

    def next(self) -> Round:
        """When the document that is written now has ended."""
        return Round(self.name, self.number + 1)

    def query(self) -> dict[str, str | int]:
        """For an address."""
        return {"w": self.name, "n": self.number}


def _last(act: Act, account: Account, coached: str) -> list[str]:
    match act:
        case Ask():
            return _asked(act, account)
        case Wait():
            return _parked(account)
        case Meet():
            return [_met(act, account, coached)]
        case TakeMessage():
            return _taken(act, account)
        case HangUp() | Refuse() | Speak():
            return [_tag("Hangup")]


def _said(speak: Speak) -> list[str]:
    if speak.audio:
        return [_tag("Play", speak.audio)]
    return [_tag("Say", part, language=tag(speak.language)) for part in textwrap.wrap(speak.text, _LONGEST_SAY)]


def _many(says: Iterable[Speak]) -> list[str]:
    return [part for each in says for part in _said(each)]


def _asked(ask: Ask, account: Account) -> list[str]:
    attributes: dict[str, str | int] = {
        "input": "dtmf speech" if ask.speech else "dtmf",
        "timeout": max(1, ask.timeout),
        # One key may be any of the twelve; a longer answer is ended early by #.
        "finishOnKey": "" if ask.digits == 1 else "#",
        "action": addresses.of(account, "heard", query={"g": secrets.token_hex(4)}),
        "actionOnEmptyResult": "true",
    }
    if ask.digits:
        attributes["numDigits"] = ask.digits
    if ask.speech:
        attributes |= {"language": tag(ask.language), "speechTimeout": "auto"}
        if hints := ",".join(each.replace(",", " ")[:100] for each in ask.hints[:_MOST_HINTS]):
            attributes["hints"] = hints
    return [_tag("Gather", _many(ask.says), **attributes), _redirect(addresses.of(account, "leg"))]


def _parked(account: Account) -> list[str]:
    start = Round()
    enqueue = _tag(
        "Enqueue",
        # One queue for the whole line: who comes next is decided here, and queues are never tidied away there.
        f"polydesk-{account.id}",
        waitUrl=addresses.of(account, "wait", query=start.query()),
        action=addresses.of(account, "unwaited", query={"w": start.name}),
        maxQueueSize=QUEUE_MOST,
    )
    return [enqueue, _redirect(addresses.of(account, "leg"))]


def _music(wait: Wait) -> str:
    if wait.music:
        return _tag("Play", wait.music)
    return _tag("Play", music.address(), loop=music.times(wait.seconds))


def _met(meet: Meet, account: Account, coached: str) -> str:
    whispers = meet.role == "whisper" and bool(coached)
    attributes: dict[str, str | int] = {
        "beep": "false",
        "muted": _yes(meet.muted or (meet.role != "talk" and not whispers)),
        "startConferenceOnEnter": _yes(meet.role == "talk"),
        "endConferenceOnExit": _yes(meet.ends),
        "waitUrl": meet.music,
        "statusCallback": addresses.of(account, "room"),
        "statusCallbackEvent": "join leave",
    }
    if whispers:
        attributes["coach"] = coached
    if meet.records:
        attributes |= {
            "record": "record-from-start",
            "recordingStatusCallback": addresses.of(account, "recording", query={"r": meet.room}),
            "recordingStatusCallbackEvent": "completed absent",
        }
    action = addresses.of(account, "left", query={"r": meet.room, "g": secrets.token_hex(4)})
    return _tag("Dial", [_tag("Conference", meet.room, **attributes)], action=action)


def _taken(act: TakeMessage, account: Account) -> list[str]:
    # A message of nothing but silence has no action: the document goes on.
    once = secrets.token_hex(4)
    record = _tag(
        "Record",
        maxLength=act.most_seconds,
        timeout=act.silence,
        finishOnKey="#",
        playBeep="true",
        action=addresses.of(account, "message", query={"g": once}),
        recordingStatusCallback=addresses.of(account, "recording", query={"m": 1}),
        recordingStatusCallbackEvent="completed absent",
    )
    return [record, _redirect(addresses.of(account, "message", query={"g": once}))]


def _redirect(address: str) -> str:
    return _tag("Redirect", address)


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _response(parts: Iterable[str]) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Response>{"".join(parts)}</Response>'.encode()


def _tag(name: str, content: str | Iterable[str] = "", **attributes: str | int) -> str:
    """One element: text is escaped, a list holds elements made before."""
    inside = _clean(content) if isinstance(content, str) else "".join(content)
    given = "".join(f' {key}="{_clean(str(value))}"' for key, value in attributes.items())
    return f"<{name}{given}>{inside}</{name}>" if inside else f"<{name}{given}/>"


def _clean(text: str) -> str:
    return escape(_NOT_XML.sub("", text))
