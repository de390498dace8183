"""A week of calls behind the demo's first firm, so that figures, recordings and the floor have something to show."""

from __future__ import annotations

import io
import math
import wave
from array import array
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec

from polydesk import db, storage
from polydesk.channels import service as channels
from polydesk.conversations import attending
from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk.staff import service as staff
from polydesk.types import Account, Handle, Scope
from polydesk_voice import items, places
from polydesk_voice.calls import originate, rows
from polydesk_voice.numbers import PHONE
from polydesk_voice.phones import service as phones
from polydesk_voice.recordings import service as recordings
from polydesk_voice.recordings import sound
from polydesk_voice.settings import LineSettings

NUMBER = "+995322000111"
DAYS, A_DAY, SOUNDS = 6, 22, 8
_NAMES = (
    ("Nino Beridze", "en"), ("Luc Moreau", "fr"), ("Salma Idrissi", "ar"), ("Elena Ruiz", "es"), ("Paul Adeyemi", "en"),
    ("Claire Petit", "fr"), ("Youssef Amrani", "ar"), ("Marta Gil", "es"), ("Hannah Price", "en"),
    ("Théo Garnier", "fr"),
)  # fmt: skip
_TOPICS = ("Late parcel", "Wrong address", "Payment", "Damaged", "Courier app", "Refund")
_FATES = ("answered",) * 15 + ("abandoned",) * 3 + ("short",) + ("voicemail",)


async def load(say: Callable[[str], None]) -> None:
    """A line, settings, phones, and what happened on it."""
    owners = await db.fetch("SELECT id FROM pd_person WHERE is_owner ORDER BY id LIMIT 1")
    if not owners:
        return
    owner = await staff.viewer_by_id(int(owners[0]["id"]))
    say("Telephone …")
    client = owner.clients[0]
    line = await channels.save_account(
        owner,
        channel="voice",
        client=client,
        market=None,
        name=_("Hotline"),
        settings=LineSettings(number=NUMBER, account_sid="AC" + "0" * 32, api_url=""),
        enabled=False,
    )
    await places.keep(
        Scope(client),
        records=True,
        consent="en: This call is recorded to improve our service.\nfr: Cet appel est enregistré.\n"
        "es: Esta llamada se graba para mejorar el servicio.\nar: يتم تسجيل هذه المكالمة لتحسين خدمتنا.",
    )
    agents = await db.fetch(
        "SELECT DISTINCT p.id, p.email FROM pd_person p JOIN pd_membership m ON m.person = p.id "
        "WHERE m.client = {} AND m.role = 'agent' ORDER BY p.id",
        client,
    )
    for each in (*agents, {"id": owner.id, "email": owner.email}):
        await phones.set_up(await staff.viewer_by_id(each["id"]), "client", each["email"].split("@")[0])
    own = [queue.id for queue in await queues.list_queues(owner) if queue.client == client][:2]
    if own and agents:
        await _week(await channels.load(line), own, [each["id"] for each in agents], Random(11))  # noqa: S311


async def _week(account: Account, own: list[int], agents: list[int], chance: Random) -> None:
    now = datetime.now(UTC)
    today = now.replace(hour=9, minute=0, second=0, microsecond=0)
    sounds = 0
    for day in range(DAYS, -1, -1):
        begins = today - timedelta(days=day)
        async with db.transaction():
            at = begins
            for _number in range(A_DAY):
                at += timedelta(seconds=chance.expovariate(1 / 1400))
                if at > now - timedelta(minutes=20):
                    break
                made = await _one(account, chance.choice(own), chance.choice(agents), at, chance)
                if made is not None and sounds < SOUNDS and day < 3:
                    sounds += 1
                    await _recording(made, chance, message=made["outcome"] == "voicemail")


async def _one(account: Account, queue: int, agent: int, at: datetime, chance: Random) -> dict[str, Any] | None:
    """One call from ringing to wrap-up; the stored call when there is something to hear."""
    name, language = chance.choice(_NAMES)
    fate, topic = chance.choice(_FATES), chance.choice(_TOPICS)
    number = f"+9955{_NAMES.index((name, language)):02d}{chance.randrange(10):01d}00100"
    call = (
        await db.fetch(
            "INSERT INTO voice_call (client, market, account, conversation, contact, direction, state, caller, called, "
            "language, queue, records, began_at) VALUES ({}, NULL, {}, 0, 0, 'in', 'ended', {}, {}, {}, {}, {}, {}) "
            "RETURNING *",
            account.client, account.id, number, NUMBER, language, queue, True, at,
        )
    )[0]  # fmt: skip
    opened = await attending.open(
        account,
        Handle(PHONE, number, name),
        kind=items.BEGAN,
        direction="in",
        subject=originate.subject(language),
        language=language,
        data={"call": call["id"], "direction": "in", "caller": number, "called": NUMBER, "account": account.id},
        at=at,
    )
    queued = at + timedelta(seconds=chance.uniform(8, 35))
    waits = {"short": chance.uniform(1, 4), "abandoned": chance.uniform(25, 190)}.get(fate, chance.expovariate(1 / 18))
    over = queued + timedelta(seconds=waits)
    await rows.set_call(call, conversation=opened.conversation.id, contact=opened.contact.id, queued_at=queued)
    await rows.note(call, items.QUEUED, at=queued, queue=queue)
    told: dict[str, Any] = {"queue": queue, "queued_at": queued, "waited": round(waits, 1)}
    outcome = "abandoned" if fate in ("short", "abandoned") else fate
    if fate == "answered":
        over = await _answered(call, agent, over, chance, topic, told)
    else:
        await rows.note(call, items.LEFT, at=over, why=outcome, **told)
        over += timedelta(seconds=25 if fate == "voicemail" else 0)
    await rows.set_call(call, outcome=outcome, ended_at=over, person=agent if fate == "answered" else None)
    await rows.note(
        call, items.ENDED, at=over, direction="in", outcome=outcome, seconds=(over - at).total_seconds(), by="contact"
    )
    open_still = fate == "voicemail"
    await db.fetch(
        "UPDATE pd_conversation SET status = {}, assignee = {}, queue = {}, category = {}, opened_at = {}, "
        "last_at = {}, solved_at = {}, awaits_reply = {} WHERE id = {}",
        "open" if open_still else "solved",
        agent if fate == "answered" else None,
        queue,
        topic if fate == "answered" else "",
        at,
        over,
        None if open_still else over,
        open_still,
        opened.conversation.id,
    )
    return call if fate in ("answered", "voicemail") else None


async def _answered(
    call: dict[str, Any], agent: int, at: datetime, chance: Random, topic: str, told: dict[str, Any]
) -> datetime:
    talk, hold, wrap = chance.uniform(50, 420), chance.choice((0.0, 0.0, 25.0, 70.0)), chance.uniform(12, 60)
    over = at + timedelta(seconds=talk + hold)
    done = over + timedelta(seconds=wrap)
    queue = told["queue"]
    await rows.note(call, items.ANSWERED, person=agent, at=at, **told)
    await rows.note(call, items.TALKED, person=agent, at=over, queue=queue, talk=round(talk, 1), hold=hold, began_at=at)
    said = {"queue": queue, "seconds": round(wrap, 1), "category": topic, "resolved": chance.random() < 0.8}
    await rows.note(call, items.WRAPPED_UP, person=agent, at=done, **said)
    for state, begins, ends in (
        ("ready", at - timedelta(minutes=12), at),
        ("talking", at, over),
        ("wrapping_up", over, done),
    ):
        await db.fetch(
            "INSERT INTO voice_agent_time (person, state, call, began_at, ended_at) VALUES ({}, {}, {}, {}, {})",
            agent, state, call["id"] if state != "ready" else None, begins, ends,
        )  # fmt: skip
    await rows.set_call(call, answered_at=at)
    return over


async def _recording(call: dict[str, Any], chance: Random, *, message: bool) -> None:
    data = _murmur(chance, 14 if message else 24)
    seen = sound.look(data)
    assert seen is not None
    rows_ = await db.fetch(
        "INSERT INTO voice_recording (client, market, account, call, conversation, contact, queue, person, kind, "
        "reference, state, reason, seconds, channels, began_at, words, peaks, topic, tags, outcome, storage_key, "
        "media_type, settled_at) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, 'kept', '', {}, {}, {}, '', "
        "{}, '', '', {}, {}, {}, {}) RETURNING *",
        call["client"], call["market"], call["account"], call["id"], call["conversation"], call["contact"],
        call["queue"], call["person"], "message" if message else "call", f"demo-{call['id']}",
        round(seen.seconds), seen.channels, call["began_at"], msgspec.json.encode(seen.peaks).decode(),
        call["outcome"], await storage.put(data), seen.media_type, datetime.now(UTC),
    )  # fmt: skip
    await recordings.tell(rows_[0])
    await recordings.describe(call["id"])


def _murmur(chance: Random, seconds: int) -> bytes:
    """Two voices taking turns, without words: a hum for each, louder and softer as speech is."""
    rate = 8000
    samples = array("h", [0] * (rate * seconds * 2))
    turn, speaker = 0.0, 0
    while turn < seconds:
        length = chance.uniform(1.0, 3.5)
        pitch = (170.0, 115.0)[speaker]
        for index in range(int(turn * rate), min(int((turn + length) * rate), rate * seconds), 1):
            moment = index / rate
            loud = abs(math.sin(moment * 7.0)) * abs(math.sin(moment * 2.3)) * 9000
            samples[index * 2 + speaker] = int(
                loud * (math.sin(moment * pitch * math.tau) + 0.4 * math.sin(moment * pitch * 2 * math.tau))
            )
        turn += length + chance.uniform(0.1, 0.6)
        speaker = 1 - speaker
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return held.getvalue()
