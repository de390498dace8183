"""Agents' phones: one call at a time, taken and let go of under everybody's eyes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec

from polydesk import N_, Invalid, Text, db, live
from polydesk.i18n import _
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.types import Case
from polydesk_voice.numbers import number_of
from polydesk_voice.phones import times

_LONGEST = 250


class Phone(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's phone as it stands: idle, ringing, talking or wrapping_up, since when, with which call."""

    person: int
    endpoint: str = ""
    call: int | None = None
    state: str = "idle"
    since: datetime
    wrap_up_until: datetime | None = None


async def of(person: int) -> Phone:
    """Somebody's phone; one without an endpoint when they have none."""
    rows = await db.fetch("SELECT * FROM voice_phone WHERE person = {}", person)
    return msgspec.convert(rows[0], Phone) if rows else Phone(person=person, since=datetime.now(UTC))


async def set_up(viewer: Viewer, kind: str, address: str) -> None:
    """Where one answers calls: a number, a SIP address or a name that is signed in with the provider; "" for none."""
    endpoint = endpoint_of(kind, address)
    async with db.transaction():
        await db.fetch(
            "INSERT INTO voice_phone (person, endpoint, state, since) VALUES ({}, {}, 'idle', {}) "
            "ON CONFLICT (person) DO UPDATE SET endpoint = EXCLUDED.endpoint",
            viewer.id,
            endpoint,
            datetime.now(UTC),
        )
        tell(viewer.id)


def endpoint_of(kind: str, address: str) -> str:
    """As it is stored. Raises `Invalid` with a sentence."""
    written = address.strip()
    if not written:
        return ""
    if len(written) > _LONGEST:
        raise Invalid({"address": _("This is too long.")})
    if kind == "number":
        number = number_of(written)
        if not re.fullmatch(r"\+[0-9]{6,15}", number):
            raise Invalid({"address": _("Enter a number with its country, such as +995 555 000 111.")})
        return f"number:{number}"
    if kind == "sip":
        plain = written.removeprefix("sip:")
        if not re.fullmatch(r"[^@\s<>\"]+@[A-Za-z0-9.\-:\[\]]+", plain):
            raise Invalid({"address": _("Enter a SIP address such as ana@pbx.example.org.")})
        return f"sip:{plain}"
    if kind == "client" and re.fullmatch(r"[A-Za-z0-9_.\-]{1,100}", written):
        return f"client:{written}"
    raise Invalid({"address": _("Use letters, digits, dots and hyphens only.")})


async def take(person: int, call: int, now: datetime) -> str | None:
    """Have their phone for a call, if it is free; its endpoint. Inside a transaction."""
    rows = await db.fetch(
        "UPDATE voice_phone SET call = {}, state = 'ringing', since = {}, wrap_up_until = NULL "
        "WHERE person = {} AND state = 'idle' AND endpoint <> '' RETURNING endpoint",
        call,
        now,
        person,
    )
    if not rows:
        return None
    await times.note(person, "ringing", now, call)
    tell(person)
    return str(rows[0]["endpoint"])


async def talks(person: int, call: int, now: datetime) -> None:
    """They answered; inside a transaction."""
    await db.fetch(
        "UPDATE voice_phone SET state = 'talking', since = {} WHERE person = {} AND call = {}", now, person, call
    )
    await times.note(person, "talking", now, call)
    tell(person)


async def let_go(person: int, call: int, now: datetime, wrap_up: int = 0) -> None:
    """The call has left them; with `wrap_up` seconds they have work after it. Inside a transaction."""
    rows = await db.fetch("SELECT state FROM voice_phone WHERE person = {} AND call = {}", person, call)
    if not rows:
        return
    wraps = wrap_up > 0
    await db.fetch(
        "UPDATE voice_phone SET state = {}, call = {}, since = {}, wrap_up_until = {} WHERE person = {}",
        "wrapping_up" if wraps else "idle",
        call if wraps else None,
        now,
        now + timedelta(seconds=wrap_up) if wraps else None,
        person,
    )
    if wraps:
        await times.note(person, "wrapping_up", now, call)
    else:
        await times.note(person, (await staff.viewer_by_id(person)).presence, now)
    tell(person)


async def engaged(case: Case, agents: list[int]) -> dict[int, Text]:
    """Who cannot take a case because of the telephone; only a call needs a phone."""
    rows = await db.fetch("SELECT person, endpoint, state FROM voice_phone WHERE person IN {}", agents)
    known = {row["person"]: row for row in rows}
    calls = case.conversation.channel == "voice"
    found: dict[int, Text] = {}
    for person in agents:
        phone = known.get(person)
        if phone is None or not phone["endpoint"]:
            if calls:
                found[person] = Text(N_("has no telephone set up"))
        elif phone["state"] == "wrapping_up":
            if calls:
                found[person] = Text(N_("is in wrap-up"))
        elif phone["state"] != "idle":
            found[person] = Text(N_("is on the telephone"))
    return found


def tell(person: int) -> None:
    """Have screens look at a phone again."""
    live.signal(0, "voice.phone", person)
